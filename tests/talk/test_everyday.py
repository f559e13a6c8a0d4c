#!/usr/bin/env python3
"""Twenty-five everyday tasks, and how often each asks a person.

A maker's agent in an environment of the maker's own, on the default trust level: reads ask
nobody, a change asks once, and at least eight changes stay Moderate.  Then a failed run is
explained, mended and run again: at most two questions.  Prints TAP.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from person import Failure, Host, compose, find, flow  # noqa: E402
from server import Home  # noqa: E402

class Tasks:
    """Each method is a task; what one finds, later ones use."""

    def __init__(self, host):
        self.host, self.env, self.flow = host, None, None

    def do(self, tool, **arguments):
        if self.env:
            arguments.setdefault("environmentName", self.env)
        if self.flow:
            arguments.setdefault("flowName", self.flow)
        return self.host.call(tool, **arguments)

    def edit(self, **arguments):
        done = self.do("update_live_flow", **arguments)
        if not done["verified"] or done["error"] is not None:
            raise Failure("not verified: %s" % done)
        return done

    # ---- looking ----

    def which_environments(self):
        found = self.do("list_live_environments")
        self.env = find(found, displayName="Jana Novak's Environment")["id"]

    def which_flows(self):
        self.callback = find(self.do("list_live_flows")["flows"], displayName="Trial: callback")["id"]

    def who_am_i(self):
        self.host.call("whoami")

    def which_connections(self):
        self.do("list_live_connections")

    def outline(self):
        self.do("get_live_flow", flowName=self.callback, view="outline")

    def definition(self):
        self.do("get_live_flow", flowName=self.callback)

    def newest_runs(self):
        self.do("get_live_flow_runs", flowName=self.callback, top=3)

    def why_did_it_not_start(self):
        self.do("list_live_trigger_histories", flowName=self.callback)

    def an_expression(self):
        self.host.call("evaluate_expression", expression="coalesce(null, 'x')")

    def is_it_sound(self):
        self.do("validate_live_flow", flowName=self.callback)

    def what_would_change(self):
        self.do("update_live_flow", flowName=self.callback, description="Says when", dryRun=True)

    # ---- changing ----

    def make_a_flow(self):
        made = self.edit(displayName="Names of a list",
                         definition=flow(Text=compose("@triggerBody()?['names']"),
                                         Names=compose("@split(outputs('Text'), ';')",
                                                       runAfter={"Text": ["Succeeded"]})))
        self.flow = made["flowName"]

    def rename(self):
        self.edit(displayName="Names, split")

    def describe(self):
        self.edit(description="Splits the names of a request.")

    def add_a_step(self):
        self.edit(operations=[{"op": "insert_after", "action": "Names", "name": "Count",
                               "value": {"type": "Compose", "inputs": "@length(outputs('Names'))"}}])

    def change_a_step(self):
        self.edit(operations=[{"op": "set", "path": ["actions", "Count", "inputs"],
                               "value": "@string(length(outputs('Names')))"}])

    def rename_a_step(self):
        self.edit(operations=[{"op": "rename_action", "action": "Count", "name": "How_many"}])

    def remove_a_step(self):
        self.edit(operations=[{"op": "remove_action", "action": "How_many"}])

    def replace_it(self):
        definition = self.do("get_live_flow")["properties"]["definition"]
        definition["actions"]["Last"] = compose("@last(outputs('Names'))",
                                                runAfter={"Names": ["Succeeded"]})
        self.edit(definition=definition)

    def switch_on(self):
        self.do("set_live_flow_state", state="Started")

    def rename_while_on(self):
        self.edit(displayName="Names, split and counted")

    def change_a_step_while_on(self):
        self.edit(operations=[{"op": "set", "path": ["actions", "Last", "inputs"],
                               "value": "@first(outputs('Names'))"}])

    def run_it(self):
        self.do("trigger_live_flow", body={"names": "Ann;Bo"})

    def run_it_badly(self):
        run = self.do("trigger_live_flow", body={"names": None})["runName"]
        if self.do("wait_for_live_flow_run", runName=run)["status"] != "Failed":
            raise Failure("the run did not fail")

    def switch_another_off(self):
        self.do("set_live_flow_state", flowName=self.callback, state="Stopped")


READS = ["which_environments", "which_flows", "who_am_i", "which_connections", "outline",
         "definition", "newest_runs", "why_did_it_not_start", "an_expression", "is_it_sound",
         "what_would_change"]
CHANGES = ["make_a_flow", "rename", "describe", "add_a_step", "change_a_step", "rename_a_step",
           "remove_a_step", "replace_it", "switch_on", "rename_while_on", "change_a_step_while_on",
           "run_it", "run_it_badly", "switch_another_off"]


def repair(tasks):
    """The failed run is explained, the flow mended, the run repeated, and it succeeds."""
    failed = find(tasks.do("get_live_flow_runs"), status="Failed")["name"]
    found = tasks.do("diagnose_live_flow_run", runName=failed)
    edits = found["fixes"][0]["operations"]
    tasks.do("update_live_flow", operations=edits, dryRun=True)
    tasks.edit(operations=edits)
    again = tasks.do("resubmit_live_flow_run", runName=failed)["runName"]
    ended = tasks.do("wait_for_live_flow_run", runName=again)
    if ended["status"] != "Succeeded":
        raise Failure("the repaired run ended as %s" % ended)


def one_plan(tasks):
    """The same in one approval: the flow is mended and the run repeated, as one plan."""
    broken = [{"op": "set", "path": ["actions", "Names", "inputs"],
               "value": "@split(outputs('Text'), ';')"}]
    whole = [{"op": "set", "path": ["actions", "Names", "inputs"],
              "value": "@split(coalesce(outputs('Text'), ''), ';')"}]
    tasks.edit(operations=broken)
    tasks.run_it_badly()
    failed = tasks.do("get_live_flow_runs", top=1)[0]["name"]
    tasks.host.asked = []
    preview = tasks.do("update_live_flow", operations=whole, resubmitRun=failed, dryRun=True)
    if tasks.host.asked or preview["resubmitted"]:
        raise Failure("a preview asked or ran something")
    done = tasks.edit(operations=whole, resubmitRun=failed)
    if not done["resubmitted"] or not done["runName"] or done["runName"] == failed:
        raise Failure("the run was not repeated: %s" % done)
    ended = tasks.do("wait_for_live_flow_run", runName=done["runName"])
    if ended["status"] != "Succeeded":
        raise Failure("the repaired run ended as %s" % ended)
    again = tasks.do("update_live_flow", operations=whole, resubmitRun=failed)
    if again["resubmitted"] or len(tasks.host.asked) != 1:
        raise Failure("nothing to save, and yet: %s" % again)


def main():
    home = Home()
    home.start_tenant([])
    host = Host(home)
    tasks = Tasks(host)
    moderate, failed, number = 0, 0, 0
    names = READS + CHANGES
    assert len(names) == 25
    print("1..%d" % (len(names) + 4))

    def tell(fine, name, why=""):
        nonlocal failed, number
        number += 1
        failed += not fine
        print("%s %d - %s%s" % ("ok" if fine else "not ok", number, name,
                                "" if fine or not why else "\n# " + str(why)[:2000]))
        sys.stdout.flush()

    for name in names:
        host.asked = []
        want = 0 if name in READS else 1
        try:
            getattr(tasks, name)()
            moderate += host.asked == ["MODERATE"]
            tell(len(host.asked) == want, "%s: %d question%s%s" % (
                name.replace("_", " "), want, "s" if want != 1 else "",
                " (%s)" % host.asked[0].lower() if host.asked else ""), host.asked)
        except (Failure, KeyError, IndexError, TypeError) as e:
            tell(False, name, repr(e))
    tell(moderate >= 8, "%d changes are moderate" % moderate)
    host.asked = []
    try:
        repair(tasks)
        tell(len(host.asked) <= 2, "a run is explained, mended and repeated: %d questions" %
             len(host.asked), host.asked)
    except (Failure, KeyError, IndexError, TypeError) as e:
        tell(False, "a run is explained, mended and repeated", repr(e))
    try:
        one_plan(tasks)
        tell(host.asked == ["DANGEROUS"], "a repair and the repeated run are one plan: 1 question",
             host.asked)
    except (Failure, KeyError, IndexError, TypeError) as e:
        tell(False, "a repair and the repeated run are one plan", repr(e))
    tell(host.close() == 0, "the server ends well")
    home.close()
    return failed > 0


sys.exit(main())
