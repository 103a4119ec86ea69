#!/usr/bin/env bash
# Runs each fuzz target once over its seeds: the samples in corpus/ and the built-in detectors.
# To look for new inputs: cargo install cargo-fuzz && cargo +nightly fuzz run item
set -euo pipefail
cd "$(dirname "$0")"
cargo build --release --quiet
find ../corpus -type f -size -512k -print0 | xargs -0 target/release/item -rss_limit_mb=2048 2>&1 | tail -n 2
find ../crates/detectors/detectors -name '*.toml' -print0 | xargs -0 target/release/detector_file 2>&1 | tail -n 2
