#!/usr/bin/env python3
"""login where the service is slow or gone: what could be counted in time, and that it is not all."""
import time

from cli import check, end
from signing import Signing, visit

s = Signing()
s.home.conf(s.profile("t"))

s.fresh(pageSize=3, faceLatencyMs={"flow": 1500})
started = time.monotonic()
r = s.login("--json")
check("a slow and large tenant: a part, and that it is one", r.code == 0 and r.json()["partly"] is True and
      r.json()["environments"] == 4 and 0 < r.json()["flows"] < 54 and time.monotonic() - started < 40, r)
s.fresh()
s.control("fault", {"face": "powerapps", "status": 403, "count": -1})
r = s.login()
check("one service refuses: the rest is counted, and why it is not all is said", r.code == 0 and
      ", 54 flows." in r.out and "Not all could be counted: " in r.out, r)
s.fresh(latencyMs=1500)
at = s.start()
visit(at.drive())
until = time.monotonic() + 30
while time.monotonic() < until and not [g for g in s.control("stats")["grants"]
                                        if g["grant"] == "refresh_token"]:
    time.sleep(0.05)
at.p.send_signal(2)
at.finish()
check("Ctrl-C while looking: signed in all the same", at.code == 0 and "Signed in as Jana Novak" in at.out, at)
s.stop()
end()
