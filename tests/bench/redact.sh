#!/bin/sh
# What looking for secrets costs, in units of a plain parse.
exec "${B:-build}/tests/bench/redact"
