#!/bin/sh
# run.sh [NAME...] - builds the fuzz targets tests/fuzz/fuzz_NAME.c and runs each for SECONDS (30).
#
# B names the build directory; everything lands below $B/fuzz.  Seeds are in
# tests/fuzz/corpus/NAME, words in tests/fuzz/NAME.dict, where there are any; what a run finds is
# kept in $B/fuzz/corpus/NAME and used by the next.  A crash, a leak, an input that takes 10 s or
# 2 GB fails the target; the input is named.  The last line is "N passed, N failed".

cd "$(dirname "$0")/../.." || exit 2
# Not $SECONDS, which some shells count themselves.
seconds=$(printenv SECONDS || echo 30)
b=${B:-build}/fuzz
CC=${FUZZ_CC:-clang}
export ASAN_OPTIONS="detect_stack_use_after_return=1:allocator_may_return_null=1:$ASAN_OPTIONS"
export UBSAN_OPTIONS="print_stacktrace=1:$UBSAN_OPTIONS"

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
mkdir -p "$b"
if ! echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return p && n < 0; }' |
    $CC -fsanitize=fuzzer,address,undefined -x c -o "$b/probe" - 2>"$b/probe.log"; then
    cat "$b/probe.log"
    echo "fuzzing needs clang with libFuzzer (Debian: clang, libclang-rt-14-dev)"
    exit 2
fi

# The Makefile's own rules and warnings, with other flags and without hardening.
build() {
    make -s CC="$CC" B="$b" FORTIFY= HARDEN_CFLAGS= HARDEN_LDFLAGS= SAN= \
        CFLAGS="-g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all \
            -fsanitize=fuzzer-no-link,address,undefined" "$@"
}

names=$*
if [ -z "$names" ]; then
    for f in tests/fuzz/fuzz_*.c; do
        f=${f##*/fuzz_}
        names="$names ${f%.c}"
    done
fi
objects=
for name in $names; do
    objects="$objects $b/tests/fuzz/fuzz_$name.o"
done
# shellcheck disable=SC2086 # a list of files
build -j2 "$b/libflowlatch.a" $objects >/dev/null || exit 2

passed=0
failed=0
printf '%-16s %10s %8s %8s %8s  %s\n' target runs 'runs/s' edges inputs result
for name in $names; do
    target=$b/fuzz_$name
    log=$b/$name.log
    corpus=$b/corpus/$name
    mkdir -p "$corpus"
    rm -f "$b/$name"-*
    if ! $CC -g -fsanitize=fuzzer,address,undefined -o "$target" "$b/tests/fuzz/fuzz_$name.o" \
        "$b/libflowlatch.a" -lcjson -lmbedcrypto -ldl -lm 2>"$log"; then
        cat "$log"
        failed=$((failed + 1))
        continue
    fi
    set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$b/$name-" "$corpus"
    [ -d "tests/fuzz/corpus/$name" ] && set -- "$@" "tests/fuzz/corpus/$name"
    [ -f "tests/fuzz/$name.dict" ] && set -- "-dict=tests/fuzz/$name.dict" "$@"
    if timeout -k 10 $((seconds + 120)) "$target" "$@" >"$log" 2>&1 </dev/null; then
        result=ok
        passed=$((passed + 1))
    else
        result="FAILED $(ls "$b/$name"-* 2>/dev/null | tr '\n' ' ')"
        failed=$((failed + 1))
    fi
    stat() { sed -n "s/^stat::$1: *//p" "$log"; }
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    printf '%-16s %10s %8s %8s %8s  %s\n' "$name" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" "$edges" "$(find "$corpus" -type f | wc -l)" "$result"
    [ "$result" = ok ] || sed 's/^/      | /' "$log" | grep -v 'NEW  \|REDUCE\|pulse' | tail -n 60
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
