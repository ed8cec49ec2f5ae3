# SPDX-License-Identifier: GPL-2.0-or-later
"""What failures.sh does as servers and clients. NAME ARGUMENT...; what is to be seen, is printed."""
import os
import select
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
LIMIT = 60


def greet(address):
    """A server that greets and says no more; hundreds of connections cost it no process."""
    listener = socket.create_server((address, 21), backlog=256)
    held = []
    while True:
        connection = listener.accept()[0]
        held.append(connection)
        connection.sendall(b"220 hello\r\n")


def queue_state(pid):
    """Of queue 2100, in that process' namespace: waiting, dropped because it was full."""
    for line in open(f"/proc/{pid}/net/netfilter/nfnetlink_queue"):
        columns = line.split()
        if columns[0] == "2100":
            return int(columns[2]), int(columns[5])
    sys.exit("queue 2100 is not there")


def until(what, condition):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"FAILED: still not: {what}")
        time.sleep(0.05)


def readable(sockets):
    return len(select.select(sockets, [], [], 0)[0])


def begin_connection(address):
    """The handshake waits in the queue, too."""
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(address)
    return connection


def crowd(vip, fail, pid):
    """More connections than the queue takes, while the daemon hangs; then it goes on."""
    sockets = [begin_connection((vip, 21)) for _ in range(100)]
    until("a full queue", lambda: queue_state(pid)[0] == 64)
    before = queue_state(pid)[1]
    if fail == "open":
        until("greetings past the queue", lambda: readable(sockets) >= 36)
        if queue_state(pid)[1] != before:
            sys.exit("FAILED: a full queue has dropped packets")
    else:
        until("dropped packets", lambda: queue_state(pid)[1] >= 36)
        if readable(sockets) != 0:
            sys.exit(f"FAILED: {readable(sockets)} greetings have passed")
    os.kill(int(pid), 18)  # SIGCONT
    until("every greeting", lambda: readable(sockets) == 100)


globals()[sys.argv[1]](*sys.argv[2:])
