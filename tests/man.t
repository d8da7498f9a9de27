#!/bin/sh
# man.t -- the manual page and --help say the same, and every command of docs/tools.md does what it is said to do.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
page=$work/gagen.1
./gagen --help > "$work/help" 2> "$work/errors" && [ ! -s "$work/errors" ]; tell $? "gagen --help: standard output, exit 0"
./gagen --man > "$page" 2> "$work/errors" && [ ! -s "$work/errors" ]; tell $? "gagen --man: standard output, exit 0"

# ---- the page says what --help says
options() { sed 's/\\-/-/g' "$1" | grep -o -e '--[a-z][a-z-]*' | sort -u; }
sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' "$page" | grep '^\.BR' > "$work/heads"
grep '^  ' "$work/help" | grep -o '^ *\(-., \)\?--[a-z-]*' > "$work/helped"
options "$work/heads" > "$work/in_man" && options "$work/helped" > "$work/in_help"
[ "$(wc -l < "$work/in_help")" -ge 14 ] && cmp -s "$work/in_man" "$work/in_help"; tell $? "the same $(wc -l < "$work/in_help") options"
sed '3d' "$work/in_man" | cmp -s - "$work/in_help"; [ $? -ne 0 ]; tell $? "control: not without one"
for option in $(cat "$work/in_help"); do
    grep -q "{ \"$option\"" gen/front/options.c; tell $? "$option is in the table"
done
for command in run plan plot help ops; do
    grep -q "^\.B gagen $command$" "$page" && grep -q "gagen $command " "$work/help"; tell $? "gagen $command is in both"
done
for part in NAME SYNOPSIS COMMANDS OPTIONS "EXIT STATUS" ENVIRONMENT EXAMPLES; do
    grep -q "^\.SH $part$" "$page"; tell $? "the page has $part"
done

# ---- it is roff
bad=$(grep '^[.'\'']' "$page" | grep -v '^\.\(TH\|SH\|TP\|B\|BR\|br\|nf\|fi\)\( \|$\)')
[ -z "$bad" ]; tell $? "macros that man(7) knows  # $bad"
bad=$(grep -v '^\.' "$page" | sed 's/\\-//g; s/\\e//g; s/\\&//g; s/\\f[IP]//g' | grep '\\\|-')
[ -z "$bad" ]; tell $? "no bare hyphen, no other escape  # $bad"
if command -v groff > /dev/null && groff -man -Tascii /dev/null > /dev/null 2>&1; then
    yes "groff has nothing to say of it" sh -c 'test -z "$(groff -ww -man -Tascii "$1" 2>&1 > "$2")"' sh "$page" "$work/page.txt"
    yes "and shows its options" grep -q -e '--memory' "$work/page.txt"
fi
./gagen --man > /dev/full 2> "$work/errors"; [ $? -eq 3 ]; tell $? "a full disk is told"
./gagen plan --man | cmp -s - "$page"; tell $? "the same page from any command"
./gagen --manual > /dev/null 2> "$work/errors"; [ $? -eq 2 ]; tell $? "--manual is no option"

# ---- make install
make -s install DESTDIR="$PWD/$work/root" PREFIX=/usr > "$work/said" 2>&1; tell $? "make install"
cmp -s "$work/root/usr/share/man/man1/gagen.1" "$page"; tell $? "installs the page"
make -s uninstall DESTDIR="$PWD/$work/root" PREFIX=/usr > "$work/said" 2>&1
[ -z "$(find "$work/root" -type f)" ]; tell $? "make uninstall leaves no file"

# ---- docs/tools.md: its commands, in order, in a place of their own
place=$PWD/$work/place
rm -rf "$place" && mkdir -p "$place/bin" && ln -s "$PWD/gagen" "$place/bin/gagen" && ln -s "$PWD/examples" "$PWD/data" "$place/"
sed -n 's/^    \$ //p' docs/tools.md > "$work/commands"
[ "$(wc -l < "$work/commands")" -ge 8 ]; tell $? "docs/tools.md has $(wc -l < "$work/commands") commands"
while read -r line; do
    (cd "$place" && PATH=$place/bin:$PATH XDG_CACHE_HOME=$place/cache MANPAGER=cat sh -c "$line" < /dev/null > "$place/said" 2>&1); rc=$?
    tell $rc "$line"
    [ $rc -eq 0 ] || sed 's/^/# /' "$place/said"
done < "$work/commands"
for picture in $(sed -n 's/.* \([a-z]*\.svg\).*/\1/p' "$work/commands" | sort -u); do
    yes "$picture is well-formed" lua5.4 tests/xml.lua "$place/$picture"
done
finish
