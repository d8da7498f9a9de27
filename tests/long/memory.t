#!/bin/sh
# memory.t -- thirty models and budgets: what is planned is what is asked for, what is held, and never more than was said.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
OPTIMIZE=-O1
window_data
peer_data
cat > "$work/most.c" << 'EOF'
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct rusage use;
    int status = argc < 2;
    if (fork() == 0) { close(1); dup(2); execv(argv[1], argv + 1); _exit(127); }
    wait4(-1, &status, 0, &use);
    printf("%ld\n", use.ru_maxrss * 1024);
    return status != 0;
}
EOF
cat > "$work/ask.c" << 'EOF'
#include <stdio.h>
#include "program.h"
extern const Program PROGRAM;
int main(void) { printf("%ld", PROGRAM.device.memory); }
EOF
$CC -w -o "$work/most" "$work/most.c"; tell $? "a way to ask for resident memory"
planned() { awk -F '  +' '/^memory, bytes/ { on = 1 } on && $2 == "all" { gsub(" ", "", $3); print $3; exit }' "$1"; }

# try MODEL DATA OPTION...: planned = asked, held <= planned + data + 4 MB, and within the budget where there is one
count=0
try() {
    model=$1 from=$2 name=$(basename "$1" .lua) budget=
    shift 2
    count=$((count + 1))
    case "$*" in *--memory*) budget=$(echo "$*" | sed 's/.*--memory \([0-9]*\)B.*/\1/') ;; esac
    ./gagen plan -t c "$@" "$model" > "$work/plan" 2> "$work/errors" && ./gagen -t c --library -o "$work/ask_$name.c" "$@" "$model" 2> "$work/errors" &&
        compile "$work/ask" "$work/ask.c $work/ask_$name.c" gagen -DPROGRAM="gagen_$name" && trainer run "$model" "$@" || { tell 1 "$model $*"; return; }
    plan=$(planned "$work/plan") asked=$("$work/ask")
    # shellcheck disable=SC2086
    held=$("$work/most" "$work/run" $from --steps 2 --threads 2 --save "$work/held" 2> "$work/said")
    rows=$(sed -n 's/.* MiB and data \([0-9.]*\) MiB$/\1/p' "$work/said" | awk '{ printf "%.0f", ($1 + 0.05) * 1048576 }')
    [ "$plan" = "$asked" ] && [ "${budget:-$plan}" -ge "$asked" ]; tell $? "$model $*: $asked bytes planned and asked for${budget:+, of $budget}"
    [ "${held:-0}" -gt 1000000 ] && [ "$held" -le $((plan + ${rows:-0} + 4000000)) ]; tell $? "$model $*: holds $held, planned $plan, data $rows"
    largest_plan=$plan largest_held=$held
}
windows="--data $data" peer="--data $peers"
for k in 1 8 64 256 1024; do try tests/models/window_even.lua "$windows" -D micro_batch=$k; done
for k in 4 32 128; do try tests/models/peer_b.lua "$peer" -D micro_batch=$k; done
for k in 3 8 20; do try tests/models/peer_b.lua "$peer" --memory ${k}000000B; done
try tests/models/peer_b.lua "$peer" -D micro_batch=32 --memory 3400000B
for k in 8 64; do try tests/models/peer_a.lua "$peer" -D micro_batch=$k; done
for level in none 1 3 all; do try tests/models/chain.lua "$windows" -D recompute=$level; done
for k in 4 8 16 40; do try tests/models/chain.lua "$windows" --memory ${k}000000B; done
for k in 8 14 20; do try tests/models/chain.lua "$windows" -D micro_batch=1024 --memory ${k}000000B; done
for level in none all; do try tests/models/recompute.lua "$windows" -D recompute=$level -D micro_batch=64; done
for k in 300 600; do try tests/models/recompute.lua "$windows" --memory ${k}000B; done
try tests/models/two_models.lua "$windows"
try tests/models/two_models.lua "$windows" -D share=1
[ $count -ge 30 ]; tell $? "$count models and budgets"
try tests/models/chain.lua "$windows" -D recompute=none
[ "$largest_held" -gt $((largest_plan / 2 + 4000000)) ]; tell $? "control: not what half the plan would hold"
finish
