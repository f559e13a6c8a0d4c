#!/bin/sh
# Fan-out of small reads: how long 100 take, in units of one.
#
#   B       build directory (build)
#   ROUNDS  fan-outs over HTTP/2 (20); 1000 shows that none fails or hangs
#   READS   reads of one fan-out (100)
#
# nghttpx speaks HTTP/2 in front of a service that takes 150 ms, behind a line with a round trip
# of 80 ms (a forwarder; opening a connection costs its round trip too).
exec python3 "$(dirname "$0")/fanout.py"
