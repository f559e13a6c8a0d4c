#!/bin/bash
# run.sh - make torture: the tests of this directory at full size (some hours).

cd "$(dirname "$0")/../.." || exit 2
export LIMIT=7000 STEP_LIMIT=6000 KILLS=480 RECORDS=10000 DAYS=400 FLIPS=200 CALLS=100000 MUTATIONS=1000000
for round in 1 2 3; do
	echo "round $round"
	[ $round = 1 ] || CALLS=2000
	FLIPS=$([ $round = 1 ] && echo 200 || echo 10) ROUNDS=$([ $round = 1 ] && echo 1000 || echo 20) \
		./tests/run.sh tests/torture/test_* || exit 1
done
