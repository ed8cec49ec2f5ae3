#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An FTP server that answers as odd servers of the field do: the user name says which.

usage: field_server.py PORT

SCENARIOS has the replies that differ, by the command's verb; {h} and {p} are the numbers of address and
port, {b} all six with blanks, {a} the address as text, {port} the port, {long} the numbers of RFC 1639. A
line break in one is CR LF. Three names change all lines: NUL before them (but 22x), a TAB behind the code, or
nothing.
Every file is CONTENT.
"""
import ipaddress
import re
import socket
import socketserver
import sys

CONTENT = b"Franz jagt im komplett verwahrlosten Taxi quer durch Bayern.\r\n" * 700

USUAL = "227 Entering Passive Mode ({h},{p})."
EXTENDED = "229 Entering Extended Passive Mode (|||{port}|)"

SCENARIOS = {
    "usual": {},
    # K1: the reader of numbers and codes
    "blanks": {"PASV": "227 Entering Passive Mode ({b})."},
    "dots": {"PASV": "227 Entering Passive Mode {a},{p}"},
    "long": {"PASV": "227 Entering Passive Mode ({h},{p}). " + "x" * 560},
    "low": {},
    "first": {"PASV": "227-Entering Passive Mode ({h},{p})\n227 as said"},
    "nul": {},
    "tab": {},
    "nothing": {},
    # K2: the code answers another command
    "pasv250": {"PASV": "250 Entering Passive Mode ({h},{p})"},
    "pasv200": {"PASV": "200 Entering Passive Mode ({h},{p})"},
    "pasv229": {"PASV": EXTENDED},
    "epsv227": {"EPSV": USUAL},
    "address229": {"EPSV": "229 Entering Extended Passive Mode (|{proto}|{a}|{port}|)"},
    # K3: replies over several lines that end otherwise
    "login220": {"PASS": "230-Welcome\n220 in"},
    "endless": {"CWD": "250-one\n250-two\n250"},
    "folder": {"CWD": "553-\n553- excluded by the precheck\n250 ok"},
    # K4: nothing says that a transfer began
    "silent": {"150": ""},
    # K5: one reply too many
    "twice": {"CWD": "200 OK\n250 changed"},
}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.scenario, self.name, self.refused = {}, "", False
        self.listener, self.target = None, None
        try:
            self.say("220 ready")
            while line := self.rfile.readline():
                verb, _, argument = line.decode("latin-1").rstrip("\r\n").partition(" ")
                verb = verb.upper()
                if verb == "QUIT":
                    self.say("221 bye")
                    return
                getattr(self, "do_" + re.sub("[^A-Z]", "", verb), self.do_other)(verb, argument)
        except ConnectionError:  # some clients leave without a word
            pass

    # ---- replies ----

    def say(self, text):
        if not text:
            return
        lines = text.split("\n")
        if self.name == "nul":
            lines = [line if line.startswith("22") else "\0" + line for line in lines]
        elif self.name == "tab":
            lines = [line[:3] + "\t" + line[4:] for line in lines]
        elif self.name == "nothing":
            lines = [line if line[0:3] in ("227", "229", "257", "213") else line[:3] for line in lines]
        self.wfile.write("".join(line + "\r\n" for line in lines).encode("latin-1"))
        self.wfile.flush()

    def answer(self, what, usual):
        self.say(self.scenario.get(what, usual))

    def do_other(self, verb, _argument):
        self.say("502 what is " + verb)

    # ---- the session ----

    def do_USER(self, _verb, argument):
        self.name = argument
        self.scenario = SCENARIOS.get(argument, {})
        self.say("331 password")

    def do_PASS(self, _verb, _argument):
        self.answer("PASS", "230 in")

    def do_TYPE(self, _verb, _argument):
        self.say("200 ok")

    do_NOOP = do_TYPE

    def do_SYST(self, _verb, _argument):
        self.say("215 UNIX Type: L8")

    def do_PWD(self, _verb, _argument):
        self.say('257 "/"')

    def do_CWD(self, _verb, _argument):
        self.answer("CWD", "250 ok")

    def do_SIZE(self, _verb, _argument):
        self.say(f"213 {len(CONTENT)}")

    def do_MDTM(self, _verb, _argument):
        self.say("213 20200101000000")

    def do_MLSD(self, _verb, _argument):
        self.say("500 no")
        self.refused = True

    # ---- data ----

    def listen(self, verb, usual):
        if self.listener:
            self.listener.close()
        address = ipaddress.ip_address(self.connection.getsockname()[0].partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        port = 990 if self.name == "low" else 0
        self.listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        self.listener.settimeout(30)
        self.target = None
        port = self.listener.getsockname()[1]
        numbers = ",".join(map(str, address.packed))
        v4 = address.version == 4
        high, low = port >> 8, port & 255
        values = {
            "h": numbers if v4 else "0,0,0,0", "p": f"{high},{low}", "port": port, "a": address,
            "b": f"{numbers.replace(',', ', ')}, {high}, {low}", "proto": 1 if v4 else 2,
            "long": f"{4 if v4 else 6},{len(address.packed)},{numbers},2,{high},{low}",
        }
        if self.refused:
            self.say("500 no, again")
            self.refused = False
        self.say(self.scenario.get(verb, usual).format(**values))

    def do_PASV(self, verb, _argument):
        self.listen(verb, USUAL)

    do_CPSV = do_PSW = do_PASV

    def do_EPSV(self, verb, argument):
        if argument.upper() == "ALL":
            self.say("200 ok")
        else:
            self.listen(verb, EXTENDED)

    def do_LPSV(self, verb, _argument):
        self.listen(verb, "228 Entering Long Passive Mode ({long})")

    def connect_to(self, host, port):
        self.target = (host.partition("%")[0], int(port))
        self.say("200 ok")

    def do_PORT(self, _verb, argument):
        n = re.findall(r"\d+", argument)
        self.connect_to(".".join(str(int(x)) for x in n[:4]), int(n[4]) << 8 | int(n[5]))

    def do_EPRT(self, _verb, argument):
        _, _, host, port, _ = argument.split(argument[0])
        self.connect_to(host, port)

    def do_LPRT(self, _verb, argument):
        n = list(map(int, argument.split(",")))
        self.connect_to(str(ipaddress.ip_address(bytes(n[2:2 + n[1]]))), n[-2] << 8 | n[-1])

    def data(self):
        if self.target:
            return socket.create_connection(self.target, 30)
        connection, _ = self.listener.accept()
        return connection

    def do_RETR(self, _verb, _argument):
        data = self.data()
        self.answer("150", "150 here it comes")
        data.sendall(CONTENT)
        data.close()
        self.say("226 done")


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = daemon_threads = True
    request_queue_size = 50


if __name__ == "__main__":
    Server(("::", int(sys.argv[1])), Session).serve_forever()
