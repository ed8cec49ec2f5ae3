# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends packets in the name of others, whose sequence numbers it does not know.

usage: strangers.py forge VIP        in a session whose text changes its length; transfers go on
       strangers.py flood VIP COUNT  handshakes that nobody ends, beside two sessions that go on

Always the same numbers: they come from a fixed seed.
"""
import random
import socket
import struct
import sys

from ftp_client import Control, check

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data if len(data) % 2 == 0 else data[:-1]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Forger:
    def __init__(self, vip):
        self.vip = vip
        self.random = random.Random(20)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, source, port, flags, text=b"", seq=None, ack=None):
        seq = self.random.getrandbits(32) if seq is None else seq
        ack = self.random.getrandbits(32) if ack is None else ack
        ends = socket.inet_aton(source) + socket.inet_aton(self.vip)
        tcp = struct.pack("!HHIIBBHHH", port, 21, seq, ack if flags & ACK else 0, 5 << 4, flags, 64240, 0, 0) + text
        total = checksum(ends + struct.pack("!BBH", 0, 6, len(tcp)) + tcp)
        tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
        # Length, identification and checksum are filled in by the kernel.
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, 6, 0) + ends
        self.raw.sendto(ip + tcp, (self.vip, 0))


def odd_session(vip):
    """The announcement is longer than the server's, so that the two ends count differently."""
    session = Control(vip, login=False)
    session.say("USER tight+whole")
    session.download("x")
    return session


def forge(vip):
    session = odd_session(vip)
    forger = Forger(vip)
    source, port = session.socket.getsockname()
    for what, count, flags, text in (
            ("RST", 6, RST, b""), ("RST with ACK", 6, RST | ACK, b""), ("FIN", 6, FIN | ACK, b""),
            ("text", 20, PSH | ACK, b"QUIT\r\n"), ("acknowledgements", 20, ACK, b"")):
        for _ in range(count):
            forger.send(source, port, flags, text)
        session.download("x")
        print("a transfer after", count, what)
    seq = forger.random.getrandbits(32)
    for _ in range(20):
        forger.send(source, port, PSH | ACK, b"PASV\r\n", seq)
    session.download("x")
    print("a transfer after the same segment 20 times")
    session.quit()


def flood(vip, count):
    sessions = [odd_session(vip) for _ in range(2)]
    forger = Forger(vip)
    for i in range(count):
        forger.send(f"198.18.{i >> 8 & 255}.{i & 255}", 1024 + i % 60000, SYN)
    for session in sessions:
        session.download("x")
    check(odd_session(vip), "a new session")
    print(f"{count} made-up handshakes")


if __name__ == "__main__":
    if sys.argv[1] == "forge":
        forge(sys.argv[2])
    else:
        flood(sys.argv[2], int(sys.argv[3]))
