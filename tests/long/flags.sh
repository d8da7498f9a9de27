# flags.sh -- nets, ops and examples as pairs of a compiler and a machine build them: flags_gcc.t and flags_clang.t name the compilers, and
# which machine each test is for, so that both compilers and both machines have every test. ALL=1 takes every pair. Examples are held
# to a build in double at -O1.
. tests/lib.sh

# example NAME ROWS OPTION...: loss and gradients of two updates, of hashed rows and weights
example() {
    local x=$1 rows=$2
    shift 2
    quick prober "exact_$x" "examples/$x.lua" gagen_double "$@" || return
    "$work/exact_$x" "hashed=$rows" hashed 2 1 1 raw > "$work/$x.exact"
    for machine in $machines; do
        prober "user_$x" "examples/$x.lua" gagen "$@" || continue
        "$work/user_$x" "hashed=$rows" hashed 2 1 1 raw > "$work/$x.user"
        yes "$compiler:$machine $x: loss and gradients are those in double, not optimized" \
            compare "$work/$x.user" "$work/$x.exact" --tensor 1e-4 --loss 1e-6
    done
    no "$compiler $x: a gradient times 1.001" compare "$work/$x.user" "$work/$x.exact" --tensor 1e-4 --scale 1.001
}

examples() {
    example mnist_mlp 2500
    example mnist_cnn 2500
    example multitask 700
    example autoencoder 2170 -D steps=1 -D batch=64 -D micro_batch=16
    example char_mlp 500 -D steps=1
    example unet "165,mask%5" -D steps=1 -D batch=6
    example resnet18 16 -D steps=1 -D batch=8 -D micro_batch=4
}

# machines_of MACHINE: those that a test is built for
machines_of() {
    if ! grep -qsw avx2 /proc/cpuinfo; then echo native; elif [ -n "$ALL" ]; then echo "native x86-64-v3"; else echo "$1"; fi
}
# at_pairs MACHINE TEST...: the tests by themselves
at_pairs() {
    local m test
    for m in $(machines_of "$1"); do
        for test in $(shift; echo "$@"); do relay "$compiler:$m $test: " env PAIR="$compiler:$m" sh "tests/$test.t"; done
    done
}

for compiler in $compilers; do
    if ! command -v "$compiler" > /dev/null; then
        facts=$((facts + 1))
        echo "ok $facts - $compiler # skip it is not installed"
        continue
    fi
    at_pairs "$for_ops" gradients
    at_pairs "$for_nets" nets moves
    machines=$(machines_of "$for_nets")
    examples
done
finish
