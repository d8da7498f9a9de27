#!/bin/sh
# Every broken model under tests/errors gives the message beside it, exit 1 and not one byte of output.
# BLESS=1 writes the messages; a missing one is written and fails.
n=0 bad=0
ok() { n=$((n + 1)); echo "$1 $n - $2"; [ "$1" = ok ] || bad=1; }
mkdir -p build/tests
out=build/tests/errors.out err=build/tests/errors.err
for model in tests/errors/*.lua; do
    expected=${model%.lua}.err
    ./gagen -t c "$model" > $out 2> $err
    rc=$?
    if [ -n "$BLESS" ]; then cp $err "$expected"; fi
    if [ ! -f "$expected" ]; then cp $err "$expected"; ok "not ok" "$model: no expected message, written now"
    elif [ $rc -ne 1 ]; then ok "not ok" "$model: exit $rc"
    elif [ -s $out ]; then ok "not ok" "$model: wrote output"
    elif ! grep -q "^$model:[0-9][0-9]*: error: " $err; then ok "not ok" "$model: no file:line"
    elif cmp -s $err "$expected"; then ok ok "$model"
    else ok "not ok" "$model: another message"; diff "$expected" $err | sed 's/^/# /'
    fi
done
# parts NAME TEXT: the error of a file that nn.File runs names that file
parts() {
    ./gagen -t c tests/errors/parts/runs_$1.lua > $out 2> $err
    if [ $? -eq 1 ] && grep -q "^tests/errors/parts/$1.lua:$2" $err; then ok ok "nn.File $1.lua"; else ok "not ok" "nn.File $1.lua: $(cat $err)"; fi
}
parts broken "2: error: nn.Linear: unknown option 'bais'"
parts trains "1: error: train: a file that nn.File runs has none"
parts syntax "1: error: ')' expected near '}'"
usage() {
    ./gagen $1 > $out 2> $err
    if [ $? -eq 2 ] && [ ! -s $out ] && grep -q -e "$2" $err; then ok ok "gagen $1"; else ok "not ok" "gagen $1: $(cat $err)"; fi
}
usage "--nonsense x.lua" "--nonsense"
usage "-t pascal x.lua" "pascal"
usage "--dump=nothing x.lua" "nothing"
usage "-D batch x.lua" "name=value"
usage "-t c -D nobody=1 tests/models/peer_a.lua" "nobody"
usage "ops nothing" "nothing"
usage "" "no model file"
# long FILE...: the first lines of messages with more than 40 words; a word has a letter or a digit
long() {
    sed -n 's/^[^ ]*: \(error\|warning\|note\): //p' "$@" |
        awk '{ n = 0; for (i = 1; i <= NF; i++) n += $i ~ /[[:alnum:]]/; if (n > 40) print n " words: " $0 }'
}
told=$(long tests/errors/*.err)
if [ -z "$told" ]; then ok ok "no message has more than 40 words"; else ok "not ok" "messages have more than 40 words: $told"; fi
{ printf 'x.lua:1: error:'; printf ' word%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; } > $err
short=$(long $err); printf ' more\n' >> $err
if [ -z "$short" ] && [ -n "$(long $err)" ]; then ok ok "control: 41 words are too many, 40 are not"; else ok "not ok" "control: 41 words are too many, 40 are not"; fi
echo "1..$n"
exit $bad
