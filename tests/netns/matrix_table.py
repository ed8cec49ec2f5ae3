#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of doc/interoperability.md out of what MATRIX=full has printed.

usage: matrix_table.py OUTPUT... >TABLES
"""
import collections
import re
import sys

MODES = ("PASV", "EPSV", "PORT", "EPRT")
FORWARDING = re.compile(r"--- (\S+), forwarding (\S+)")
TRANSFER = re.compile(r"(ok  |FAIL|none) (\S+) +(\S+) +(\S+) +(PASV|EPSV|PORT|EPRT)(?: (get|put)|: (.*))")


def read(paths):
    """{(client, server, family, mode): [good]} of all transfers, and the reasons of what cannot be."""
    results, reasons, forwardings = collections.defaultdict(list), {}, set()
    for path in paths:
        with open(path, encoding="latin-1") as file:
            for line in file:
                began, done = FORWARDING.search(line), TRANSFER.search(line)
                if began:
                    forwardings.add(began.group(2))
                elif done:
                    status, client, server, vip, mode, _, seen = done.groups()
                    key = client, server, "IPv6" if ":" in vip else "IPv4", mode
                    if status == "none":
                        reasons.setdefault(key, seen.strip())
                    else:
                        results[key].append(status == "ok  ")
    return results, reasons, forwardings


def worked(results, client, server, family):
    modes = (m for m in MODES if all(results.get((client, server, family, m), [False])))
    return " ".join(modes) or "–"


def main():
    results, reasons, forwardings = read(sys.argv[1:])
    total = sum(len(v) for v in results.values())
    bad = sum(not good for v in results.values() for good in v)
    print(f"{total} transfers, {bad} failed; forwarding {' and '.join(sorted(forwardings))}.\n")
    print("| client | servers | IPv4 | IPv6 |\n|---|---|---|---|")
    for client in dict.fromkeys(k[0] for k in results):
        alike = collections.defaultdict(list)
        for server in dict.fromkeys(k[1] for k in results if k[0] == client):
            alike[tuple(worked(results, client, server, f) for f in ("IPv4", "IPv6"))].append(server)
        for modes, servers in alike.items():
            print(f"| {client} | {', '.join(servers)} | {' | '.join(modes)} |")
    print("\n| told to | over | seen |\n|---|---|---|")
    known = {(client, family, mode) for client, _, family, mode in results}
    for (client, _, family, mode), seen in sorted(reasons.items()):
        if (client, family, mode) in known:
            continue
        print(f"| {client}: {mode} | {family} | {seen.replace('|', chr(92) + '|')} |")


if __name__ == "__main__":
    main()
