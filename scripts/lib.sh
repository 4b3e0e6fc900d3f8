# shellcheck shell=bash
# Sourced by the scripts beside it: paths, and functions for messages and tools.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit
# Tools that scripts/setup built are in the checkout and not in the user's home.
PATH="$root/.setup/bin:$PATH"
# shellcheck disable=SC2034 # used by those who source this
target=${CARGO_TARGET_DIR:-$root/target}

say() { printf '==> %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Succeeds if somebody at a terminal could answer a question.
asking() { [[ -t 0 && -t 2 && -z ${CI:-} ]]; }

took() { printf '%d min %02d s' $((SECONDS / 60)) $((SECONDS % 60)); }

# Installs the tools that build and test the pages, as the lockfile lists them.
web_tools() {
    [[ web/node_modules/.package-lock.json -nt web/package-lock.json ]] && return
    say 'fetching the tools that build the pages (once, about 100 MB)'
    npm ci --prefix web --no-audit --no-fund --loglevel=error >&2
}

# Builds the pages, which the engine embeds, into web/dist if their sources are newer.
build_web() {
    local built=web/dist/index.html
    [[ -f $built && -z $(find web/src web/*.html web/*.json web/*.ts guides -newer "$built" -print -quit) ]] &&
        return
    web_tools || die 'npm could not fetch the tools that build the pages; its messages are above'
    say 'building the pages'
    npm run build --prefix web --silent -- --logLevel warn >&2 || die 'the pages could not be built'
}

# Prints the path of an LLVM tool that reads the compiler's output: rustup's own, or the newest of
# Debian's.
llvm_tool() {
    local found
    for found in "$(rustc --print sysroot)"/lib/rustlib/*/bin/"$1" /usr/lib/llvm-{22,21,20,19}/bin/"$1"; do
        [[ -x $found ]] && echo "$found" && return
    done
    return 1
}

# Prints the path of a Python with the reference library of Standard Webhooks, which a test compares
# signatures with.
webhooks_python() {
    local version=1.1.0 venv
    venv=$target/standardwebhooks-$version
    if [[ ! -d $venv/done ]]; then
        say "fetching the reference library standardwebhooks $version"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet "standardwebhooks==$version"
        mkdir "$venv/done"
    fi
    export WEBHOOKS_PYTHON=$venv/bin/python
}
