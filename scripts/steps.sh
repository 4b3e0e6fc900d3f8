# shellcheck shell=bash
# Sourced by checks of several parts. Every part is run, whatever the results of the others, and the
# end prints what they measured.
#
#   step NUMBER WHAT COMMAND…   runs the command; NUMBER is its line in the list
#   verdict                     prints what was measured, by number, and fails if a step failed
#
# Commands append their figures to the file FIGURES: a number and a text per line.

nested=${FIGURES:+yes}
export FIGURES=${FIGURES:-$(mktemp)}
failed=0

step() {
    local number=$1 what=$2 began=$SECONDS
    shift 2
    say "$number: $what"
    if "$@"; then
        printf '%s ok: %s (%d s)\n' "$number" "$what" $((SECONDS - began)) >>"$FIGURES"
    else
        failed=$((failed + 1))
        printf '%s FAILED: %s (%d s)\n' "$number" "$what" $((SECONDS - began)) >>"$FIGURES"
    fi
}

verdict() {
    if [[ -z $nested ]]; then
        printf '\n'
        sort --stable --key=1,1n "$FIGURES"
        if grep -q '^[0-9]* FAILED' "$FIGURES"; then printf 'FAILED\n'; else printf 'holds (%s)\n' "$(took)"; fi
        rm -f "$FIGURES"
    fi
    ((failed == 0))
}
