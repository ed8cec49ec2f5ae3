#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tries to have a port of a real server opened that the server did not open for this client's own request.

usage: attacks.py PROCESS OWN4 OWN6 GROUPS short|all NAME=VIP=LOW-HIGH=ROOT...

NAME is the server behind VIP; for its own passive transfers it takes a port from LOW to HIGH, and serves
the folder ROOT. PROCESS runs in the director's namespace: what the kernel opened is read in its
/proc/PROCESS/net (0: there is none, somebody else tells). OWN4 and OWN6 are this machine's addresses. GROUPS: some of those of attack_list.py, by
commas, or "all".

What each attack asks for is one of SECRETS, where the real servers say "secret" to whoever connects. It has
succeeded when IPVS or conntrack holds anything for such a port, or the client gets there, or to any other
port that it was shown. Every group prints a line; the exit status is the number of groups with a hole, or
that did not run. What is not read here: the daemon's own word, which attacks.sh looks at.
"""
import multiprocessing
import os
import re
import socket
import struct
import sys
import traceback

import attack_list
from attack_list import SECRETS

PATIENCE = 10
BATCH = 25  # sessions, between two looks at the kernel


class Nothing:
    """There is no director: nothing to look at."""

    def entries(self, _vip):
        return ()

    expected = entries


class Kernel:
    """Which ports of the real servers behind a virtual address are open, and which it shows."""

    def __init__(self, process):
        self.directory = f"/proc/{process}/net/"

    def lines(self, name):
        with open(self.directory + name, encoding="ascii") as file:
            return file.read().splitlines()

    def entries(self, vip):
        """Ports of IPVS entries by which that address leads to a real server."""
        family = socket.AF_INET6 if ":" in vip else socket.AF_INET
        wanted = socket.inet_pton(family, vip)
        for line in self.lines("ip_vs_conn")[1:]:
            field = line.split()
            text = field[3].strip("[]")
            if (":" in text) != (":" in vip):
                continue
            address = socket.inet_pton(family, text) if ":" in text else bytes.fromhex(text)
            if address == wanted:
                yield int(field[4], 16), int(field[6], 16)

    def expected(self, vip):
        """Ports at that address on which conntrack expects a connection."""
        for line in self.lines("nf_conntrack_expect"):
            match = re.search(r" dst=(\S+) .*dport=(\d+)", line)
            if match and socket_same(match.group(1), vip):
                yield int(match.group(2))


def socket_same(text, other):
    if (":" in text) != (":" in other):
        return False
    family = socket.AF_INET6 if ":" in other else socket.AF_INET
    return socket.inet_pton(family, text) == socket.inet_pton(family, other)


class Target:
    """One server behind one virtual address."""

    def __init__(self, text, kernel, own):
        self.name, self.vip, ports, self.root = text.split("=")
        low, high = ports.split("-")
        self.ports = range(int(low), int(high) + 1)
        self.kernel = kernel
        self.v6 = ":" in self.vip
        self.own = own[self.v6]
        self.seen = set()  # holes already told
        self.inside = 0    # replies that told an inside address

    # ---- what the attacks use ----

    def connect(self, mss=0, room=0):
        """A control connection, the greeting read."""
        s = socket.socket(socket.AF_INET6 if self.v6 else socket.AF_INET)
        s.settimeout(PATIENCE)
        if mss:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        if room:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.connect((self.vip, 21))
        read_reply(s)
        return s

    def login(self, s, user=b"test"):
        for line in (b"USER " + user, b"PASS test"):
            s.sendall(line + b"\r\n")
            reply = read_reply(s)
        if not reply.startswith(b"230"):
            raise RuntimeError(f"no login: {reply!r}")

    def look(self, text):
        """What the client was told, and what the kernel holds: a list of holes."""
        holes = []
        if not self.v6:
            self.inside += len(re.findall(rb"(?m)^2\d\d[ -].*\(10,0,0,2,", text))
        for shown, target in self.kernel.entries(self.vip):
            if target not in self.ports and shown not in (20, 21):
                holes.append(f"IPVS leads {shown} to {target}")
        for port in self.kernel.expected(self.vip):
            if port in SECRETS:
                holes.append(f"conntrack expects port {port}")
        for port in {*SECRETS, *shown_in(text)} - set(self.ports):
            if self.reaches(port):
                holes.append(f"the client gets to the secret at port {port}")
        fresh = [hole for hole in holes if hole not in self.seen]
        self.seen.update(fresh)
        return fresh

    def reaches(self, port):
        try:
            with socket.create_connection((self.vip, port), 1) as s:
                s.settimeout(1)
                return s.recv(100).startswith(b"secret")
        except OSError:
            return False

    def serves(self):
        """An ordinary client, afterwards: whether his file arrives."""
        s = self.connect()
        self.login(s)
        s.sendall(b"TYPE I\r\n")
        read_reply(s)
        s.sendall(b"EPSV\r\n" if self.v6 else b"PASV\r\n")
        reply = read_reply(s)
        ports = list(shown_in(reply))
        if not ports:
            return f"no port in {reply!r}"
        data = socket.create_connection((self.vip, ports[0]), PATIENCE)
        s.sendall(b"RETR small\r\n")
        content = b"".join(iter(lambda: data.recv(65536), b""))
        read_reply(s)
        s.close()
        return None if content == b"a small file\n" else f"{content!r} instead of the file"


def shown_in(text):
    for match in re.finditer(rb"\d+,\d+,\d+,\d+,(\d+),(\d+)|([^0-9A-Za-z ])\3\3(\d+)\3", text):
        high, low, _, port = match.groups()
        port = int(port) if port else (int(high) << 8 | int(low)) & 0xffff
        if 0 < port < 65536:
            yield port


def read_reply(s):
    """Up to the end of one reply, or what came until the connection ended."""
    text = b""
    while not re.search(rb"(?m)^\d\d\d( [^\r\n]*)?\r?\n\Z", text):
        part = s.recv(65536)
        if not part:
            break
        text += part
    return text


def run(target, group, amount):
    """All attacks of a group; a line that says how it went, and whether it failed."""
    holes, count, text, failed = [], 0, b"", []
    for attack in attack_list.GROUPS[group](target, amount):
        count += 1
        try:
            text += attack()
        except (OSError, RuntimeError, struct.error) as error:
            failed.append(f"{getattr(attack, 'args', '')}: {error}")
        if count % BATCH == 0:
            holes += target.look(text)
            text = b""
    holes += target.look(text)
    bad = bool(holes) or len(failed) * 5 > count
    words = "; ".join(sorted(set(holes))) or "nothing opened"
    line = f"{'HOLE' if holes else 'BAD ' if bad else 'ok  '} {group:10} {target.name:9} {target.vip:15} " \
           f"{count:4} attacks, {len(failed)} broken off: {words}"
    if bad and not holes:
        line += "; " + "; ".join(failed[:3])
    return line, bad


def run_server(texts, kernel, own, groups, amount):
    bad = 0
    for text in texts:
        target = Target(text, kernel, own)
        for group in groups:
            try:
                line, failed = run(target, group, amount)
            except Exception:  # the other groups go on
                line, failed = f"BAD  {group} {target.name} {target.vip}: {traceback.format_exc()}", True
            bad += failed
            print(line, flush=True)
        if amount != "record" and not isinstance(kernel, Nothing):
            trouble = target.serves()
            if trouble:
                print(f"BAD  served     {target.name:9} {target.vip}: {trouble}", flush=True)
                bad += 1
        if target.inside:
            print(f"     inside     {target.name:9} {target.vip:15} {target.inside:4} replies name the real server")
    sys.exit(min(bad, 100))


def main():
    director, own4, own6, groups, amount = sys.argv[1:6]
    groups = list(attack_list.GROUPS) if groups == "all" else groups.split(",")
    kernel = Kernel(director) if director != "0" else Nothing()
    servers = {}
    for text in sys.argv[6:]:
        servers.setdefault(text.split("=")[0], []).append(text)
    processes = [multiprocessing.Process(target=run_server, args=(texts, kernel, (own4, own6), groups, amount))
                 for texts in servers.values()]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    sys.exit(min(sum(p.exitcode for p in processes), 100))


if __name__ == "__main__":
    main()
