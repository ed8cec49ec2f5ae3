#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An FTP server that answers PASV and EPSV in the ways that the user name asks for.

usage: odd_server.py ADDRESS PORT [CERTIFICATE]

The user name is WORDING+DELIVERY, both from the tables below, or WORDING+DELIVERY+PORT: then it listens
on that port. Every transfer sends the same text.
"""
import socket
import socketserver
import ssl
import sys

CONTENT = b"The quick brown fox jumps over the lazy dog.\r\n" * 1000

WORDINGS = {
    "usual": "227 Entering Passive Mode ({n}).\r\n",
    "bare": "227 {n}\r\n",
    "tight": "227 ({n})\r\n",
    "equals": "227 Entering Passive Mode ={n}\r\n",
    "words": "227 at your service, {n}, and welcome   \r\n",
    "lf": "227 Entering Passive Mode ({n})\n",
    "multiline": "227-Before you ask\r\n 227 (10,9,9,9,9,9)\r\n227-(10,9,9,9,9,9)\r\n227 Entering Passive Mode ({n})\r\n",
    "foreign": "227 Entering Passive Mode (203,0,113,7,{p})\r\n",
    "together": "200 before\r\n227 Entering Passive Mode ({n}).\r\n",
    "telnet": "\xff\xf1227 Entering Passive Mode ({n}).\r\n",
    "extended": "229 Entering Extended Passive Mode (|||{port}|)\r\n",
    "hash": "229 Extended (###{port}#)\r\n",
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode("latin-1"))
        self.wfile.flush()

    def use(self, connection):
        self.connection = connection
        self.rfile = connection.makefile("rb")
        self.wfile = connection.makefile("wb")

    def deliver(self, text):
        data = text.encode("latin-1")
        how = self.delivery
        if how == "whole":
            pieces = [data]
        elif how in ("bytes", "nagle"):
            pieces = [data[i:i + 1] for i in range(len(data))]
        else:
            at = int(how)
            pieces = [data[:at], data[at:]]
        nodelay = 0 if how == "nagle" else 1
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        for piece in pieces:
            if piece:
                self.connection.sendall(piece)

    def passive(self):
        if self.listener:
            self.listener.close()
        address = self.connection.getsockname()[0]
        self.listener = socket.create_server((address, self.port), family=self.connection.family)
        port = self.listener.getsockname()[1]
        p = f"{port >> 8},{port & 255}"
        n = address.replace(".", ",") + "," + p
        self.deliver(WORDINGS[self.wording].format(n=n, p=p, port=port))

    def retrieve(self):
        self.listener.settimeout(30)
        data, _ = self.listener.accept()
        self.say("150 here it comes\r\n")
        data.sendall(CONTENT)
        data.close()
        self.say("226 done\r\n")

    def handle(self):
        self.listener = None
        self.wording, self.delivery, self.port = "usual", "whole", 0
        self.say("220-Welcome\r\n227 Entering Passive Mode (10,9,9,9,9,9)\r\n220 ready\r\n")
        while line := self.rfile.readline():
            verb, _, argument = line.decode("latin-1").strip().partition(" ")
            verb = verb.upper()
            if verb == "USER":
                self.wording, self.delivery, *port = argument.split("+")
                self.port = int(port[0]) if port else 0
                self.say("230 in\r\n")
            elif verb in ("PASV", "EPSV"):
                self.passive()
            elif verb == "RETR":
                self.retrieve()
            elif verb == "ECHO":
                self.say(f"500 '227 Entering Passive Mode {argument}' not understood\r\n")
            elif verb == "AUTH" and argument.upper() == "TLS":
                self.say("234 go on\r\n")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[3])
                self.use(context.wrap_socket(self.connection, server_side=True))
            elif verb == "AUTH":
                self.say("504 no such mechanism\r\n")
            elif verb == "CCC":
                self.say("200 in clear text\r\n")
                self.use(self.connection.unwrap())
            elif verb == "UNSOLICITED":
                self.say("227 Entering Passive Mode (10,0,0,2,200,200).\r\n")
            elif verb == "QUIT":
                self.say("221 bye\r\n")
                return
            else:
                self.say(f"502 {verb}?\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    if ":" in sys.argv[1]:
        Server.address_family = socket.AF_INET6
    Server((sys.argv[1], int(sys.argv[2])), Session).serve_forever()
