#!/usr/bin/env python3
"""Writes src/wdl/zones.c, cultures.c and casemap.c.

Run from the top of the repository, with Debian's package unicode-cldr-core installed:

    python3 src/wdl/gen/tables.py

Zones and cultures come from CLDR (Unicode licence, named in the heads), case mappings from
the Unicode Character Database inside Python.
"""
import sys
import unicodedata
import xml.etree.ElementTree as ET
from functools import lru_cache

CLDR = "/usr/share/unicode/cldr/common"
OUT = "src/wdl/"
LICENCE = """ *
 * Data from the Unicode Common Locale Data Repository, version %s.
 * Copyright (C) 1991-2022 Unicode, Inc.  Distributed under the Unicode licence
 * (SPDX: Unicode-DFS-2016, https://www.unicode.org/license.html).
 * Written by src/wdl/gen/tables.py; do not edit.
 */
"""


def c(s):
    out = '"'
    for ch in s:
        if ch in '"\\':
            out += "\\" + ch
        else:
            out += ch
    return out + '"'


def version():
    for line in open("/var/lib/dpkg/status", encoding="utf-8"):
        if line.startswith("Package: "):
            name = line.split()[1]
        if line.startswith("Version: ") and name == "unicode-cldr-core":
            return line.split()[1].split("-")[0]
    return "unknown"


# ---- time zones ----

def zones():
    root = ET.parse(CLDR + "/supplemental/windowsZones.xml").getroot()
    rows = {}
    for m in root.iter("mapZone"):
        if m.get("territory") == "001":
            rows[m.get("other")] = m.get("type").split()[0]
    with open(OUT + "zones.c", "w", encoding="utf-8") as f:
        f.write("/*\n * zones.c - Windows time zone names and their IANA names.\n" + LICENCE % version())
        f.write('#include "wdl/tz.h"\n\nconst struct wdl_zone_name wdl_zone_names[] = {\n')
        for name in sorted(rows, key=str.lower):
            f.write("\t{ %s, %s },\n" % (c(name), c(rows[name])))
        f.write("};\n\nconst size_t wdl_zone_name_count = sizeof(wdl_zone_names) / "
                "sizeof(wdl_zone_names[0]);\n")


# ---- cultures ----

LOCALES = """en-US en-GB en-AU en-CA en-IE en-IN en-NZ en-ZA de-DE de-AT de-CH fr-FR fr-BE fr-CA fr-CH
es-ES es-AR es-CL es-CO es-MX it-IT it-CH nl-NL nl-BE pt-BR pt-PT da-DK sv-SE sv-FI nb-NO nn-NO fi-FI
is-IS pl-PL cs-CZ sk-SK sl-SI hr-HR sr-Latn-RS hu-HU ro-RO bg-BG el-GR tr-TR ru-RU uk-UA et-EE lv-LV
lt-LT ja-JP ko-KR zh-CN zh-HK zh-SG zh-TW vi-VN id-ID ms-MY he-IL hi-IN ca-ES eu-ES gl-ES cy-GB ga-IE
af-ZA""".split()
REAL = {"zh-CN": "zh_Hans_CN", "zh-SG": "zh_Hans_SG", "zh-TW": "zh_Hant_TW", "zh-HK": "zh_Hant_HK"}
CURRENCY = {"US": "USD", "GB": "GBP", "AU": "AUD", "CA": "CAD", "IE": "EUR", "IN": "INR", "NZ": "NZD",
            "ZA": "ZAR", "DE": "EUR", "AT": "EUR", "CH": "CHF", "FR": "EUR", "BE": "EUR", "ES": "EUR",
            "AR": "ARS", "CL": "CLP", "CO": "COP", "MX": "MXN", "IT": "EUR", "NL": "EUR", "BR": "BRL",
            "PT": "EUR", "DK": "DKK", "SE": "SEK", "FI": "EUR", "NO": "NOK", "IS": "ISK", "PL": "PLN",
            "CZ": "CZK", "SK": "EUR", "SI": "EUR", "HR": "EUR", "RS": "RSD", "HU": "HUF", "RO": "RON",
            "BG": "BGN", "GR": "EUR", "TR": "TRY", "RU": "RUB", "UA": "UAH", "EE": "EUR", "LV": "EUR",
            "LT": "EUR", "JP": "JPY", "KR": "KRW", "CN": "CNY", "HK": "HKD", "SG": "SGD", "TW": "TWD",
            "VN": "VND", "ID": "IDR", "MY": "MYR", "IL": "ILS"}
# What the service was measured or documented to write where it differs from CLDR
# (its host is Windows): formatNumber(17.35, 'C2', 'is-IS') is "17,35 kr" in the reference.
OVERRIDE = {
    "en-GB": {"long_date": "dd MMMM yyyy"},
    "is-IS": {"currency": "kr"},
}


