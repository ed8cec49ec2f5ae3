#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every key of every result is described in ftpalgctl(8), RESULTS, and none is that there is not.
set -euo pipefail
top=${srcdir:-.}
tests/control/print_control results | python3 -c '
import json
import re
import sys

page = open(sys.argv[1]).read()
page = page[page.index(".Sh RESULTS"):page.index(".Sh REASONS")]
reasons = set(re.findall(r"\{ \"([a-z_]+)\"", open(sys.argv[2]).read()))
described, values = {}, {}
for item in page.split("\n.It ")[1:]:
    title, text = item.split("\n", 1)
    text = re.sub(r"^\.(El|Bl).*$", "", text, flags=re.M)
    # Parentheses hold values, or the keys of an object: both are words that may occur.
    inner = set(re.findall(r"[a-z_A-Z]+", " ".join(re.findall(r"\(([^()]*)\)", text))))
    text = re.sub(r"\([^()]*\)", "", text)
    keys = {part.strip() for part in re.split(r"[,:;.\n]|\band\b", re.sub(r"\"[a-z]+\"( has( also)?)?", ",", text))}
    keys = {key for key in keys if re.fullmatch("[a-z_]+", key)}
    for name in re.findall(r"[a-z]+", re.sub(r"^Cm ", "", title)):
        described[name], values[name] = keys, inner

def keys_of(value):
    if isinstance(value, list):
        return set().union(*map(keys_of, value)) if value else set()
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values())) if value else set()
    return set()

found = {}
for line in sys.stdin:
    answer = json.loads(line)
    found.setdefault(answer["command"], set()).update(keys_of(answer["result"]))
counters = described["counters"] | values["counters"] | reasons
failed = []
for command, keys in sorted(found.items()):
    allowed = described[command] | values[command] | {"next"}
    if "counters" in keys or "total" in keys:
        allowed |= counters
    if "events" in keys:
        allowed |= described["watch"]
    for key in sorted(keys - allowed):
        failed.append(f"{command}: {key} is in no manual page")
    for key in sorted(described[command] - keys - {"missed", "count"}):
        failed.append(f"{command}: {key} is described and not there")
for key in sorted(described["counters"] - found["stats"]):
    failed.append(f"counters: {key} is described and not there")
sys.exit("\n".join(failed) or 0)
' "$top/man/ftpalgctl.8" "$top/src/core/reason.c"
