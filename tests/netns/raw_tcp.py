# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP client that decides on each byte and header itself.

It says how large its window is, so that a reply stops where it likes; it sends segments whose hop limit
ends at the director, that carry IPv6 extension headers, IP options, or are fragments. The kernel must
not answer for it: its ports are PORTS, and the namespace drops resets from there (QUIET).

What it sends is complete when send() returns, because it waits for the acknowledgement; reading is
up to a condition, with a limit.
"""
import random
import select
import socket
import struct
import time

PORTS = range(10000, 20000)
QUIET = ("table inet raw_tcp { chain output { type filter hook output priority 0; "
         "tcp sport 10000-19999 tcp flags & rst == rst meta mark != 7 drop; }; }")
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
LIMIT = 10


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def options(count):
    """That many empty destination options headers, as a function of what follows."""
    def wrap(protocol, segment):
        for _ in range(count):
            segment = bytes([protocol, 0, 1, 4, 0, 0, 0, 0]) + segment
            protocol = 60
        return protocol, segment
    return wrap


def routing(protocol, segment):
    """A routing header of type 0 that has reached its end: a receiver passes it over."""
    return 43, bytes([protocol, 0, 0, 0, 0, 0, 0, 0]) + segment


def hop_by_hop(protocol, segment):
    return 0, bytes([protocol, 0, 1, 4, 0, 0, 0, 0]) + segment


class RawTcp:
    """One connection. got: all that was received; window: what is offered with each segment; limited: it
    is all that is offered, so that it shrinks with what is received."""

    def __init__(self, host, own, port=21, window=8000, mss=1000):
        self.host, self.own, self.window = host, own, window
        self.v6 = ":" in host
        self.family = socket.AF_INET6 if self.v6 else socket.AF_INET
        self.ports = (random.choice(PORTS), port)
        self.input = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.input.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.output = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.output.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
        if self.v6:
            self.output.setsockopt(socket.IPPROTO_IPV6, 36, 1)  # IPV6_HDRINCL
        self.next = random.getrandbits(32)
        self.acked = self.next
        self.expected = 0
        self.got = b""
        self.over = self.open = self.limited = False
        self.packet(SYN, tcp_options=struct.pack(">BBH", 2, 4, mss))
        self.next = (self.next + 1) & 0xffffffff
        self.until(lambda: self.open, "handshake")

    def close(self):
        self.packet(RST | ACK)
        self.input.close()
        self.output.close()

    # ---- out ----

    def packet(self, flags, data=b"", seq=None, hops=64, wrap=None, fragment=0, tcp_options=b"", urgent=0):
        seq = self.next if seq is None else seq & 0xffffffff
        header = struct.pack(">HHIIBBHHH", *self.ports, seq, self.expected if flags & ACK else 0,
                             (20 + len(tcp_options)) << 2, flags, self.window, 0, urgent) + tcp_options
        length = len(header) + len(data)
        addresses = socket.inet_pton(self.family, self.own) + socket.inet_pton(self.family, self.host)
        pseudo = addresses + (struct.pack(">II", length, 6) if self.v6 else struct.pack(">HH", 6, length))
        total = checksum(pseudo + header + data)
        segment = header[:16] + struct.pack(">H", total) + header[18:] + data
        for packet in (self.ipv6 if self.v6 else self.ipv4)(addresses, segment, hops, wrap, fragment):
            self.output.sendto(packet, (self.host, 0))

    def ipv6(self, addresses, segment, hops, wrap, fragment):
        def packet(protocol, payload):
            return struct.pack(">IHBB", 6 << 28, len(payload), protocol, hops) + addresses + payload
        protocol, payload = wrap(6, segment) if wrap else (6, segment)
        if not fragment:
            yield packet(protocol, payload)
            return
        number = random.getrandbits(32)
        for at in range(0, len(payload), fragment):
            more = at + fragment < len(payload)
            yield packet(44, struct.pack(">BBHI", protocol, 0, at | more, number) + payload[at:at + fragment])

    def ipv4(self, addresses, segment, hops, wrap, fragment):
        extra = wrap if wrap else b""
        number = random.getrandbits(16)
        size = fragment or len(segment)
        for at in range(0, len(segment), size):
            more = 0x2000 if at + size < len(segment) else 0
            part = segment[at:at + size]
            header = struct.pack(">BBHHHBBH", 0x45 + len(extra) // 4, 0, 20 + len(extra) + len(part), number,
                                 more | at >> 3, hops, 6, 0) + addresses + extra
            yield header[:10] + struct.pack(">H", checksum(header)) + header[12:] + part

    def send(self, data, **how):
        """A segment, again until it is acknowledged."""
        seq, end = self.next, (self.next + len(data)) & 0xffffffff
        self.next = end
        deadline = time.monotonic() + LIMIT
        while self.acked != end and not self.over:
            self.packet(ACK | PSH, data, seq=seq, **how)
            self.read(lambda: self.acked == end or self.over, 1)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{data!r} is not acknowledged")

    def acknowledge(self):
        self.packet(ACK)

    # ---- in ----

    def take(self, packet):
        tcp = packet if self.v6 else packet[(packet[0] & 15) * 4:]
        if len(tcp) < 20:
            return
        source, target, seq, ack, offset, flags = struct.unpack(">HHIIBB", tcp[:14])
        if (target, source) != self.ports:
            return
        if flags & RST:
            self.over = True
        elif flags & SYN:
            self.expected = (seq + 1) & 0xffffffff
            self.acked = ack
            self.open = True
            self.acknowledge()
        else:
            self.acked = ack
            self.take_data(seq, tcp[(offset >> 4) * 4:], flags)

    def take_data(self, seq, data, flags):
        known = (self.expected - seq) & 0xffffffff
        fresh = data[known:] if known < len(data) else b""
        if known <= len(data):
            self.expected = (self.expected + len(fresh)) & 0xffffffff
            self.got += fresh
            self.window = max(0, self.window - len(fresh)) if self.limited else self.window
            if flags & FIN and known <= len(data):
                self.expected = (self.expected + 1) & 0xffffffff
                self.over = True
        if data or flags & FIN:
            self.acknowledge()

    def read(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.input], [], [], left)[0]:
                return False
            self.take(self.input.recv(65536))
        return True

    def until(self, condition, what, seconds=LIMIT):
        if not self.read(lambda: condition() or self.over, seconds):
            raise TimeoutError(f"{what}: after {self.got[-200:]!r}")
