# Whole runs: threads, resuming, killing, options.
run() { $dir/fast "$@" > $dir/out 2> $dir/err; }
losses() { sed 's/,"ms":.*//' "$1"; }
weights() { tail -c 11072 "$1" | cksum; }          # the data of the checkpoint; its metadata holds the log's length

run --threads 1 --save $dir/t1.st --log $dir/t1.jsonl
for threads in 2 3 7; do
    run --threads $threads --save $dir/t.st --log $dir/t.jsonl
    [ "$(losses $dir/t.jsonl)" = "$(losses $dir/t1.jsonl)" ] && [ "$(weights $dir/t.st)" = "$(weights $dir/t1.st)" ]
    check $? "$threads threads: the losses and weights of one, bit for bit"
done
run --seed 2 --log $dir/t.jsonl
[ "$(losses $dir/t.jsonl)" != "$(losses $dir/t1.jsonl)" ]; check $? "control: another seed, other losses"
[ "$(grep -c '"update":[0-9]*,"epoch"' $dir/t1.jsonl)" = 78 ] && [ "$(grep -c '"split":"valid"' $dir/t1.jsonl)" = 6 ]
check $? "the log has 78 updates and 6 validations"
grep -q '^test  accuracy [0-9.]* %  loss [0-9.]*$' $dir/out; check $? "the last line tells the test: $(tail -1 $dir/out)"

# ---- kill -9 at any moment, saving included ----
long="--epochs 600 --save-every 1 --threads 2"        # some times as long as the kills take, also where nothing else runs
for tail in fast carry; do
    rm -f $dir/k.*
    $dir/$tail $long --save $dir/ref.st --log $dir/ref.jsonl > $dir/out 2>&1
    kills=0 tries=0
    while [ $kills -lt 20 ] && [ $tries -lt 60 ]; do
        tries=$((tries + 1))
        $dir/$tail $long --save $dir/k.st --log $dir/k.jsonl --resume > $dir/out 2>&1 &
        pid=$!
        sleep 0.0$((tries * 7 % 10))$((tries * 3 % 10))
        kill -9 $pid 2> $dir/err && kills=$((kills + 1))
        wait $pid 2> $dir/err
        grep -q "updates in" $dir/out && break
    done
    $dir/$tail $long --save $dir/k.st --log $dir/k.jsonl --resume > $dir/out 2>&1
    [ "$(losses $dir/k.jsonl)" = "$(losses $dir/ref.jsonl)" ]; [ $? -eq 0 ] && [ $kills -ge 20 ]; check $? "$tail: $kills kills, then --resume: the log of an uninterrupted run"
    [ "$(weights $dir/k.st)" = "$(weights $dir/ref.st)" ]; check $? "$tail: and its weights and moments"
    [ "$(weights $dir/k.st.best)" = "$(weights $dir/ref.st.best)" ]; check $? "$tail: and its best checkpoint"
done
run --steps 20 --save $dir/half.st
run --load $dir/half.st --log $dir/l.jsonl
[ "$(losses $dir/l.jsonl | sed -n 1p)" != "$(losses $dir/t1.jsonl | sed -n 21p)" ]; check $? "control: weights alone do not resume"

# ---- how often is validated, and when no more ----
splits() { sed -n 's/.*"split":"valid","update":\([0-9]*\).*/\1/p' $1 | tr '\n' ' '; }
for p in updates epochs carried; do $dir/$p --log $dir/$p.jsonl > $dir/out 2>&1; done
[ "$(splits $dir/updates.jsonl)" = "10 20 30 40 50 60 70 78 " ]; check $? "validate = 10 updates: $(splits $dir/updates.jsonl)"
[ "$(splits $dir/epochs.jsonl)" = "52 78 " ]; check $? "validate = 4 epochs of 6: $(splits $dir/epochs.jsonl)"
[ "$(splits $dir/carried.jsonl)" = "50 75 " ]; check $? "carried: $(splits $dir/carried.jsonl)"
[ "$(losses $dir/updates.jsonl | grep -v split)" = "$(losses $dir/t1.jsonl | grep -v split)" ]; check $? "and the losses of a run that validates less"
$dir/stuck --log $dir/l.jsonl --save $dir/p.st > $dir/out 2>&1; rc=$?
[ $rc -eq 0 ] && grep -q '^stopped after update 39 of 78: loss was no better in 2 validations$' $dir/out && tail -1 $dir/out | grep -q ^test
check $? "patience = 2, a rate of 0: $(grep ^stopped $dir/out)"
[ "$(splits $dir/l.jsonl)" = "13 26 39 " ]; check $? "after $(splits $dir/l.jsonl)"
$dir/stuck --save $dir/p.st --resume > $dir/out 2>&1
grep -q '^stopped after update 39' $dir/out && grep -q '^0 updates' $dir/out; check $? "resumed, it stays so"
rm -f $dir/p.st; $dir/stuck --save $dir/p.st --log $dir/k.jsonl --save-every 1 > $dir/out 2>&1 & pid=$!
sleep 0.01; kill -INT $pid 2> $dir/err; wait $pid
$dir/stuck --save $dir/p.st --log $dir/k.jsonl --save-every 1 --resume > $dir/out 2>&1
[ "$(losses $dir/k.jsonl)" = "$(losses $dir/l.jsonl)" ]; check $? "interrupted and resumed, it ends where it would have"
$dir/patient > $dir/out 2>&1; grep -q '^78 updates' $dir/out && ! grep -q '^stopped' $dir/out; check $? "control: what learns goes on to the end"

