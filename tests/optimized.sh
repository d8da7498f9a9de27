# optimized.sh -- programs as users compile them: what they compute at -O3 is what they compute at -O1.
#   . tests/lib.sh; . tests/optimized.sh
compilers=$(for cc in gcc clang; do command -v $cc > /dev/null && echo $cc; done)
levels="native x86-64-v3"
grep -q avx512f /proc/cpuinfo && levels="$levels x86-64-v4"
uname -m | grep -q x86_64 || levels=native

# plain NAME MODEL OPTION...: NAME.c of the model, and what it says in double at -O1; $data are the probe's rows
plain() {
    generate "$work/$1.c" "$2" -t c --library $(shift 2; echo "$@") || return
    program=$(basename "$2" .lua)
    OPTIMIZE=-O1 compile "$work/$1" "tests/probe.c $work/$1.c" gagen_double -DPROGRAM="$program" && "$work/$1" $data hashed 1 1 1 > "$work/$1.want"
}

# built OUT NAME COMPILER MARCH LIBRARY: the same program at -O3, and what it says
built() {
    local double=
    if [ "$5" = gagen_double ]; then double=-DGAGEN_DOUBLE; fi
    "$3" -std=gnu11 -O3 -march="$4" $double -Iruntime -Itests -DPROGRAM="$program" tests/probe.c "$work/$2.c" -L. -l"$5" $zlib -lm -lpthread \
        -o "$work/$1" 2> "$work/$1.errors" && "$work/$1" $data hashed 1 1 1 > "$work/$1.out"
    rm -f "$work/$1"
}

bounds() { if [ "$1" = gagen_double ]; then echo "--loss 1e-12 --gradient 1e-12 --tensor 1e-11"; else echo "--loss 1e-5 --gradient 1e-5 --tensor 3e-4"; fi; }

# equal WHAT NAME COMPILER MARCH LIBRARY: one fact
equal() {
    yes "$1: $3 -O3 -march=$4, $(if [ "$5" = gagen ]; then echo float; else echo double; fi): losses and gradients are those of -O1" \
        compare "$work/$2_$3_$4_$5.out" "$work/$2.want" $(bounds "$5")
}

# optimized WHAT NAME LIBRARY MARCH...: with every compiler, side by side
optimized() {
    local what=$1 name=$2 library=$3 cc march
    shift 3
    for march; do
        for cc in $compilers; do built "${name}_${cc}_${march}_$library" "$name" "$cc" "$march" "$library" & done
        wait
        for cc in $compilers; do equal "$what" "$name" "$cc" "$march" "$library"; done
    done
}
