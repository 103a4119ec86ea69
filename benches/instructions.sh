#!/usr/bin/env bash
# Instructions a byte of the engine with AVX2, counted by valgrind (which knows no AVX-512), against
# what is recorded in data/instructions.tsv: more than five per cent above it fails.
#
#   bash benches/instructions.sh            check
#   RECORD=1 bash benches/instructions.sh   record, when the change is meant
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet -p dlpscan-benches --no-default-features --bin instructions
run="${CARGO_TARGET_DIR:-target}/release/instructions"
record=benches/data/instructions.tsv

count() { # ENGINE WORKLOAD TIMES
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$run" "$@" 2>&1 |
        sed -n 's/.*I *refs: *//p' | tr -d ,
}

measured() { # ENGINE WORKLOAD
    local bytes once thrice
    bytes=$("$run" "$1" "$2" 0)
    once=$(count "$1" "$2" 1)
    thrice=$(count "$1" "$2" 3)
    awk -v a="$once" -v b="$thrice" -v n="$bytes" 'BEGIN { printf "%.2f", (b - a) / 2 / n }'
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
printf '# engine\tworkload\tinstructions a byte\n' >"$new"
worse=0
for pair in rules:prose rules:dense rules:digits builtin:prose; do
    engine=${pair%:*} workload=${pair#*:}
    now=$(measured "$engine" "$workload")
    printf '%s\t%s\t%s\n' "$engine" "$workload" "$now" >>"$new"
    was=$(awk -F'\t' -v e="$engine" -v w="$workload" '$1 == e && $2 == w { print $3 }' "$record" 2>/dev/null || true)
    printf '%-8s %-8s %8s instructions a byte (recorded: %s)\n' "$engine" "$workload" "$now" "${was:-nothing}"
    if [ -n "$was" ] && awk -v n="$now" -v w="$was" 'BEGIN { exit !(n > w * 1.05) }'; then worse=1; fi
done
if [ -n "${RECORD:-}" ]; then
    cp "$new" "$record"
elif [ "$worse" = 1 ]; then
    echo "More than five per cent above what is recorded; if that is meant, RECORD=1 bash benches/instructions.sh"
    exit 1
fi
