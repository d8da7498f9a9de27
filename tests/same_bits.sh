# same_bits.sh -- what tests of tools/same-bits share: a copy of this checkout, built as far as it is here, in $off; read after lib.sh.
off=$PWD/$work/off

# a copy of this checkout, built as far as it is here
rm -rf "$off"
mkdir -p "$off/build/tests" && cp -rp Makefile gagen gen dsl templates runtime tests examples ./*.a "$off/" &&
    cp -rp build/gen build/embed build/resources.c build/float build/double "$off/build/"; tell $? "a copy"
if [ -d build/tests/cuda ]; then cp -rp build/tests/cuda "$off/build/tests/"; fi

# bits STATUS ARGUMENT...: the tool ends so; what it prints is in $work/said
bits() {
    local status=$1
    shift
    tools/same-bits "$@" > "$work/said" 2>&1
    [ $? -eq "$status" ]
}
# says STATUS WHAT PATTERN...: the last `bits` ended so, with lines of these patterns
says() {
    local status=$1 what=$2 pattern
    shift 2
    for pattern; do grep -q -e "$pattern" "$work/said" || status=1; done
    tell "$status" "$what"
    [ "$status" -eq 0 ] || sed 's/^/# /' "$work/said" | tail -n 12
}
# planted FILE SCRIPT: the copy with that edit, which must change it; `back` takes it back
planted() {
    file=$1
    cp -p "$off/$file" "$work/before" && sed -i "$2" "$off/$file" && ! cmp -s "$off/$file" "$work/before" && return
    tell 1 "$file has what the control changes"
}
back() { cp "$work/before" "$off/$file"; }
