#!/bin/sh
# The policy of each page names its own script and style by their hashes, so that nothing else in it
# can run.
exec python3 tests/view/csp.py
