# SPDX-License-Identifier: GPL-2.0-or-later
"""pair_sessions.py VIP [PORT]: sessions that stay open while directors change, told on standard input what to do.

echo       a connection to PORT, where what is sent comes back
download   an idle FTP session asks for a passive transfer
start      another FTP session begins one, reads a part of it, and says the port of its data connection
finish     reads the rest, its 226, and asks for a small one more
Each answers "done", or what failed.
"""
import socket
import sys

from ftp_client import Control, TIMEOUT, check

BIG = 5000000


def echo():
    connection.sendall(b"one")
    got = b""
    while len(got) < 3:
        data = connection.recv(3)
        check(data, "the connection that echoes was closed")
        got += data


def download():
    check(len(idle.download("big")) == BIG, "not all of it")


def start():
    global data
    data = busy.connect(busy.passive())
    reply = busy.say("RETR big")
    check(reply.startswith("1"), reply)
    check(len(data.recv(1000, socket.MSG_WAITALL)) == 1000, "nothing of it")
    return data.getsockname()[1]


def finish():
    rest = b"".join(iter(lambda: data.recv(65536), b""))
    data.close()
    check(len(rest) == BIG - 1000, f"{len(rest)} bytes of the rest")
    check(busy.reply().startswith("226"), "no 226")
    check(busy.download("small"), "no transfer after it")


vip = sys.argv[1]
connection = socket.create_connection((vip, int(sys.argv[2])), TIMEOUT) if len(sys.argv) > 2 else None
idle, busy = Control(vip), Control(vip)
idle.say("TYPE I")
busy.say("TYPE I")
for line in sys.stdin:
    try:
        answer = {"echo": echo, "download": download, "start": start, "finish": finish}[line.strip()]()
        print("done", answer or "", flush=True)
    except OSError as error:
        print(error, flush=True)
