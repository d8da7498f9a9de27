#!/bin/sh
# emit.sh NUMBER:TARGET -- writes the text of a program with both copies' gagen; same-bits starts it. Of equal texts and runtimes it
# says so in results/NUMBER.TARGET.said; of others it leaves results/NUMBER.TARGET.run.
. "$here/program.sh"
text=program.$extension
for side in old new; do
    cd "$work/$side" || exit 255
    if [ ! -f "$model" ]; then echo "there is no $model" > "$at/$side.err"; continue; fi
    # shellcheck disable=SC2086
    timeout --foreground 120 ./gagen -t $language --library $defines -o "$at/$side/$text" "$model" > "$at/$side.err" 2>&1 ||
        rm -f "$at/$side/$text"
done
old=$at/old/$text new=$at/new/$text
alike=$runtime$drivers
if [ $target = cuda ]; then alike=$alike$emulator; fi
if [ ! -f "$old" ] && [ ! -f "$new" ]; then unable "neither gagen writes it: $(head -n 1 "$at/new.err")"
elif [ ! -f "$old" ]; then differs "only NEW writes it; OLD: $(head -n 1 "$at/old.err")"
elif [ ! -f "$new" ]; then differs "only OLD writes it; NEW: $(head -n 1 "$at/new.err")"
elif [ -z "$always" ] && cmp -s "$old" "$new" && [ "${alike#*other}" = "$alike" ]; then say text ""
else echo "$job" > "$work/results/$job.run"; fi
