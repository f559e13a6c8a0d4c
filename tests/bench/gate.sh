#!/bin/sh
# What the gate costs.
exec "${B:-build}/tests/bench/gate"
