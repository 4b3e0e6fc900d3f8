# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, and how they speak.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit
# Tools that setup built live in the checkout, not in the user's home.
PATH="$root/.setup/bin:$PATH"
# shellcheck disable=SC2034 # used by those who source this
target=${CARGO_TARGET_DIR:-$root/target}

say() { printf '==> %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Is there somebody who could answer a question?
asking() { [[ -t 0 && -t 2 && -z ${CI:-} ]]; }

took() { printf '%d min %02d s' $((SECONDS / 60)) $((SECONDS % 60)); }
