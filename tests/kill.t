#!/usr/bin/env perl
# kill.t -- kill -9 at random moments, saving included, then --resume: losses and weights are those of a run that nobody
# disturbed, bit for bit.
use strict;
use warnings;
use File::Copy qw(copy);
use File::Path qw(make_path);
use Time::HiRes qw(sleep);

my ($kills, $tests, $failed) = (20, 0, 0);
my $dir = "build/tests/kill";
make_path($dir);

sub fact {
    my ($good, $what) = @_;
    $tests++;
    $failed = 1 unless $good;
    print $good ? "ok" : "not ok", " $tests - $what\n";
}

sub text {
    open my $f, "<", $_[0] or return "";
    binmode $f;
    local $/;
    return scalar <$f>;
}

# A log without what a clock said.
sub losses { return text($_[0]) =~ s/,"ms":.*//gr }

# Tensors of a checkpoint; its header holds the log's length, which a clock changes.
sub weights {
    my $bytes = text($_[0]);
    return "" if length $bytes < 8;
    return substr $bytes, 8 + unpack("Q<", $bytes);
}

sub start {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    open STDOUT, ">", $log;
    open STDERR, ">&", \*STDOUT;
    exec @command or die "exec: $!";
}

sub run { waitpid start("$dir/out", @_), 0; return $? == 0 }

chdir((__FILE__ =~ s{[^/]*$}{}r) . "..") or die;
my $zlib = qx(echo '#include <zlib.h>' | gcc -E - > /dev/null 2>&1 && echo -lz) =~ s/\s//gr;
my $model = "$dir/model.lua";
open my $out, ">", $model or die;
print $out <<'END';
local digits = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10, valid = 500 }
local net    = nn.Sequential { nn.Flatten(), nn.Linear(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(10) }
local logits = net(digits.image / 255)
train {
  data     = digits, batch = 250, micro_batch = 50, epochs = 40,
  minimize = fn.cross_entropy(logits, digits.label),
  optim    = optim.AdamW { lr = optim.cosine { 2e-3 }, clip = 1 },
  report   = { accuracy = fn.accuracy(logits, digits.label) },
}
END
close $out;
my @program = ("$dir/model", "--threads", 2, "--save-every", 1);
fact(run("./gagen", "-o", "$dir/model.c", $model)
     && run("sh", "-c", "gcc -std=gnu11 -O2 -march=native -Iruntime $dir/model.c -L. -lgagen $zlib -lm -lpthread -o $dir/model"),
     "the program compiles");
unlink glob "$dir/*.st* $dir/*.jsonl";
my @undisturbed = (@program, "--save", "$dir/whole.st", "--log", "$dir/whole.jsonl");
my @killed      = (@program, "--save", "$dir/cut.st", "--log", "$dir/cut.jsonl", "--resume");
my $begin = Time::HiRes::time();
fact(run(@undisturbed), "an undisturbed run");
my $whole = Time::HiRes::time() - $begin;

srand 1;
my ($done, $saving, $seen) = (0, 0, "");
for my $try (1 .. 4 * $kills) {
    last if $done == $kills;
    my $pid = start("$dir/out", @killed);
    sleep 0.05 + rand(1.4 * $whole / $kills);
    kill "KILL", $pid;
    waitpid $pid, 0;
    last if $? == 0;
    $done++;
    $saving++ if -e "$dir/cut.st.tmp";
}
fact($done == $kills, "$done kills, $saving of them while saving");
my $cut = () = losses("$dir/cut.jsonl") =~ /\n/g;
my $all = () = losses("$dir/whole.jsonl") =~ /\n/g;
copy("$dir/cut.st", "$dir/mid.st"), copy("$dir/cut.st.best", "$dir/mid.st.best");
fact($cut < $all - 20, "$cut of $all lines were written by then");
fact(run(@killed), "--resume goes to the end");
fact(losses("$dir/cut.jsonl") eq losses("$dir/whole.jsonl") && $all > 0, "every loss, norm and validation is the same");
fact(weights("$dir/cut.st") eq weights("$dir/whole.st") && weights("$dir/whole.st") ne "", "weights and moments are the same");
fact(weights("$dir/cut.st.best") eq weights("$dir/whole.st.best"), "and those of the best checkpoint");

# control: from the same checkpoint the weights alone, without moments, place and update
sub next_losses { my ($log, $from) = @_; my @all = losses($log) =~ /^\{"update".*?"loss":([^,]*)/gm; return join " ", @all[$from .. $from + 19] }
my ($update) = text("$dir/mid.st") =~ /"update":"(\d+)"/;
run("$dir/model", "--threads", 2, "--load", "$dir/mid.st", "--log", "$dir/off.jsonl", "--steps", 20);
run("$dir/model", "--threads", 2, "--save", "$dir/mid.st", "--resume", "--log", "$dir/on.jsonl");
fact(defined $update && next_losses("$dir/on.jsonl", 0) eq next_losses("$dir/whole.jsonl", $update), "the next 20 losses after --resume");
fact(next_losses("$dir/off.jsonl", 0) ne next_losses("$dir/whole.jsonl", $update // 0), "control: after --load alone");
print "1..$tests\n";
exit $failed;
