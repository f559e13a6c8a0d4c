#!/usr/bin/env python3
"""flowlatch login with a code: how polling goes and ends (RFC 8628 3.5)."""
import os
import time

from cli import check, end, run
from signing import Signing

s = Signing()
s.home.conf(s.profile("t"))


def login():
    return run("login", "--quick", "--profile", "t", home=s.home)


# Each way the wait can end (RFC 8628 3.5, and Entra's own spellings).
for code, error, exit_code, words in (
        (70016, "authorization_declined", 3, "declined"),
        (70016, "access_denied", 3, "declined"),
        (70019, "expired_token", 5, "expired"),
        (70019, "code_expired", 5, "expired"),
        (70018, "bad_verification_code", 3, "not recognised"),
        (7000218, "invalid_client", 2, "Allow public client flows"),
        (50076, "interaction_required", 3, "second factor"),
        (53003, "invalid_grant", 3, "Conditional Access"),
        (530036, "invalid_grant", 3, "device code"),
        (65001, "invalid_grant", 3, "consent"),
        (700016, "unauthorized_client", 2, "client_id")):
    s.fresh(devicePolls=0)
    s.control("aadsts", {"code": code, "error": error, "grant": "device_code"})
    r = login()
    check("%s (AADSTS%d)" % (error, code), r.code == exit_code and words in r.err and
          not os.path.exists(s.token), r)

s.fresh(devicePolls=0)
s.control("aadsts", {"code": 70016, "error": "slow_down", "grant": "device_code"})
started = time.monotonic()
r = login()
check("slow_down adds five seconds to every later poll", r.code == 0 and time.monotonic() - started >= 6.5, r)

s.fresh(devicePolls=0)
s.control("fault", {"path": "/oauth2/v2.0/token", "count": 1, "status": 503})
r = login()
check("a busy service is asked less often, not given up", r.code == 0, r)

s.fresh(device="manual", deviceSeconds=2)
r = login()
check("nobody comes: the code expires", r.code == 5 and "expired" in r.err, r)

s.stop()
end()
