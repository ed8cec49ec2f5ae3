# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures out of nothing: TCP conversations, link headers, pcap and pcapng."""

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

# Numbers in the files (LINKTYPE_), not libpcap's own.
NULL, ETHERNET, RAW, SLL, IPV4, SLL2 = 0, 1, 101, 113, 228, 276


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_packet(source, destination, seq, ack, flags, payload=b"", options=b"", window=64240):
    """An IP packet; source and destination are (address, port)."""
    src, dst = (ipaddress.ip_address(e[0]) for e in (source, destination))
    header = struct.pack("!HHIIBBHHH", source[1], destination[1], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                         (20 + len(options)) // 4 << 4, flags, window, 0, 0) + options
    size = len(header) + len(payload)
    pseudo = src.packed + dst.packed + struct.pack("!HH", 6, size)
    sum16 = checksum(pseudo + header + payload)
    tcp = header[:16] + struct.pack("!H", sum16) + header[18:] + payload
    if src.version == 6:
        return struct.pack("!IHBB", 0x60000000, size, 6, 64) + src.packed + dst.packed + tcp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 1, 0x4000, 64, 6, 0) + src.packed + dst.packed
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp


def link(linktype, packet, tags=()):
    """A frame of that link type around an IP packet; tags are the EtherTypes of its VLAN tags."""
    carried = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    types = list(tags) + [carried]
    tagged = b"".join(struct.pack("!HH", 7, t) for t in types[1:])
    if linktype == ETHERNET:
        frame = bytes(range(2, 14)) + struct.pack("!H", types[0]) + tagged + packet
        return frame + bytes(max(0, 60 - len(frame)))
    if linktype == SLL:
        return struct.pack("!HHH8sH", 0, 1, 6, bytes(8), types[0]) + tagged + packet
    if linktype == SLL2:
        return struct.pack("!HHIHBB8s", types[0], 0, 2, 1, 0, 6, bytes(8)) + tagged + packet
    if linktype == NULL:
        return struct.pack("<I", 30 if carried == 0x86DD else 2) + packet
    return packet


def unlink(linktype, frame):
    """The IP packet in a frame that link made."""
    if linktype in (ETHERNET, SLL, SLL2):
        at, size = {ETHERNET: (12, 14), SLL: (14, 16), SLL2: (0, 20)}[linktype]
        kind = struct.unpack_from("!H", frame, at)[0]
        while kind in (0x8100, 0x88A8):
            kind = struct.unpack_from("!H", frame, size + 2)[0]
            size += 4
        return frame[size:]
    return frame[4:] if linktype == NULL else frame


class Packet:
    """What a test wants to know of a packet in a capture."""

    def __init__(self, data):
        self.version = data[0] >> 4
        if self.version == 4:
            at, end = (data[0] & 15) * 4, struct.unpack_from("!H", data, 2)[0]
            src, dst = data[12:16], data[16:20]
            if checksum(data[:at]) != 0:
                raise AssertionError("IPv4 header checksum is wrong")
        else:
            at, end = 40, 40 + struct.unpack_from("!H", data, 4)[0]
            src, dst = data[8:24], data[24:40]
        sport, dport, self.seq, self.ack, offset, self.flags = struct.unpack_from("!HHIIBB", data, at)
        self.source = (str(ipaddress.ip_address(src)), sport)
        self.destination = (str(ipaddress.ip_address(dst)), dport)
        self.payload = data[at + (offset >> 4) * 4:end]
        if checksum(src + dst + struct.pack("!HH", 6, end - at) + data[at:end]) != 0:
            raise AssertionError("TCP checksum is wrong")


