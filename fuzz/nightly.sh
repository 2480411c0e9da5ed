#!/usr/bin/env bash
# Runs every fuzz target, or those that are named, and ends with 1 if one of them finds something.
#   fuzz/nightly.sh [SECONDS] [TARGET…]     600 seconds for each target unless set
# Needs the nightly toolchain and a C++ compiler, and not cargo-fuzz. Findings are in fuzz/artifacts/TARGET/.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-600}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

# What cargo-fuzz compiles with, without a sanitizer: the project has no unsafe code.
llvm=(level=4 inline-8bit-counters pc-table trace-compares)
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-simplifycfg-branch-fold-threshold=0"
for option in "${llvm[@]}"; do flags+=" -Cllvm-args=-sanitizer-coverage-$option"; done
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
bins=()
for target in "${targets[@]}"; do bins+=(--bin "$target"); done
# With `--target`, build scripts and macros are compiled without these flags.
RUSTFLAGS=$flags CARGO_TARGET_DIR=target cargo +nightly build --release --locked --target "$host" "${bins[@]}"

found=0
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  printf '\n== %s: %d s\n' "$target" "$seconds"
  # What earlier runs found out is in the first directory, and new inputs come into it.
  "target/$host/release/$target" "corpus/$target" "seeds/$target" \
    -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="artifacts/$target/" || found=1
done
exit "$found"
