#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Speaks with odd_server.py through the gateway, and takes every announcement at its word.

usage: odd_client.py VIP PORT [WORDING...]

Each wording is asked for in several deliveries (EVERY_CUT=yes: cut at every byte), twice in a
session. Exits with a sentence
about the first thing that is not as a user would have it.
"""
import os
import re
import socket
import sys

from odd_server import CONTENT, WORDINGS

PASSIVE = re.compile(r"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)")
EXTENDED = re.compile(r"([^0-9A-Za-z ])\1\1(\d+)\1")
TIMEOUT = int(os.environ.get("PATIENCE", "20"))


def fail(text):
    sys.exit("FAILED: " + text)


class Client:
    def __init__(self, host, port, user):
        self.host = host
        self.socket = socket.create_connection((host, port), TIMEOUT)
        self.file = self.socket.makefile("rb")
        greeting = self.reply()
        if "(10,9,9,9,9,9)" not in greeting[1]:
            fail(f"text of the greeting was touched: {greeting}")
        self.command("USER " + user)

    def line(self):
        try:
            line = self.file.readline()
        except TimeoutError:
            fail(f"the control connection stalls ({self.user_text()})")
        if not line:
            fail("the control connection was closed")
        return line.decode("latin-1")

    def user_text(self):
        return getattr(self, "what", "greeting")

    def reply(self):
        """All lines of one reply."""
        lines = [self.line()]
        code = lines[0].lstrip("\xff\xf1")[:3]
        if lines[0][3:4] == "-":
            while not lines[-1].startswith(code + " "):
                lines.append(self.line())
        return lines

    def command(self, text):
        self.what = text
        self.socket.sendall(text.encode("latin-1") + b"\r\n")
        return self.reply()

    def fetch(self, wording, delivery):
        self.what = f"{wording} delivered {delivery}"
        reply = self.command("EPSV" if wording in ("extended", "hash") else "PASV")
        if wording == "together":
            reply = self.reply()
        check_text(wording, reply, self.what)
        host, port = announced(reply[-1], self.host)
        if host != self.host:
            fail(f"{self.what}: the client is sent to {host}: {reply!r}")
        try:
            data = socket.create_connection((host, port), TIMEOUT)
        except OSError as error:
            fail(f"{self.what}: data connection to port {port}: {error}; {reply!r}")
        first = self.command("RETR x")
        received = b"".join(iter(lambda: data.recv(65536), b""))
        if received != CONTENT:
            fail(f"{self.what}: other content")
        if not first[0].startswith("150") or not self.reply()[0].startswith("226"):
            fail(f"{self.what}: replies out of step")


def announced(line, host):
    match = PASSIVE.search(line[4:])
    if match:
        n = [int(x) for x in match.groups()]
        return ".".join(map(str, n[:4])), n[4] << 8 | n[5]
    match = EXTENDED.search(line)
    if not match:
        fail(f"no announcement in {line!r}")
    return host, int(match.group(2))


def shape(line):
    """A line without its announcement and the words and blanks that may give way for it."""
    line = PASSIVE.sub("N", line)
    line = EXTENDED.sub("N", line)
    return re.sub(r"[A-Za-z,. ]+", "", line)


def check_text(wording, reply, what):
    """Nothing but announcement, words and blanks may differ from what the server wrote."""
    template = WORDINGS[wording].replace("{n}", "1,2,3,4,5,6").replace("203,0,113,7,{p}", "1,2,3,4,5,6")
    lines = template.replace("{port}", "1").splitlines(keepends=True)
    if wording == "together":
        lines = lines[1:]
    if reply[:-1] != lines[:-1]:
        fail(f"{what}: text before the announcement was touched: {reply!r}")
    if shape(reply[-1]) != shape(lines[-1]):
        fail(f"{what}: {reply[-1]!r} for {lines[-1]!r}")


def deliveries(wording):
    length = len(WORDINGS[wording]) + 10
    cuts = range(1, length) if os.environ.get("EVERY_CUT") else (1, 4, length // 2, length - 3)
    return ["whole", "bytes", "nagle"] + [str(at) for at in cuts]


def main():
    host, port, wordings = sys.argv[1], int(sys.argv[2]), sys.argv[3:] or list(WORDINGS)
    count = 0
    for wording in wordings:
        for delivery in deliveries(wording):
            client = Client(host, port, f"{wording}+{delivery}")
            for _ in range(2):
                client.fetch(wording, delivery)
                count += 1
            reply = client.command("ECHO (10,9,9,9,9,9)")
            if "(10,9,9,9,9,9)" not in reply[0]:
                fail(f"quoted text was touched: {reply!r}")
            client.command("QUIT")
    print(f"{count} transfers")


if __name__ == "__main__":
    main()
