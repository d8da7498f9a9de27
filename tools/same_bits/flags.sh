# flags.sh -- how programs and runtimes are compiled: all that a compiler may choose by itself is off, and -O1 is soon done.
flags="-O1 -march=native -ffp-contract=off"
zlib=$(echo '#include <zlib.h>' | $CC -E - > /dev/null 2>&1 && echo -lz)
