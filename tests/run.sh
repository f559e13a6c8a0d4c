#!/bin/bash
# run.sh [FILE...] - runs the tests (make check) and adds them up.
#
# B names the build directory.  Without arguments it runs
#   $B/tests/unit/*                unit tests
#   tests/talk/*.talk              conversations, through tests/talk/talk.py
#   tests/tenant/*.py, tests/work/*.py, tests/torture/quick_*.sh, tests/*/test_*.{sh,py}
# each of them if it is executable, from the root of the repository, JOBS at a time (one
# more than there are processors, because they wait more than they compute).
# A test prints TAP.  It also counts as failed when it ends with an error but no "not ok",
# prints no test or fewer than it planned, or takes longer than LIMIT (120) seconds.
# UNTIL, a time in seconds since 1970, ends the whole early: tests that have not ended by then
# count as skipped, one each, and are named.
# A test sees an empty home directory and no desktop session.
# The last line is "N passed, N failed, N skipped".

B=${B:-build}
JOBS=${JOBS:-$(($(nproc) + 1))}
LIMIT=${LIMIT:-120}
UNTIL=${UNTIL:-}

# "passed failed skipped reason" of the TAP in a file, the exit status and seconds of its program.
count() {
    awk -v rc="$2" -v took="$3" -v limit="$LIMIT" '
    /^1\.\.[0-9]+/ {
        planned = 1
        plan = substr($1, 4) + 0
        if (plan == 0 && toupper($0) ~ /# *SKIP/)
            skipped_all = 1
    }
    /^(not )?ok([ \t]|$)/ {
        if (toupper($0) ~ /# *SKIP/)
            skip++
        else if ($1 == "ok")
            pass++
        else
            fail++
    }
    END {
        seen = pass + fail + skip
        if (took >= limit && (rc == 124 || rc == 137))
            why = "took more than " limit " seconds"
        else if (rc > 128 && !fail)
            why = "killed by signal " (rc - 128)
        else if (rc != 0 && !fail)
            why = "exit status " rc
        else if (skipped_all)
            skip++
        else if (seen == 0)
            why = "printed no test"
        else if (!planned)
            why = "printed no plan"
        else if (seen != plan)
            why = seen " tests, but " plan " were planned"
        if (why != "")
            fail++
        print pass + 0, fail + 0, skip + 0, why
    }' "$1"
}

not_ended() {
    echo "0 0 1" >"$3/$1.sum"
    printf 'skip  %s (no time left)\n' "$2"
}

# Runs one test; its sums go to $work/N.sum, its line (and on failure its output) to stdout.
one() {
    local number=$1 file=$2 work=$3 out rc pass fail skip why pid start=$SECONDS
    local run=("$file") limit=$LIMIT left took

    if [ -n "$UNTIL" ]; then
        left=$((UNTIL - EPOCHSECONDS))
        [ "$left" -ge "$limit" ] || limit=$left
        [ "$limit" -gt 0 ] || { not_ended "$number" "$file" "$work"; return; }
    fi

    out=$work/$number.out
    [[ $file == */* ]] || run=("./$file")
    [[ $file == *.talk ]] && run=(python3 tests/talk/talk.py "$file")
    mkdir -p "$work/$number.home"
    # timeout makes a process group of its own and ends all of it.  A shell lets what it runs in
    # the background ignore SIGINT, which would confuse tests of signals.
    HOME=$work/$number.home env --default-signal=INT,QUIT timeout -k 5 "$limit" "${run[@]}" \
        >"$out" 2>&1 </dev/null &
    pid=$!
    trap 'kill $pid' INT TERM HUP
    wait "$pid"
    rc=$?
    took=$((SECONDS - start))
    if [ "$limit" != "$LIMIT" ] && { [ $rc = 124 ] || [ $rc = 137 ]; }; then
        not_ended "$number" "$file" "$work"
        return
    fi
    read -r pass fail skip why < <(count "$out" "$rc" $took)
    echo "$pass $fail $skip" >"$work/$number.sum"
    (
        flock 9
        if [ "$fail" = 0 ]; then
            printf 'ok    %s (%s)\n' "$file" "$pass$([ "${skip:-0}" = 0 ] || echo ", $skip skipped"
                )$([ $took -lt 3 ] || echo ", $took s")"
        else
            printf 'FAIL  %s (%s passed, %s failed%s)\n' "$file" "$pass" "$fail" "${why:+: $why}"
            # Where it went wrong comes first to be read: logs get cut.
            grep -vE '^(ok|1\.\.)' "$out" | tail -n 80 | sed 's/^/      | /'
        fi
    ) 9>>"$work/lock"
}

if [ "$1" = --one ]; then
    one "$2" "$3" "$4"
    exit
fi

cd "$(dirname "$0")/.." || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR DISPLAY \
    WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS http_proxy https_proxy all_proxy no_proxy \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
shopt -s nullglob
export B LIMIT UNTIL LC_ALL=C.UTF-8 TZ=UTC

list() {
    local f

    for f in "$B"/tests/unit/* tests/tenant/*.py tests/work/*.py tests/torture/quick_*.sh \
        tests/*/test_*.sh tests/*/test_*.py; do
        [ -f "$f" ] && [ -x "$f" ] && echo "$f"
    done
    [ -f tests/talk/talk.py ] && printf '%s\n' tests/talk/*.talk
}

if [ $# -gt 0 ]; then
    printf '%s\n' "$@"
else
    list
fi | awk 'NF && !seen[$0]++' >"$work/list"

n=0
while IFS= read -r file; do
    printf '%s\0%s\0%s\0' "$((n += 1))" "$file" "$work"
done <"$work/list" | xargs -0 -r -n 3 -P "$JOBS" "$0" --one

# Every file of the list must have left its sums, whatever happened to its runner.
awk -v files="$(wc -l <"$work/list")" '
    { pass += $1; fail += $2; skip += $3; sums++ }
    END {
        fail += files - sums
        printf "%d passed, %d failed, %d skipped\n", pass, fail, skip
        exit fail > 0 || pass == 0
    }' /dev/null "$work"/*.sum
