#!/usr/bin/python3
"""fake_secrets.py [locked] [empty] [dismiss] [silent] - a Secret Service with windows that a test can see.

Speaks as much of the Secret Service specification as libsecret needs, with plain sessions.
  locked    the default collection is locked, and unlocking asks
  empty     there is no default collection, and making one asks
  dismiss   the windows are closed without an answer
  silent    the windows are never answered
Each window is a line "prompt" on standard output; before them comes "ready".
Runs with Debian's python3 (python3-dbus, python3-gi).
"""
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

BASE = "org.freedesktop.Secret."
ROOT = "/org/freedesktop/secrets"
HOME = ROOT + "/collection/home"
NOTHING = dbus.ObjectPath("/")
OPTIONS = set(sys.argv[1:])


def paths(list_of_them):
    return dbus.Array([dbus.ObjectPath(p) for p in list_of_them], signature="o")


class Thing(dbus.service.Object):
    """An object with properties."""

    kind = ""

    def all(self):
        return {}

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}")
    def GetAll(self, _):
        return dbus.Dictionary(self.all(), signature="sv")

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, _, name):
        return self.all()[name]

    @dbus.service.signal("org.freedesktop.DBus.Properties", signature="sa{sv}as")
    def PropertiesChanged(self, kind, changed, gone):
        pass

    def changed(self):
        self.PropertiesChanged(BASE + self.kind, dbus.Dictionary(self.all(), signature="sv"),
                               dbus.Array([], signature="s"))


class Prompt(dbus.service.Object):
    count = 0

    def __init__(self, bus, act):
        Prompt.count += 1
        self.path = "%s/prompt/p%d" % (ROOT, Prompt.count)
        self.act = act
        super().__init__(bus, self.path)

    @dbus.service.method(BASE + "Prompt", in_signature="s")
    def Prompt(self, _):
        print("prompt", flush=True)
        if "silent" not in OPTIONS:
            GLib.timeout_add(200, self.finish)

    @dbus.service.method(BASE + "Prompt")
    def Dismiss(self):
        self.Completed(True, dbus.String(""))

    @dbus.service.signal(BASE + "Prompt", signature="bv")
    def Completed(self, dismissed, result):
        pass

    def finish(self):
        if "dismiss" in OPTIONS:
            self.Completed(True, paths([]))
        else:
            self.Completed(False, self.act())
        return False


class Item(Thing):
    kind = "Item"

    def __init__(self, collection, path, attributes, label, secret):
        self.collection, self.path = collection, path
        self.attributes, self.label, self.secret = attributes, label, secret
        super().__init__(collection.service.bus, path)

    def all(self):
        return {"Locked": dbus.Boolean(self.collection.locked), "Label": dbus.String(self.label),
                "Attributes": dbus.Dictionary(self.attributes, signature="ss"),
                "Created": dbus.UInt64(1), "Modified": dbus.UInt64(1)}

    @dbus.service.method(BASE + "Item", out_signature="o")
    def Delete(self):
        self.collection.items.remove(self)
        self.remove_from_connection()
        return NOTHING


class Collection(Thing):
    kind = "Collection"

    def __init__(self, service, path, locked):
        self.service, self.path, self.locked = service, path, locked
        self.items, self.made = [], 0
        super().__init__(service.bus, path)

    def all(self):
        return {"Locked": dbus.Boolean(self.locked), "Label": dbus.String("Home"),
                "Items": paths(i.path for i in self.items), "Created": dbus.UInt64(1),
                "Modified": dbus.UInt64(1)}

    @dbus.service.method(BASE + "Collection", in_signature="a{sv}(oayays)b", out_signature="oo")
    def CreateItem(self, properties, secret, replace):
        attributes = properties[BASE + "Item.Attributes"]
        if self.locked:
            raise dbus.DBusException("locked", name=BASE + "Error.IsLocked")
        for item in self.items:
            if replace and dict(item.attributes) == dict(attributes):
                item.secret = bytes(secret[2])
                return dbus.ObjectPath(item.path), NOTHING
        self.made += 1
        item = Item(self, "%s/%d" % (self.path, self.made), attributes,
                    properties[BASE + "Item.Label"], bytes(secret[2]))
        self.items.append(item)
        self.changed()
        return dbus.ObjectPath(item.path), NOTHING


class Service(Thing):
    kind = "Service"

    def __init__(self, bus):
        self.bus = bus
        self.collections = []
        super().__init__(bus, ROOT)
        if "empty" not in OPTIONS:
            self.collections.append(Collection(self, HOME, "locked" in OPTIONS))

    def all(self):
        return {"Collections": paths(c.path for c in self.collections)}

    @dbus.service.method(BASE + "Service", in_signature="sv", out_signature="vo")
    def OpenSession(self, algorithm, _):
        if algorithm != "plain":
            raise dbus.DBusException("no", name="org.freedesktop.DBus.Error.NotSupported")
        return dbus.String(""), dbus.ObjectPath(ROOT + "/session/s")

    @dbus.service.method(BASE + "Service", in_signature="s", out_signature="o")
    def ReadAlias(self, name):
        return dbus.ObjectPath(HOME) if name == "default" and self.collections else NOTHING

    @dbus.service.method(BASE + "Service", in_signature="a{ss}", out_signature="aoao")
    def SearchItems(self, wanted):
        found = [i for c in self.collections for i in c.items if wanted.items() <= i.attributes.items()]
        return (paths(i.path for i in found if not i.collection.locked),
                paths(i.path for i in found if i.collection.locked))

    @dbus.service.method(BASE + "Service", in_signature="ao", out_signature="aoo")
    def Unlock(self, objects):
        if not any(c.locked for c in self.collections):
            return paths(objects), NOTHING

        def act():
            for c in self.collections:
                c.locked = False
                c.changed()
            return paths(objects)
        return paths([]), dbus.ObjectPath(Prompt(self.bus, act).path)

    @dbus.service.method(BASE + "Service", in_signature="aoo", out_signature="a{o(oayays)}")
    def GetSecrets(self, items, session):
        return dbus.Dictionary({dbus.ObjectPath(i.path): dbus.Struct(
            (session, dbus.ByteArray(b""), dbus.ByteArray(i.secret), "text/plain"), signature="oayays")
            for c in self.collections for i in c.items if i.path in items},
            signature="o(oayays)")

    @dbus.service.method(BASE + "Service", in_signature="a{sv}s", out_signature="oo")
    def CreateCollection(self, properties, alias):
        def act():
            self.collections.append(Collection(self, HOME, False))
            self.changed()
            return dbus.ObjectPath(HOME)
        return NOTHING, dbus.ObjectPath(Prompt(self.bus, act).path)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
session = dbus.SessionBus()
name = dbus.service.BusName("org.freedesktop.secrets", session)
service = Service(session)
print("ready", flush=True)
GLib.MainLoop().run()
