# shellcheck shell=bash
# Sourced by checks of several parts: every part is run, whatever became of the others, and the end tells what they measured.
#
#   step NUMBER WHAT COMMAND…   runs it; NUMBER is the line of the list that it stands for
#   verdict                     prints what was measured, by number; fails when a step has
#
# What is measured is written to the file FIGURES by whoever measures it: a number and a text a line.

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
        printf '%s FELL SHORT: %s (%d s)\n' "$number" "$what" $((SECONDS - began)) >>"$FIGURES"
    fi
}

verdict() {
    if [[ -z $nested ]]; then
        printf '\n'
        sort --stable --key=1,1n "$FIGURES"
        if grep -q '^[0-9]* FELL SHORT' "$FIGURES"; then printf 'FELL SHORT\n'; else printf 'holds (%s)\n' "$(took)"; fi
        rm -f "$FIGURES"
    fi
    ((failed == 0))
}
