# emu.sh -- builds CUDA programs for the emulator; tests in sh read it after tests/lib.sh.
#   emu_library                       build/tests/cuda/libgg_emu.a, made where it is older than its sources
#   emu_build OUT "SOURCES" [FLAG...] a program of .cu files, with every check; C objects and libraries are flags, EMU_CFLAGS are
#                                     for the compiler, RT is the runtime's directory if it is another
#   emu_orders COMMAND...             the command under orders 0, 1 and three seeds of 2; stops at the first that fails
: "${CXX:=g++}"
emu=build/tests/cuda
emu_flags="-std=c++17 -ffp-contract=off -DGG_EMU -Itests/cuda/include -Itests/cuda -Iruntime"
emu_warnings="-Wall -Wextra -Wno-missing-field-initializers -Wno-unknown-pragmas"
emu_checks="-fsanitize=thread,bounds,alignment -fno-sanitize-recover=all -fstack-clash-protection"

emu_calls="--redefine-sym memcpy=emu_memcpy --redefine-sym memmove=emu_memmove --redefine-sym memset=emu_memset"

# emu_header: prints the flag that finds gagen_cuda.h compiled before, a fifth of the time that a program takes; g++ reads it only if the
# flags are the same
emu_header() {
    local made new
    case $EMU_CFLAGS in "" | -DGAGEN_DOUBLE) [ -z "$RT" ] || return 0 ;; *) return 0 ;; esac
    made=$emu/before/gagen_cuda.h.gch/$(echo "$emu_checks $EMU_CFLAGS" | cksum | tr ' ' _)
    echo "-I$emu/before"
    [ -f "$made" ] && [ -z "$(find runtime tests/cuda -name '*.h' -newer "$made")" ] && return
    mkdir -p $emu/before/gagen_cuda.h.gch && new=$(mktemp $emu/header.XXXXXX) || return
    # shellcheck disable=SC2086
    $CXX -x c++-header -Iruntime $emu_flags -O1 -g1 $emu_warnings $emu_checks $EMU_CFLAGS -c runtime/gagen_cuda.h -o "$new" && mv "$new" "$made"
}

emu_library() {
    mkdir -p $emu
    local f
    local made=$emu/libgg_emu.a
    [ -f $made ] && [ -z "$(find tests/cuda -maxdepth 2 \( -name '*.cpp' -o -name '*.h' \) -newer $made)" ] && return
    for f in settings memory emu shadow blas shim; do
        # shellcheck disable=SC2086
        $CXX $emu_flags -O3 -march=native -Wall -Wextra -Wshadow -c tests/cuda/$f.cpp -o $emu/$f.o || return 1
    done
    rm -f $emu/libgg_emu.a
    ar rcs $emu/libgg_emu.a $emu/settings.o $emu/memory.o $emu/emu.o $emu/shadow.o $emu/blas.o $emu/shim.o
}

emu_build() {
    local out=$1 source object objects= before
    local sources=$2
    shift 2
    before=$(emu_header) || return
    for source in $sources; do
        object=$out.$(basename "$source").o
        # shellcheck disable=SC2086
        $CXX -x c++ $before "-I${RT:-runtime}" $emu_flags -O1 -g1 $emu_warnings $emu_checks $EMU_CFLAGS -c "$source" -o "$object" || return 1
        # shellcheck disable=SC2086
        objcopy $emu_calls "$object" || return 1
        objects="$objects $object"
    done
    # shellcheck disable=SC2086
    $CXX $objects "$@" -L$emu -lgg_emu -o "$out"
}

emu_orders() {
    local order
    for order in "0 1" "1 1" "2 1" "2 2" "2 3"; do
        GG_EMU_ORDER=${order% *} GG_EMU_SEED=${order#* } "$@" || return
    done
}