class Talk:
    """A TCP conversation that writes down its packets.

    service is what the client speaks to; server, where it differs, is who answers: then the capture
    is the queue's view. Every segment is acknowledged at once unless acks is False.
    """

    def __init__(self, client, service, server=None, isn=(1000, 5000), options=b""):
        self.client, self.service, self.server = client, service, server or service
        self.next = {"c": isn[0], "s": isn[1]}
        self.packets = []
        self.acks = True
        self.options = options

    def ends(self, who):
        return (self.client, self.service) if who == "c" else (self.server, self.client)

    def other(self, who):
        return "s" if who == "c" else "c"

    def packet(self, who, payload=b"", seq=None, ack=None, flags=ACK):
        source, destination = self.ends(who)
        seq = self.next[who] if seq is None else seq
        ack = self.next[self.other(who)] if ack is None else ack
        if flags & ACK == 0:
            ack = 0
        self.packets.append(tcp_packet(source, destination, seq, ack, flags, payload, self.options))

    def open(self):
        self.packet("c", flags=SYN)
        self.next["c"] += 1
        self.packet("s", flags=SYN | ACK)
        self.next["s"] += 1
        self.packet("c")
        return self

    def send(self, who, *segments, acked=None):
        for segment in segments:
            segment = segment.encode("latin-1") if isinstance(segment, str) else segment
            self.packet(who, segment, flags=PSH | ACK)
            self.next[who] += len(segment)
            if self.acks if acked is None else acked:
                self.packet(self.other(who))
        return self

    def c(self, *segments, **more):
        return self.send("c", *segments, **more)

    def s(self, *segments, **more):
        return self.send("s", *segments, **more)

    def close(self):
        self.packet("c", flags=FIN | ACK)
        self.next["c"] += 1
        self.packet("s", flags=FIN | ACK)
        self.next["s"] += 1
        self.packet("c")
        return self


def write_pcap(path, packets, linktype=ETHERNET, tags=(), start=1700000000, snap=None, nano=False):
    unit, magic = (1000, 0xA1B23C4D) if nano else (1, 0xA1B2C3D4)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, linktype))
        for i, packet in enumerate(packets):
            frame = link(linktype, packet, tags)
            kept = frame[:snap]
            out.write(struct.pack("<IIII", start + i // 1000, i % 1000 * 1000 * unit, len(kept),
                                  len(frame)) + kept)
    return path


def write_pcapng(path, packets, linktype=ETHERNET):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    with open(path, "wb") as out:
        out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        out.write(block(1, struct.pack("<HHI", linktype, 0, 0)))
        for i, packet in enumerate(packets):
            frame = link(linktype, packet)
            stamp = 1700000000 * 10**6 + i * 1000
            out.write(block(6, struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame),
                                           len(frame)) + frame))
    return path


def read_pcap(path):
    """(linktype, [(time in nanoseconds, frame)])."""
    with open(path, "rb") as file:
        data = file.read()
    magic, _, _, _, _, _, linktype = struct.unpack_from("<IHHiIII", data)
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[magic]
    at, frames = 24, []
    while at < len(data):
        sec, frac, size, wire = struct.unpack_from("<IIII", data, at)
        frames.append((sec * 10**9 + frac * unit, data[at + 16:at + 16 + size]))
        at += 16 + size
    return linktype & 0xFFFF, frames


def stream(packets, source, destination=None):
    """The bytes that source sent, as their receiver puts them together; fails on gaps, and on bytes
    that differ from those sent before unless the receiver has acknowledged them: then it does not
    look at them."""
    pieces, first, acknowledged = {}, None, 0
    for p in packets:
        if p.source != source or destination not in (None, p.destination):
            if first is not None and p.flags & ACK and destination in (None, p.source):
                acknowledged = max(acknowledged, (p.ack - first + 2**31) % 2**32 - 2**31)
            continue
        if p.flags & SYN:
            first = (p.seq + 1) % 2**32
        elif first is None:
            first = p.seq
        start = (p.seq - first + 2**31) % 2**32 - 2**31
        for at, byte in enumerate(p.payload, start):
            if pieces.setdefault(at, byte) != byte and at >= acknowledged:
                raise AssertionError("byte %d of %s was sent with two values" % (at, source))
    if sorted(pieces) != list(range(len(pieces))):
        raise AssertionError("the stream of %s has gaps" % (source,))
    return bytes(pieces[i] for i in range(len(pieces)))
