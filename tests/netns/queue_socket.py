#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""queue_socket.py PID QUEUE unbind|shrink: take a running process its queue, or the queue's socket its room.
queue_socket.py 0 QUEUE bind: have the queue until killed.

In that process' network namespace, as root.
"""
import ctypes
import os
import signal
import socket
import struct
import sys

SYS_PIDFD_GETFD = 438
NETLINK_NETFILTER = 12
NLM_F_REQUEST = 1
NFQNL_MSG_CONFIG = 3 << 8 | 2
NFQA_CFG_CMD = 1
NFQNL_CFG_CMD_BIND = 1
NFQNL_CFG_CMD_UNBIND = 2


def owner(queue):
    for line in open("/proc/net/netfilter/nfnetlink_queue"):
        columns = line.split()
        if columns[0] == queue:
            return int(columns[1])
    sys.exit(f"queue {queue} is not bound")


def find_socket(pid, port):
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found = socket.socket(fileno=libc.syscall(SYS_PIDFD_GETFD, pidfd, int(name), 0))
        except OSError:
            continue
        if (found.family, found.proto) == (socket.AF_NETLINK, NETLINK_NETFILTER) and found.getsockname()[0] == port:
            return found
    sys.exit("the queue's socket is not found")


def configure(queue_socket, queue, what):
    command = struct.pack("=HHBBH", 8, NFQA_CFG_CMD, what, 0, 0)
    payload = struct.pack("=BB", 0, 0) + struct.pack(">H", int(queue)) + command
    queue_socket.send(struct.pack("=IHHII", 16 + len(payload), NFQNL_MSG_CONFIG, NLM_F_REQUEST, 0, 0) + payload)


def unbind(queue_socket, queue):
    configure(queue_socket, queue, NFQNL_CFG_CMD_UNBIND)


def bind(queue):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as queue_socket:
        queue_socket.bind((0, 0))
        configure(queue_socket, queue, NFQNL_CFG_CMD_BIND)
        signal.pause()


def shrink(queue_socket, _):
    queue_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)


process, number, what = sys.argv[1:]
if what == "bind":
    bind(number)
{"unbind": unbind, "shrink": shrink}[what](find_socket(int(process), owner(number)), number)
