#!/usr/bin/env bash
# Runs each fuzz target once over its seeds: the samples in corpus/, the built-in detectors and
# policies, a session of a mail server; the last two also cut off and spoilt at every byte.
# To look for new inputs: cargo install cargo-fuzz && cargo +nightly fuzz run item
set -euo pipefail
cd "$(dirname "$0")"
cargo build --release --quiet
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT

# spoil FILE FOLDER BYTE: the file cut off, and with this byte instead, at every place.
spoil() {
    mkdir -p "$2"
    for ((i = 0, n = $(stat -c %s "$1"); i < n; i++)); do
        head -c "$i" "$1" > "$2/cut-$i"
        { head -c "$i" "$1"; printf "$3"; tail -c +$((i + 2)) "$1"; } > "$2/spoilt-$i"
    done
}

# One message: the frames of the protocol, each with its length in front.
{
    frame() { printf "\\0\\0\\0\\x$(printf %02x "$(printf "$1" | wc -c)")$1"; }
    frame 'O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff'
    frame 'Cmx\x004\0\x19127.0.0.1\0'
    frame 'DMi\x004F2A\0'
    frame 'M<clerk@hartle-tc.example>\0'
    frame 'R<ann@box.example>\0'
    frame 'LSubject\0Allotments\0'
    frame 'N'
    frame 'BPlot 14 is yours.\r\n'
    frame 'E'
    frame 'Q'
} > "$seeds/session"
spoil "$seeds/session" "$seeds/frames" '\377'
head -c 600 ../crates/policy/policies/default.toml > "$seeds/policy"
spoil "$seeds/policy" "$seeds/policies" '"'

find ../corpus -type f -size -512k -print0 | xargs -0 target/release/item -rss_limit_mb=2048 2>&1 | tail -n 2
find ../crates/detectors/detectors -name '*.toml' -print0 | xargs -0 target/release/detector_file 2>&1 | tail -n 2
find ../crates/policy/policies "$seeds/policies" -type f -print0 | xargs -0 target/release/policy_file 2>&1 | tail -n 2
find "$seeds/session" "$seeds/frames" -type f -print0 | xargs -0 target/release/milter_frames 2>&1 | tail -n 2
