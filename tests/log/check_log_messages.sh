#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doc/messages.md lists every message of src/log/messages.h with its level, id and words, and
# no other; every id is there once; nothing is logged without one; the fields are those of report.c.
set -euo pipefail
top=${srcdir:-.}
python3 - "$top" <<'END'
import glob
import re
import sys

top = sys.argv[1]
table = open(f"{top}/src/log/messages.h").read()
manual = open(f"{top}/doc/messages.md").read()
failed = []

listed = set(re.findall(r"^- `(.*)`\n  - (.*), `(.*)`$", manual, re.M))
defined, entries = {}, set()
for name, argument, level, identity, texts in re.findall(
        r'#define (LOG_\w+)(\(level\))? \\\n\t(\w+), "([0-9a-f]{32})", \\\n((?:\t".*"(?: \\)?\n)+)', table):
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', texts)).replace('\\"', '"')
    entry = (re.sub("%[su]", "...", text), "by reason" if argument else level[10:].lower(), identity)
    if identity in defined:
        failed.append(f"{name} has the id of another message")
    defined[identity] = name
    entries.add(entry)
    if entry not in listed:
        failed.append(f"{name} is not in doc/messages.md as {entry}")
if len(defined) != len(re.findall("#define LOG_", table)) or len(defined) < 30:
    failed.append("some messages have not been understood")
for entry in listed - entries:
    failed.append(f"doc/messages.md lists a message that there is not: {entry}")

for file in glob.glob(f"{top}/src/*/*.c"):
    if file.endswith("/log/log.c"):
        continue
    for call in re.findall(r"log_message(?:_about|_limited)?\([^;]*;", open(file).read()):
        if "LOG_" not in call:
            failed.append(f"{file}: without an id: {call}")

report = open(f"{top}/src/traffic/report.c").read()
written = set(re.findall(r'"([A-Z_]+)"', report))
described = set(re.findall(r"`FTPALGD_([A-Z_]+)`", manual))
if written != described:
    failed.append(f"fields written {sorted(written)}, described {sorted(described)}")
sys.exit("\n".join(failed) or 0)
END
