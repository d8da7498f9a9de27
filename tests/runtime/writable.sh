# What a run cannot write is told before it starts, and nothing is left behind.
o=$dir/written
rm -rf $o; mkdir -p $o/a/directory $o/closed
printf keep > $o/file; chmod 444 $o/file; chmod 555 $o/closed
# Root may write anything, unless it gives that right up.
plain() { if [ "$(id -u)" -eq 0 ]; then setpriv --bounding-set -dac_override,-dac_read_search "$@"; else "$@"; fi; }
listed() { (cd $o && find . | sort && cat file); }
before=$(listed)
early() { # early WHAT PATTERN OPTION...: exit 1, no line on standard output, no file more or less
    what=$1 pattern=$2; shift 2
    plain $dir/fast "$@" > $dir/out 2> $dir/err
    rc=$?
    [ $rc -eq 1 ] && grep -q "^error: .*$pattern" $dir/err && [ "$(wc -l < $dir/err)" -eq 1 ] && [ ! -s $dir/out ] && [ "$(listed)" = "$before" ]
    check $? "$what: $(cut -c8- $dir/err)"
}
for option in save log; do
    early "a missing directory" "written/no/such/x: --$option: there is no directory $o/no/such: make it first, mkdir -p" --$option $o/no/such/x
    early "a file for a directory" "written/file/x: --$option: $o/file is a file, not a directory" --$option $o/file/x
    early "a directory in the way" "written/a: --$option: a directory is in the way: name a file" --$option $o/a
    early "a file that is read-only" "written/file: --$option: it is read-only: chmod u+w" --$option $o/file
    early "a directory that is read-only" "closed/x: --$option: no file can be made in $o/closed: Permission denied" --$option $o/closed/x
    early "the full device" "/dev/full: --$option: the device is full" --$option /dev/full
done
early "a log that cannot be, beside a checkpoint that can" "no/x: --log: there is no directory" --save $o/new.st --log $o/no/x
early "the null device for a checkpoint" "/dev/null: --save: it is no regular file, which a checkpoint would replace" --save /dev/null
mkdir $o/x.best; before=$(listed)
early "a directory in the way of the best one" "x.best: --save: a directory is in the way" --save $o/x
rmdir $o/x.best; mkdir $o/x.tmp; before=$(listed)
early "a directory in the way of what is renamed" "x.tmp: --save: a directory is in the way" --save $o/x
rmdir $o/x.tmp; before=$(listed)
if [ "$(id -u)" -eq 0 ] && unshare --mount true 2> $dir/err; then
    small() { unshare --mount sh -c 'mount -t tmpfs -o size=16k none "$1" && shift && "$@"' small $o/a "$@" > $dir/out 2> $dir/err; }
    small $dir/fast --save $o/a/x.st; rc=$?
    [ $rc -eq 1 ] && grep -q "x.st: --save: a checkpoint beside the best one takes [0-9.]* KiB, and [0-9.]* KiB are free there: make room" $dir/err && [ ! -s $dir/out ]
    check $? "no room: $(cat $dir/err)"
    small sh -c "head -c 20k /dev/zero > $o/a/full 2> $o/a/full; $dir/fast --log $o/a/x.jsonl"; rc=$?
    [ $rc -eq 1 ] && grep -q "x.jsonl: --log: a log takes" $dir/err && [ ! -s $dir/out ]; check $? "no room for a log: $(cat $dir/err)"
    small $dir/fast --steps 1 --save $o/a/x.st --log $dir/l.jsonl --eval --load $dir/t1.st; check $? "control: who only evaluates needs none"
else
    ok ok "no room for a checkpoint # skip it takes root to mount a small file system"
fi
usage "one file, .*each needs its own" --save $o/x --log $o/x
usage "it is a file: name one" --save -
usage "reports go to standard output already" --log -
plain $dir/fast --steps 1 --save $o/x.st --log $o/x.jsonl > $dir/out 2>&1 && [ -s $o/x.st ] && [ -s $o/x.jsonl ] && [ ! -e $o/x.st.tmp ]; check $? "control: what can be written is"
plain $dir/fast --steps 1 --log /dev/null > $dir/out 2>&1; check $? "and a log may be a device"
lines=$(wc -l < $o/x.jsonl)
plain $dir/fast --steps 1 --save $o/no/x --log $o/x.jsonl > $dir/out 2>&1; [ $? -eq 1 ] && [ "$(wc -l < $o/x.jsonl)" -eq "$lines" ]; check $? "an error at start leaves an older log as it was"
ln -s later $o/link; $dir/fast --steps 1 --log $o/link > $dir/out 2>&1 && [ -s $o/later ]; check $? "a link to a file that is yet to be is followed"
# ---- validations that something waits for ----
rm -f $o/x.*
for kind in "patience:nobody_patient" "best:nobody_best"; do
    $dir/${kind#*:} --log $o/x.jsonl --save $o/x.st > $dir/out 2> $dir/err
    [ $? -eq 1 ] && grep -q "^error: mlp: the model's ${kind%:*} waits for validations, and of 500 rows none validate: raise valid" $dir/err && [ ! -s $dir/out ] && [ ! -e $o/x.jsonl ]
    check $? "no rows for ${kind%:*}: $(cat $dir/err)"
done
$dir/nobody_best --eval --load $dir/t1.st > $dir/out 2>&1; check $? "control: an evaluation does not wait"
chmod 755 $o/closed
