# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests' own clients share: a control connection that believes every announcement."""
import re
import socket
import sys

TIMEOUT = 20


def fail(text):
    sys.exit("FAILED: " + text)


def check(condition, text):
    if not condition:
        fail(text)


class Control:
    """One control connection; say() sends a command and returns the text of its reply."""

    def __init__(self, host, port=21, login=True, own_port=0):
        self.host = host
        self.socket = socket.create_connection((host, port), TIMEOUT, ("", own_port))
        self.file = self.socket.makefile("rb")
        self.reply()
        if login:
            self.say("USER test")
            self.say("PASS test")

    def reply(self):
        lines = []
        while True:
            try:
                line = self.file.readline().decode("latin-1")
            except TimeoutError:
                fail(f"no reply after {lines!r}")
            check(line, f"the control connection was closed after {lines!r}")
            lines.append(line)
            if re.match(r"\d\d\d( |$)", line) and line[:3] == lines[0][:3]:
                return "".join(lines)

    def send(self, text):
        self.socket.sendall(text.encode("latin-1") + b"\r\n")

    def say(self, text):
        self.send(text)
        return self.reply()

    def passive(self):
        """Asks for PASV; returns the announced endpoint."""
        self.send("PASV")
        return self.announced()

    def announced(self):
        reply = self.reply()
        match = re.search(r"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)", reply)
        check(match, f"no announcement in {reply!r}")
        n = [int(x) for x in match.groups()]
        return ".".join(map(str, n[:4])), n[4] << 8 | n[5]

    def connect(self, endpoint):
        try:
            return socket.create_connection(endpoint, 5)
        except OSError as error:
            fail(f"data connection to {endpoint}: {error}")

    def fetch(self, name, data):
        reply = self.say("RETR " + name)
        check(reply.startswith("1"), reply)
        content = b"".join(iter(lambda: data.recv(65536), b""))
        data.close()
        check(self.reply().startswith("226"), "no 226")
        return content

    def download(self, name):
        return self.fetch(name, self.connect(self.passive()))

    def quit(self):
        self.say("QUIT")
        self.socket.close()