# ---- signals ----
rm -f $dir/s.* ; $dir/fast --epochs 100000 --save $dir/s.st > $dir/out 2>&1 &
pid=$!; sleep 0.3; kill -INT $pid; wait $pid
rc=$?; [ $rc -eq 130 ] && grep -q 'stopped after update .*saved to' $dir/out; check $? "SIGINT: the window finished, saved, exit $rc"
run --epochs 100000 --steps 1; [ $? -eq 2 ]; check $? "--epochs and --steps: exit 2"
$dir/fast --eval --save $dir/s.st --resume > $dir/out 2>&1 && grep -q '^test' $dir/out; check $? "--eval of what was saved"

# ---- files ----
refused "a checkpoint of another seed" "its run has --seed 1, this one 2" $dir/fast --save $dir/t1.st --resume --seed 2
refused "a checkpoint that is no file" "none.st: no such file" $dir/fast --load $dir/none.st
refused "a run longer than planned" "it has done 78 updates, this run plans 5" $dir/fast --save $dir/t1.st --resume --steps 5
cp $dir/t1.st $dir/keep.st
(trap '' XFSZ; ulimit -f 1; $dir/fast --epochs 6 --load $dir/t1.st --save $dir/keep.st > $dir/out 2> $dir/err)
cmp -s $dir/t1.st $dir/keep.st && grep -q 'what it held before is untouched' $dir/err && [ ! -e $dir/keep.st.tmp ]; check $? "a disk that is full leaves the old checkpoint: $(cat $dir/err)"
$dir/fast --steps 1 > /dev/full 2> $dir/err; [ $? -eq 1 ]; check $? "a full standard output: exit 1"

# ---- float and double ----
$dir/double --load $dir/t1.st --eval > $dir/out 2>&1; grep '^test' $dir/out > $dir/d
$dir/fast --load $dir/t1.st --eval > $dir/out 2>&1; grep '^test' $dir/out | cmp -s - $dir/d; check $? "the double build reads float: $(cat $dir/d)"
$dir/double --load $dir/t1.st --steps 0 --save $dir/d.st > $dir/out 2>&1
$dir/fast --load $dir/d.st --steps 0 --save $dir/f.st > $dir/out 2>&1
[ "$(tail -c 11072 $dir/t1.st | head -c 5536 | cksum)" = "$(tail -c 11072 $dir/f.st | head -c 5536 | cksum)" ]
check $? "and float reads double: the weights come back bit for bit"

# ---- the command line ----
usage() { what=$1; shift; run "$@"; [ $? -eq 2 ] && grep -q -e "$what" $dir/err && [ ! -s $dir/out ]; check $? "$*: $(cat $dir/err)"; }
usage "unknown option '--bogus'" --bogus
usage "threads needs a value" --threads
usage "not a whole number" --epochs 3x
usage "at least 1" --threads 0
usage "takes no value" --eval=1
usage "needs --save" --resume
usage "needs --load" --eval
run --help; [ $? -eq 0 ] && [ ! -s $dir/err ] && grep -q -- '--save-every N' $dir/out; check $? "--help: standard output, exit 0"
run --steps=3 --threads=1 && grep -q '^3 updates' $dir/out; check $? "--steps=3"