@lru_cache(None)
def doc(name):
    try:
        return ET.parse("%s/main/%s.xml" % (CLDR, name)).getroot()
    except FileNotFoundError:
        return None


@lru_cache(None)
def parents():
    root = ET.parse(CLDR + "/supplemental/supplementalData.xml").getroot()
    out = {}
    for p in root.iter("parentLocale"):
        for l in p.get("locales").split():
            out[l] = p.get("parent")
    return out


def chain(name):
    while True:
        if doc(name) is not None:
            yield doc(name)
        if name == "root":
            return
        name = parents().get(name) or (name.rsplit("_", 1)[0] if "_" in name else "root")


def find(name, path):
    for root in chain(name):
        e = root.find(path)
        if e is not None and e.find("alias") is None and (e.text or "").strip():
            if e.get("draft") in ("unconfirmed", "provisional"):
                continue
            return e.text
    return None


def number_pattern(name, kind, standard=""):
    """The pattern of the length without a type: the others are the compact ones."""
    for root in chain(name):
        for length in root.findall("numbers/%sFormats[@numberSystem='latn']/%sFormatLength" % (kind, kind)):
            if length.get("type"):
                continue
            e = length.find("%sFormat%s/pattern" % (kind, standard))
            if e is not None:
                return e.text.split(";")[0]
    return None


GREG = "dates/calendars/calendar[@type='gregorian']/"


def names(name, kind, context, width, keys):
    out = []
    for k in keys:
        v = None
        for w in ([width, "wide"] if width != "wide" else ["wide"]):
            for ctx in ([context, "format"] if context != "format" else ["format"]):
                v = v or find(name, GREG + "%ss/%sContext[@type='%s']/%sWidth[@type='%s']/%s[@type='%s']"
                              % (kind, kind, ctx, kind, w, kind, k))
            if v:
                break
        out.append(v or str(k))
    return "|".join(out)


def pattern(p):
    """A CLDR date pattern as a .NET one."""
    out, i = "", 0
    p = p.replace("\u202f", " ").replace("\u00a0", " ").replace("\u200f", "")
    while i < len(p):
        ch = p[i]
        if ch == "'":
            j = p.index("'", i + 1)
            out += p[i:j + 1]
            i = j + 1
            continue
        n = 1
        while i + n < len(p) and p[i + n] == ch:
            n += 1
        i += n
        if ch == "y":
            out += "yyyy"
        elif ch in "Ec":
            out += "dddd" if n >= 4 else "ddd"
        elif ch == "L":
            out += "M" * n
        elif ch == "a":
            out += "tt"
        elif ch == "B":
            pass
        else:
            out += ch * n
    return out.strip()


def separator(p, letters):
    seen = False
    for ch in p:
        if ch in letters:
            seen = True
        elif seen:
            return ch if ch not in "'" else "/"
    return "/"


def date_format(name, length):
    return pattern(find(name, GREG + "dateFormats/dateFormatLength[@type='%s']/dateFormat/pattern" % length))


def time_format(name, length):
    return pattern(find(name, GREG + "timeFormats/timeFormatLength[@type='%s']/timeFormat/pattern" % length))


def skeleton(name, key):
    return pattern(find(name, GREG + "dateTimeFormats/availableFormats/dateFormatItem[@id='%s']" % key) or "MMMM d")


def spaces(s):
    return s.replace("\u202f", "\u00a0").replace("\u200e", "").replace("\u200f", "").replace("\u061c", "")


def culture(tag):
    name = REAL.get(tag, tag.replace("-", "_"))
    months = [str(i) for i in range(1, 13)]
    days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    region = tag.split("-")[-1]
    cur = CURRENCY[region]
    sym = "numbers/symbols[@numberSystem='latn']/"
    short = date_format(name, "short")
    row = {
        "name": tag,
        "months": names(name, "month", "format", "wide", months),
        "months_alone": names(name, "month", "stand-alone", "wide", months),
        "months_short": names(name, "month", "format", "abbreviated", months),
        "days": names(name, "day", "format", "wide", days),
        "days_short": names(name, "day", "format", "abbreviated", days),
        "am": find(name, GREG + "dayPeriods/dayPeriodContext[@type='format']/dayPeriodWidth[@type='abbreviated']/dayPeriod[@type='am']")
        or find(name, GREG + "dayPeriods/dayPeriodContext[@type='format']/dayPeriodWidth[@type='wide']/dayPeriod[@type='am']") or "AM",
        "pm": find(name, GREG + "dayPeriods/dayPeriodContext[@type='format']/dayPeriodWidth[@type='abbreviated']/dayPeriod[@type='pm']")
        or find(name, GREG + "dayPeriods/dayPeriodContext[@type='format']/dayPeriodWidth[@type='wide']/dayPeriod[@type='pm']") or "PM",
        "short_date": short,
        "long_date": date_format(name, "full"),
        "short_time": time_format(name, "short"),
        "long_time": time_format(name, "medium"),
        "month_day": skeleton(name, "MMMMd"),
        "year_month": skeleton(name, "yMMMM"),
        "date_sep": separator(short, "dMy"),
        "time_sep": separator(time_format(name, "short"), "hH"),
        "decimal": find(name, sym + "decimal"),
        "group": spaces(find(name, sym + "group")),
        "minus": "-",
        "currency": spaces(find(name, "numbers/currencies/currency[@type='%s']/symbol" % cur) or cur),
        "currency_pattern": spaces(number_pattern(name, "currency", "[@type='standard']")),
        "percent_pattern": spaces(number_pattern(name, "percent")),
        "number_pattern": number_pattern(name, "decimal"),
    }
    row.update(OVERRIDE.get(tag, {}))
    return row


