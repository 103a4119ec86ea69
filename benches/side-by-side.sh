#!/usr/bin/env bash
# The same 28 rules in every engine that is to be had, on the generated workloads and on the texts
# named: prints the tables of docs/performance.md.
#
#   bash benches/side-by-side.sh [--mb N] [--runs N] [FILE…]
#
# Peers come as packages of this system, unpacked into target/peers and never installed; what is not
# to be had is said and left out.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
peers=$target/peers
mkdir -p "$peers"
features=() options=()

unpack() { # PACKAGE…
    (cd "$peers" && apt-get download "$@" >/dev/null 2>&1 && for one in *.deb; do dpkg -x "$one" root; done && rm -f -- *.deb)
}

if [ -z "${RG:-}" ] && ! RG=$(command -v rg); then
    [ -x "$peers/root/usr/bin/rg" ] || unpack ripgrep || true
    RG=$peers/root/usr/bin/rg
fi
export RG
[ -x "$RG" ] && with_rg=1 || echo "left out: ripgrep (no package)"

hs() { find "$peers/root" -name libhs.so 2>/dev/null | head -1; }
[ -n "$(hs)" ] || unpack libhyperscan5 libhyperscan-dev || unpack libvectorscan5 libvectorscan-dev || true
if [ -n "$(hs)" ]; then
    HS_LIB=$(dirname "$(hs)")
    export HS_LIB
    features+=(hyperscan)
else
    echo "left out: Hyperscan (no package)"
fi

if cargo fetch --quiet --manifest-path benches/peers/Cargo.toml 2>/dev/null; then
    features+=(dd-sds)
else
    echo "left out: dd-sensitive-data-scanner (its crate is not to be had)"
fi

list=$(IFS=,; echo "${features[*]-}")
cargo build --release --quiet -p dlpscan-benches --no-default-features --bin side_by_side
CARGO_TARGET_DIR="$target/peers-build" \
    cargo build --release --quiet --manifest-path benches/peers/Cargo.toml --features "$list"
peer=$target/peers-build/release/dlpscan-peers
[ -n "${with_rg:-}" ] && options+=(--peer "ripgrep=$peer ripgrep")
for one in "${features[@]+"${features[@]}"}"; do options+=(--peer "$one=$peer $one"); done

"$target/release/side_by_side" "${options[@]+"${options[@]}"}" "$@"
