#!/bin/sh
# run.sh NUMBER:TARGET -- compiles and runs both texts of a program and compares what they print and save; same-bits starts it.
. "$here/program.sh"
. "$here/flags.sh"
symbol=gagen_$(basename "$model" .lua)

# build SIDE: the probe around the text. Paths are relative, so that a compiler's cache, where there is one, knows the text again.
build() {
    cd "$work/$1" || return
    local to=../$number.$target/$1 probe=build/probe_float.o libraries="-L. -lgagen $zlib -lm -lpthread" double=
    local link=-Wl,--defsym=gagen_PROGRAM=$symbol
    if [ $target = double ]; then probe=build/probe_double.o libraries="-L. -lgagen_double $zlib -lm -lpthread" double=-DGAGEN_DOUBLE; fi
    # shellcheck disable=SC2086
    if [ $target != cuda ]; then
        $CC -std=gnu11 $flags $double -Iruntime -c $to/program.c -o $to.o && $CC $to.o $probe $link $libraries -o $to.run
    else
        . tests/cuda/emu.sh
        emu_checks=
        emu_build $to.run $to/program.cu $probe $link $libraries
    fi
}

# launch SIDE: from its copy, so that files which the model names are its own. Float has three threads, which changes no bit.
launch() {
    local threads=1
    if [ $target = float ]; then threads=3; fi
    cd "$work/$1" && GG_EMU_ORDER=0 timeout --foreground 1800 \
        "$at/$1.run" "$data" "$weights" $threads "$updates" $gradients raw save="$at/$1.st" > "$at/$1.out"
}

# tried VERB: both sides do it, or the job ends here with what went wrong
tried() {
    local side bad=
    for side in old new; do ("$1" $side) > /dev/null 2> "$at/$side.err" || bad="$bad $side"; done
    case $bad in
        "") return ;;
        " old new") unable "neither side's program can $1: $(tail -n 1 "$at/new.err")" ;;
        *) differs "only one side's program can $1;$bad: $(tail -n 1 "$at/${bad# }.err")" ;;
    esac
    exit 0
}

tried build
tried launch
# most are equal, which cmp finds out soonest
if [ -s "$at/new.st" ] && cmp -s "$at/old.out" "$at/new.out" && cmp -s "$at/old.st" "$at/new.st"; then say same ""; rm -rf "$at"; exit 0; fi
found=$(lua5.4 "$here/differ.lua" "$at/old.out" "$at/new.out" "$at/old.st" "$at/new.st" 2>&1)
case $? in
    0) say same ""; rm -rf "$at" ;;
    1) differs "$found" ;;
    *) differs "the comparison stopped: $found" ;;
esac
