#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stray_segment.py ADDRESS PORT: sends an ACK of no connection until it is answered by a RST, as TCP sends again."""
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


address, port = sys.argv[1], int(sys.argv[2])
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.connect((address, port))
source = own.getsockname()[0]
head = struct.pack("!HHIIBBHHH", 40000, port, 1, 1, 5 << 4, 0x10, 1000, 0, 0)
pseudo = socket.inet_aton(source) + socket.inet_aton(address) + struct.pack("!BBH", 0, 6, len(head))
head = head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
raw.settimeout(1)
for _ in range(20):
    raw.sendto(head, (address, 0))
    try:
        while True:
            packet = raw.recv(100)
            segment = packet[(packet[0] & 15) * 4:]
            if segment[:4] == struct.pack("!HH", port, 40000) and segment[13] & 4:
                sys.exit()
    except TimeoutError:
        pass
sys.exit("no RST")
