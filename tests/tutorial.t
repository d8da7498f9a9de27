#!/bin/sh
# tutorial.t -- docs/tutorial.md: its model is a model, and its commands do what they say, in order.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
place=$PWD/$work/place
rm -rf "$place" && mkdir -p "$place/data"
ln -s "$PWD/gagen" "$place/gagen"
[ -d data/digits ] || make -s data/digits
ln -s "$PWD/data/digits" "$place/data/digits"
sed -n '/^```lua$/,/^```$/p' docs/tutorial.md | sed '/^```/d' > "$place/first.lua"
[ "$(wc -l < "$place/first.lua")" -gt 10 ]; tell $? "a model of $(wc -l < "$place/first.lua") lines"
sed -n 's/^    \$ //p' docs/tutorial.md > "$work/commands"
[ "$(wc -l < "$work/commands")" -ge 15 ]; tell $? "$(wc -l < "$work/commands") commands"
n=0
while read -r line; do
    n=$((n + 1))
    case $line in make*) at=$PWD ;; *) at=$place ;; esac
    (cd "$at" && XDG_CACHE_HOME=$place/cache sh -c "$line" < /dev/null > "$place/said_$n" 2>&1); rc=$?
    tell $rc "$line"
    [ $rc -eq 0 ] || sed 's/^/# /' "$place/said_$n"
done < "$work/commands"

# ---- and what the page says of them
said() { grep -h "$1" "$place"/said_* > "$work/found" 2> /dev/null; }
yes "training tells epochs and an accuracy" said 'valid .*accuracy'
yes "the window is eight calls" sh -c 'test "$(sed -n "/^static void window_full/,/^}/p" "$1" | grep -c "micro_[fn].*(t,")" -eq 8' sh "$place/first.c"
yes "the picture is a picture" lua5.4 tests/xml.lua "$place/both.svg"
log_field "$place/one.jsonl" loss > "$work/one"
log_field "$place/eight.jsonl" loss > "$work/eight"
same() { paste "$1" "$2" | awk '{ d = $1 - $2; if (d > 2e-4 || d < -2e-4) bad = 1 } END { exit !(NR > 5 && !bad) }'; }
yes "the losses of one piece and of eight are the same" same "$work/one" "$work/eight"
sed '$d' "$work/one" | sed '1i 2.5' > "$work/off"
no "losses of another update" same "$work/off" "$work/eight"
finish
