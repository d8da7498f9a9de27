#!/bin/sh
# prepare.sh -- what programs link to and read, before the first of them runs; same-bits starts it. Equal runtimes are linked as
# NEW has built them. Others are compiled anew on both sides without contraction.
. "$here/flags.sh"
libraries=
if grep -qE ':(float|cuda)$' "$work/runs"; then libraries=libgagen.a; fi
if grep -q ':double$' "$work/runs"; then libraries="$libraries libgagen_double.a"; fi
for side in old new; do
    cd "$work/$side" || exit 1
    if [ $runtime != equal ]; then
        rm -rf libgagen.a libgagen_double.a build/float build/double
        # shellcheck disable=SC2086
        make -j"${JOBS:-2}" RUNTIME_CFLAGS="$flags" $libraries > "$work/said.make" 2>&1 || { tail -n 20 "$work/said.make"; exit 1; }
    elif [ $side = old ]; then cp -p ../new/libgagen.a ../new/libgagen_double.a . || exit 1; fi
    # shellcheck disable=SC2086
    for library in $libraries; do
        case $library in
            libgagen.a) $CC $flags -std=gnu11 -Iruntime -Itests -c tests/probe.c -o build/probe_float.o ;;
            *) $CC $flags -std=gnu11 -Iruntime -Itests -DGAGEN_DOUBLE -c tests/probe.c -o build/probe_double.o ;;
        esac || exit 1
    done
    if grep -q ':cuda$' "$work/runs"; then (. tests/cuda/emu.sh; emu_library) || exit 1; fi
done
cd "$work/new" || exit 1
for number in $(cut -d: -f1 "$work/runs"); do sed -n "${number}p" "$work/all"; done > "$work/lines"
if grep -q '=windows' "$work/lines"; then sh "$here/data.sh" windows "$work/data" || exit 1; fi
if grep -q '=cases' "$work/lines"; then sh "$here/data.sh" cases "$work/data" || exit 1; fi
# the model names this file without a folder, so that it must be where programs run
if grep -q '^tests/models/gan.lua' "$work/lines"; then
    sh "$here/data.sh" gan "$work/data" && cp "$work/data/gan/start.safetensors" . && cp "$work/data/gan/start.safetensors" ../old/ || exit 1
fi
