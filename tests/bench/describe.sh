#!/bin/sh
# A repeated describe_live_connector from the cache; see describe.py.
exec python3 "$(dirname "$0")/describe.py"
