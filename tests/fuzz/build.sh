# build.sh -- programs with ASan and UBSan, for fuzzers; read in the project's root.
#   fuzz_gagen              build/fuzz/gagen; what make all has made is there
#   fuzz_runtime            build/fuzz/read and build/fuzz/mlp: the runtime's readers, and a program written by hand
: "${CC:=gcc}"
fuzz=build/fuzz
fuzz_checks="-std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
fuzz_zlib=$(echo '#include <zlib.h>' | $CC -E - > /dev/null 2>&1 && echo -DGAGEN_ZLIB)

# objects DIR SOURCES FLAG...: each source that is newer than its object is compiled
objects() {
    local made=$fuzz/$1 sources=$2 source object
    shift 2
    mkdir -p "$made"
    for object in "$made"/*.o; do
        case " $(echo $sources | tr / _) " in *" $(basename "$object" .o).c "*) ;; *) rm -f "$object" ;; esac
    done
    for source in $sources; do
        object=$made/$(echo "${source%.c}" | tr / _).o
        if [ ! -f "$object" ] || [ -n "$(find "$source" $(find gen runtime -name '*.h') -newer "$object" 2> /dev/null)" ]; then
            # shellcheck disable=SC2086
            $CC $fuzz_checks "$@" -c "$source" -o "$object" || return 1
        fi
    done
}

fuzz_gagen() {
    local lua library
    lua=$(pkg-config --cflags lua5.4 2> /dev/null || echo -I/usr/include/lua5.4)
    library=$(pkg-config --variable=libdir lua5.4 2> /dev/null)/liblua5.4.a
    [ -f "$library" ] || library=-llua5.4
    # shellcheck disable=SC2086
    objects gen "$(find gen -name '*.c' ! -name embed.c) build/resources.c" $lua -Igen || return 1
    # shellcheck disable=SC2086
    $CC $fuzz_checks -o $fuzz/gagen $fuzz/gen/*.o $library -lm -ldl
}

fuzz_runtime() {
    # shellcheck disable=SC2086
    objects runtime "$(echo runtime/*.c)" -Iruntime $fuzz_zlib && $CC tests/runtime/squares.c -o $fuzz/squares || return 1
    local p
    for p in read:read train_mlp:mlp; do
        # shellcheck disable=SC2086
        $CC $fuzz_checks -Iruntime tests/runtime/${p%:*}.c $fuzz/runtime/*.o ${fuzz_zlib:+-lz} -lm -lpthread -o $fuzz/${p#*:} || return 1
    done
}
