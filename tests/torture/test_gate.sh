#!/bin/bash
# test_gate.sh - random calls through the gate, with faults; CALLS says how many.  Prints TAP.

exec python3 tests/torture/gate_random.py "${CALLS:-150}"
