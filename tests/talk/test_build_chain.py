#!/usr/bin/env python3
"""A flow is built from nothing, as an agent builds one: each step uses what the one before gave.

Is there one like it?  Which connections are there?  Which operation?  Which site, list and columns?
Then a flow with two connectors is made, read back, switched on, run, and its run looked at.
Prints TAP.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from person import Failure, Host, find, flow  # noqa: E402
from server import Home  # noqa: E402

ENVIRONMENT = "Fabrikam Operations"
NAME = "Open orders by mail"
SHAREPOINT, OUTLOOK = "shared_sharepointonline", "shared_office365"


class Chain:
    """The steps, in order; a step that fails ends it."""

    def __init__(self, host):
        self.host = host

    def call(self, tool, **arguments):
        return self.host.call(tool, environmentName=ENVIRONMENT, **arguments)

    def there_is_none_like_it(self):
        if self.call("list_live_flows", search=NAME)["flows"]:
            raise Failure("there is one already")

    def connections_are_there(self):
        self.references = {}
        for connector in (SHAREPOINT, OUTLOOK):
            usable = [c for c in self.call("list_live_connections", search=connector)["connections"]
                      if c["connectorName"] == connector and c["usable"]]
            self.references[connector] = dict(usable[0]["connectionReferenceTemplate"])

    def the_operation_is_found_by_what_it_does(self):
        found = self.call("describe_live_connector", search="get items")
        self.read = find(found["operations"], connectorName=SHAREPOINT)["operationId"]
        found = self.call("describe_live_connector", connectorName=OUTLOOK, search="send an email")
        self.send = find(found["operations"], operationId="SendEmailV2")["operationId"]

    def its_example_is_a_start(self):
        about = self.call("describe_live_connector", connectorName=SHAREPOINT,
                          operationId=self.read)
        self.example = about["exampleDefinition"]
        if self.example["inputs"]["host"]["operationId"] != self.read:
            raise Failure("the example is of another operation: %s" % self.example)
        about = self.call("describe_live_connector", connectorName=OUTLOOK, operationId=self.send)
        self.mail = about["exampleDefinition"]

    def a_site_is_chosen_by_name(self):
        options = self.call("get_live_dynamic_options", connectorName=SHAREPOINT,
                            operationId=self.read, parameterName="dataset",
                            connectionName=self.references[SHAREPOINT]["connectionName"])["value"]
        self.site = find(options, displayName="Orders")["value"]

    def list_and_site_in_one_call(self):
        found = self.call("resolve_live_parameters", connectorName=SHAREPOINT,
                          operationId=self.read, match={"dataset": "orders"})
        if found["parameters"]["dataset"] != self.site:
            raise Failure("another site: %s" % found)
        tables = find(found["inputs"], name="table")["options"]
        found = self.call("resolve_live_parameters", connectorName=SHAREPOINT,
                          operationId=self.read,
                          match={"dataset": "Orders", "table": tables[0]["displayName"]})
        if found.get("missing"):
            raise Failure("missing: %s" % found)
        self.parameters = found["parameters"]

    def columns_are_known(self):
        fields = self.call("get_live_dynamic_properties", connectorName=SHAREPOINT,
                           operationId="PostItem", parameterName="item",
                           connectionName=self.references[SHAREPOINT]["connectionName"],
                           parameters=self.parameters)
        if "Title" not in str(fields):
            raise Failure("no column Title: %s" % fields)

    def the_flow_is_made(self):
        read, mail = self.example, self.mail
        read["inputs"]["parameters"] = dict(self.parameters, **{"$top": 5})
        mail["inputs"]["parameters"] = {
            "emailMessage/To": "jana.novak@fabrikam.example", "emailMessage/Subject": "Open orders",
            "emailMessage/Body": "<p>@{length(outputs('Orders')?['body/value'])}</p>"}
        read["runAfter"], mail["runAfter"] = {}, {"Orders": ["Succeeded"]}
        made = self.call("update_live_flow", displayName=NAME, connectionReferences=self.references,
                         definition=flow(Orders=read, Mail=mail))
        if not made["created"] or made["error"] is not None or not made["verified"]:
            raise Failure("not made: %s" % made)
        self.flow = made["flowName"]

    def it_is_as_it_was_meant(self):
        got = self.call("get_live_flow", flowName=self.flow)["properties"]
        if got["state"] != "Stopped" or sorted(got["definition"]["actions"]) != ["Mail", "Orders"]:
            raise Failure("something else: %s" % got)
        if sorted(got["connectionReferences"]) != [OUTLOOK, SHAREPOINT]:
            raise Failure("other references: %s" % got["connectionReferences"])

    def it_is_switched_on_and_run(self):
        self.call("set_live_flow_state", flowName=self.flow, state="Started")
        self.run = self.call("trigger_live_flow", flowName=self.flow, body={})["runName"]

    def the_run_succeeds(self):
        ended = self.call("wait_for_live_flow_run", flowName=self.flow, runName=self.run)
        if ended["status"] != "Succeeded":
            raise Failure("it ended as %s" % ended)
        found = self.call("get_live_flow_run_action_outputs", flowName=self.flow, runName=self.run,
                          actionName="Orders")
        if found[0]["outputs"]["statusCode"] != 200 or "value" not in found[0]["outputs"]["body"]:
            raise Failure("no list: %s" % found)


STEPS = [name for name in vars(Chain) if not name.startswith("_") and name != "call"]


def main():
    home = Home()
    home.start_tenant([])
    host = Host(home)
    chain, failed = Chain(host), None
    print("1..%d" % (len(STEPS) + 1))
    for i, name in enumerate(STEPS):
        title = "%d - %s" % (i + 1, name.replace("_", " "))
        if failed:
            print("not ok %s # not reached" % title)
            continue
        try:
            getattr(chain, name)()
            print("ok " + title)
        except (Failure, KeyError, IndexError, TypeError) as e:
            failed = e
            print("not ok %s\n# %s" % (title, repr(e)[:2000]))
        sys.stdout.flush()
    asked = len(host.asked)
    fine = not failed and asked == 3 and host.close() == 0
    print("%s %d - a person was asked three times: to make it, to switch it on, to run it" %
          ("ok" if fine else "not ok", len(STEPS) + 1))
    home.close()
    return not fine


sys.exit(main())
