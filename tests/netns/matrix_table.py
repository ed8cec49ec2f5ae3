#!/usr/bin/env python3
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


def cell(results, client, server):
    families = []
    for family in ("IPv4", "IPv6"):
        good = [m for m in MODES if results.get((client, server, family, m)) and all(results[client, server, family, m])]
        families.append(f"{family} {' '.join(good)}" if good else f"{family} –")
    return "<br>".join(families)


def main():
    results, reasons, forwardings = read(sys.argv[1:])
    clients = list(dict.fromkeys(k[0] for k in results))
    servers = list(dict.fromkeys(k[1] for k in results))
    total = sum(len(v) for v in results.values())
    bad = sum(not good for v in results.values() for good in v)
    print(f"{total} transfers, {bad} failed; forwarding {' and '.join(sorted(forwardings))}.\n")
    print("| |", " | ".join(servers), "|")
    print("|---" * (len(servers) + 1) + "|")
    for client in clients:
        print(f"| {client} |", " | ".join(cell(results, client, s) for s in servers), "|")
    print("\n| told to | over | seen |\n|---|---|---|")
    for (client, server, family, mode), seen in sorted(reasons.items()):
        print(f"| {client}: {mode} | {family} | {seen.replace('|', chr(92) + '|')} |")


if __name__ == "__main__":
    main()
