#!/bin/sh
# A diagnosis in round trips, and what a large output costs: see diagnose.py.
#
#   B   build directory (build)
exec python3 "$(dirname "$0")/diagnose.py"
