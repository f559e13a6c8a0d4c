"""packages.py - exported packages and solutions, good and hostile, for the tests of lint."""
import io
import json
import struct
import zipfile

GOOD = {"$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
                   "2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": {"type": "Request", "kind": "Button", "inputs": {"schema": {}}}},
        "actions": {"Compose": {"type": "Compose", "inputs": "hello", "runAfter": {}}}}
BAD = dict(GOOD, actions={"A": {"type": "Compose", "inputs": "@outputs('Gone')", "runAfter": {}}})
ID = "1f87b5e3-9b8e-484f-ac7b-e69687cc571b"
FOLDER = f"Microsoft.Flow/flows/{ID}/"


def pack(entries, method=zipfile.ZIP_DEFLATED):
    """A zip of [(path or ZipInfo, bytes or value)]."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for path, content in entries:
            if not isinstance(content, (bytes, str)):
                content = json.dumps(content)
            z.writestr(path, content)
    return out.getvalue()


def service(definition, name="My flow"):
    return {"name": ID, "properties": {"displayName": name, "definition": definition,
                                       "connectionReferences": {}}}


def export(definition, name="My flow"):
    """A package as the service exports it."""
    return [("manifest.json", {"schema": "1.0", "resources": {ID: {
                "type": "Microsoft.Flow/flows", "details": {"displayName": "From the manifest"}}}}),
            ("Microsoft.Flow/flows/manifest.json", {
                "packageSchemaVersion": "1.0", "flowAssets": {"assetPaths": [ID]}}),
            (FOLDER + "apisMap.json", {}), (FOLDER + "connectionsMap.json", {}),
            (FOLDER + "definition.json", service(definition, name))]


def clientdata(definition):
    return {"properties": {"connectionReferences": {}, "definition": definition},
            "schemaVersion": "1.0.0.0"}


WORKFLOW = "Workflows/Whatfilesarecalled-1F87B5E3-9B8E-484F-AC7B-E69687CC571B.json"


def solution(definition, name="Orders &amp; more"):
    """A solution as Dataverse exports it."""
    xml = (f'<ImportExportXml><Entities><Entity Name="no"/></Entities><Workflows>'
           f'<Workflow WorkflowId="{{{ID}}}" Name="{name}"><JsonFileName>/{WORKFLOW}</JsonFileName>'
           f'<Category>5</Category></Workflow></Workflows></ImportExportXml>')
    return [("solution.xml", "<ImportExportXml/>"), ("customizations.xml", xml),
            ("[Content_Types].xml", "<Types/>"),
            ("Workflows/Desktop-0F87B5E3-9B8E-484F-AC7B-E69687CC571B.json", {"inputs": {}}),
            (WORKFLOW, clientdata(definition))]


def encrypted(data):
    """The same zip with the flag that says its entries are encrypted."""
    data = bytearray(data)
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        i = data.find(signature)
        while i >= 0:
            flags = struct.unpack_from("<H", data, i + at)[0]
            struct.pack_into("<H", data, i + at, flags | 1)
            i = data.find(signature, i + 4)
    return bytes(data)


def link(path, to):
    info = zipfile.ZipInfo(path)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return (info, to)


def wrong_sum(data):
    """The same zip with one content byte changed (entries must be stored)."""
    i = data.find(b"hello")
    return data[:i] + b"J" + data[i + 1:]


def hostile():
    """(what, bytes, words of the sentence it ends with)."""
    good = export(GOOD)
    deep = json.dumps(clientdata(dict(GOOD, description=" " * (4 << 20)))).encode()
    return [
        ("a zip cut off", pack(good)[:-30], "cut off or damaged"),
        ("a zip whose first half is gone", b"PK\3\4" + pack(good)[900:], "cut off or damaged"),
        ("a zip with a wrong sum", wrong_sum(pack(good, zipfile.ZIP_STORED)), "cut off or damaged"),
        ("only the first bytes of a zip", b"PK\3\4", "cut off or damaged"),
        ("an empty zip", pack([]), "holds no flow"),
        ("an encrypted zip", encrypted(pack(good)), "is encrypted"),
        ("a path that climbs", pack([("../Workflows/x.json", clientdata(GOOD))]), "leads out"),
        ("a path that climbs later", pack([("Workflows/../../x.json", clientdata(GOOD))]),
         "leads out"),
        ("a path from the root", pack([("/Workflows/x.json", clientdata(GOOD))]), "leads out"),
        ("a path with a drive", pack([("C:\\Workflows\\x.json", clientdata(GOOD))]), "leads out"),
        ("a link", pack([link("Workflows/x.json", "/etc/passwd")]), "is a link"),
        ("a zip in a zip", pack([("inner/one.zip", pack(good))]), "another zip, inner/one.zip"),
        ("a bomb", pack([("Workflows/x.json", deep)]), "bomb"),
        ("a large entry", pack([("Workflows/x.json", b"\x00" * (33 << 20))]), "bomb"),
        ("too many entries", pack([(f"x{i}", b"") for i in range(20001)], zipfile.ZIP_STORED),
         "more than 20,000 entries"),
        ("one name twice", twice(), "two entries named Workflows/x.json"),
        ("no flow in a zip", pack([("readme.txt", "hello"), ("x.json", "{}")]), "holds no flow"),
        ("an export without its flow", pack([e for e in good if "definition" not in e[0]]),
         "names it and does not hold it"),
        ("a definition that is none", pack([(FOLDER + "definition.json", {"a": 1})]),
         "no definition in it"),
        ("a definition cut off", pack([(FOLDER + "definition.json", '{"properties": {')]),
         "not JSON at byte"),
    ]


def twice():
    a = pack([("Workflows/x.json", clientdata(GOOD)), ("Workflows/y.json", clientdata(BAD))])
    return a.replace(b"Workflows/y.json", b"Workflows/x.json")