FIELDS = ["name", "months", "months_alone", "months_short", "days", "days_short", "am", "pm", "short_date",
          "long_date", "short_time", "long_time", "month_day", "year_month", "date_sep", "time_sep",
          "decimal", "group", "currency", "currency_pattern", "percent_pattern"]


def cultures():
    with open(OUT + "cultures.c", "w", encoding="utf-8") as f:
        f.write("/*\n * cultures.c - names, patterns and symbols of cultures, as .NET format strings use them.\n"
                + LICENCE % version())
        f.write('#include "wdl/culture.h"\n\nconst struct wdl_culture wdl_cultures[] = {\n')
        for tag in LOCALES:
            row = culture(tag)
            f.write("\t{\n")
            for k in FIELDS:
                v = row[k]
                if k in ("currency_pattern", "percent_pattern"):
                    v = v.replace("\u00a4", "$")
                    for p in ("#,##,##0.00", "#,##0.00", "#,##,##0", "#,##0", "0.00", "0"):
                        v = v.replace(p, "n")
                f.write("\t\t.%s = %s,\n" % (k, c(v)))
            f.write("\t\t.indian_groups = %s,\n" % ("true" if "##,##" in row["number_pattern"] else "false"))
            f.write("\t},\n")
        f.write("};\n\nconst size_t wdl_culture_count = sizeof(wdl_cultures) / sizeof(wdl_cultures[0]);\n")


# ---- case mapping ----

def casemap():
    pairs = []
    for cp in range(0x80, 0x110000):
        if 0xD800 <= cp < 0xE000 or cp in (0x130, 0x131, 0x17F):
            continue
        up, lo = chr(cp).upper(), chr(cp).lower()
        u = ord(up) if len(up) == 1 else cp
        l = ord(lo) if len(lo) == 1 else cp
        # simple mappings only, within the same plane, and none that end in ASCII
        if u < 0x80 or (u < 0x10000) != (cp < 0x10000):
            u = cp
        if l < 0x80 or (l < 0x10000) != (cp < 0x10000):
            l = cp
        if u != cp or l != cp:
            pairs.append((cp, u - cp, l - cp))
    look = {p[0]: (p[1], p[2]) for p in pairs}
    merged = []
    todo = sorted(pairs)
    used = set()
    for cp, du, dl in todo:
        if cp in used:
            continue
        best, bstep = [cp], 1
        for step in (1, 2):
            run, x = [cp], cp + step
            while look.get(x) == (du, dl) and x not in used:
                run.append(x)
                x += step
            if len(run) > len(best):
                best = run
                bstep = step
        used.update(best)
        merged.append((best[0], best[-1], bstep, du, dl))
    merged.sort()
    with open(OUT + "casemap.c", "w", encoding="utf-8") as f:
        f.write("/*\n * casemap.c - simple upper and lower case mappings beyond ASCII, without U+0130, U+0131\n"
                " * and U+017F, which the invariant culture of .NET leaves alone.\n *\n"
                " * Data from the Unicode Character Database, version %s.\n"
                " * Copyright (C) 1991-2022 Unicode, Inc.  Distributed under the Unicode licence\n"
                " * (SPDX: Unicode-DFS-2016, https://www.unicode.org/license.html).\n"
                " * Written by src/wdl/gen/tables.py; do not edit.\n */\n" % unicodedata.unidata_version)
        f.write('#include "wdl/text.h"\n\n/* first, last, step, to upper, to lower */\n'
                "const struct wdl_case_run wdl_case_runs[] = {\n")
        for m in merged:
            f.write("\t{ 0x%x, 0x%x, %d, %d, %d },\n" % m)
        f.write("};\n\nconst size_t wdl_case_run_count = sizeof(wdl_case_runs) / sizeof(wdl_case_runs[0]);\n")


if __name__ == "__main__":
    which = sys.argv[1:] or ["zones", "cultures", "casemap"]
    for w in which:
        globals()[w]()
