#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ftpalg-replay on captures made here. REPLAY names the program."""

import functools
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import frames
from frames import Packet, Talk

REPLAY = os.environ.get("REPLAY", "src/replay/ftpalg-replay")
TSHARK = shutil.which("tshark")

CLIENT = ("198.51.100.7", 40000)
VIP = ("192.0.2.10", 21)
RS = ("10.0.0.1", 21)
CLIENT6 = ("2001:db8:1::7", 40000)
VIP6 = ("2001:db8::10", 21)
RS6 = ("fd00::1", 21)

PASV_REPLY = "227 Entering Passive Mode (10,0,0,1,195,80).\r\n"
PASV_SHOWN = "227 Entering Passive Mode (192,0,2,10,195,80)."
BARE_REPLY = "227 10,0,0,1,195,80\r\n"

TSHARK_WARN = 0x600000


class Result:
    def __init__(self, process, out):
        self.status = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.linktype, self.frames = (None, [])
        if out is not None and os.path.exists(out):
            self.linktype, self.frames = frames.read_pcap(out)

    @functools.cached_property
    def events(self):
        return [json.loads(line) for line in self.stdout.decode("ascii").splitlines()]

    def texts(self, event):
        return [e["text"] for e in self.events if e["event"] == event]

    @functools.cached_property
    def packets(self):
        return [Packet(frames.unlink(self.linktype, f)) for _, f in self.frames]

    @functools.cached_property
    def by_end(self):
        ends = {}
        for p in self.packets:
            for end in (p.source, p.destination):
                ends.setdefault(end, []).append(p)
        return ends

    def stream(self, source, destination=None):
        packets = self.packets
        if destination is not None:
            packets = min(self.by_end[source], self.by_end[destination], key=len)
        return frames.stream(packets, source, destination).decode("latin-1")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ftpalg-replay.")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_on(self, path, *options, out=True, env=None):
        out = self.path("out.pcap") if out else None
        command = [REPLAY, *options, path] + ([out] if out else [])
        process = subprocess.run(command, capture_output=True, timeout=300)
        self.assertIn(process.returncode, (0, 1, 2), process.stderr.decode("latin-1"))
        self.assertNotIn(b"Sanitizer", process.stderr)
        self.assertNotIn(b"runtime error", process.stderr)
        return Result(process, out)

    def play(self, packets, *options, **how):
        result = self.run_on(frames.write_pcap(self.path("in.pcap"), packets, **how), "-j", *options)
        self.assertEqual(result.status, 0, result.stderr)
        return result

    def expert(self, path):
        """The kinds of what tshark warns of: checksums, lost and unseen segments, headers."""
        done = subprocess.run(
            [TSHARK, "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
             "-Y", "_ws.expert.severity >= %d || _ws.malformed" % TSHARK_WARN,
             "-T", "fields", "-e", "_ws.expert.message"],
            capture_output=True, check=True)
        return set(done.stdout.decode().splitlines())

    def assert_clean(self, result):
        """tshark warns of nothing in the output that it does not warn of in the input."""
        if TSHARK is not None:
            warnings = self.expert(self.path("out.pcap"))
            if warnings:
                warnings -= self.expert(self.path("in.pcap"))
            self.assertEqual(warnings, set())


def session(client=CLIENT, service=VIP, server=None, **more):
    return Talk(client, service, server, **more).open().s("220 ready\r\n")


class Decisions(Case):
    def test_passive_reply_names_the_service(self):
        talk = session(server=RS).c("PASV\r\n").s(PASV_REPLY).close()
        result = self.play(talk.packets)
        self.assertEqual(result.texts("session"), ["-> 192.0.2.10:21 -> 10.0.0.1:21"])
        self.assertEqual(result.texts("client"), ["PASV"])
        self.assertEqual(result.texts("server"), ["220 ready", PASV_REPLY.rstrip()])
        self.assertEqual(len(result.texts("becomes")), 1)
        self.assertIn("(192,0,2,10,195,80)", result.texts("becomes")[0])
        self.assertEqual(result.texts("opening"),
                         ["PASV 198.51.100.7 -> 192.0.2.10:50000 -> 10.0.0.1:50000"])
        self.assertEqual(result.texts("reason"), [])
        self.assertIn("(192,0,2,10,195,80)", result.stream(RS))
        self.assertEqual(len(result.stream(RS)), len("220 ready\r\n" + PASV_REPLY))
        self.assert_clean(result)

    def test_server_side_capture_with_the_service_named(self):
        talk = session(service=RS).c("PASV\r\n").s(PASV_REPLY)
        result = self.play(talk.packets, "-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
        self.assertEqual(result.texts("opening"),
                         ["PASV 198.51.100.7 -> 192.0.2.10:50000 -> 10.0.0.1:50000"])
        self.assertIn("(192,0,2,10,195,80)", result.stream(RS))

    def test_real_server_before_its_service_on_the_command_line(self):
        talk = session(service=RS).c("PASV\r\n").s(PASV_REPLY)
        result = self.play(talk.packets, "-r", "10.0.0.1:21", "-s", "[2001:db8::10]:21",
                           "-s", "192.0.2.10:21")
        self.assertIn("(192,0,2,10,195,80)", result.stream(RS))

    def test_server_side_capture_with_nothing_named_is_unchanged(self):
        talk = session(service=RS).c("PASV\r\n").s(PASV_REPLY)
        result = self.play(talk.packets)
        self.assertEqual(result.stream(RS), "220 ready\r\n" + PASV_REPLY)
        self.assertEqual([f for _, f in result.frames],
                         [frames.link(frames.ETHERNET, p) for p in talk.packets])

    def test_client_side_capture_uses_the_only_real_server(self):
        talk = session().c("PASV\r\n").s(PASV_REPLY)
        result = self.play(talk.packets, "-s", "192.0.2.10:21", "-r", "10.0.0.9:2121")
        self.assertEqual(result.texts("opening"),
                         ["PASV 198.51.100.7 -> 192.0.2.10:50000 -> 10.0.0.9:50000"])

    def test_greeting_names_the_server_on_an_odd_port(self):
        talk = session(service=("10.0.0.1", 2121)).c("PASV\r\n").s(PASV_REPLY)
        self.assertEqual(self.play(talk.packets).texts("session"), ["-> 10.0.0.1:2121"])

    def test_greeting_names_the_server_without_a_handshake(self):
        talk = session(service=("10.0.0.1", 2121)).c("PASV\r\n").s(PASV_REPLY)
        self.assertEqual(self.play(talk.packets[3:]).texts("session"), ["-> 10.0.0.1:2121"])

    def test_mail_is_not_ftp(self):
        talk = session(service=("10.0.0.1", 25)).c("EHLO x\r\n")
        result = self.run_on(frames.write_pcap(self.path("in.pcap"), talk.packets), "-j")
        self.assertEqual(result.status, 0)
        self.assertEqual([e["event"] for e in result.events], ["totals"])
        self.assertIn(b"-s", result.stderr)

    def test_services_named_leave_others_alone(self):
        talk = session(server=RS).c("PASV\r\n").s(PASV_REPLY)
        self.assertEqual(self.play(talk.packets, "-s", "192.0.2.99:21").texts("session"), [])

    def test_extended_passive_over_ipv6(self):
        talk = session(CLIENT6, VIP6, RS6).c("EPSV 2\r\n")
        talk.s("229 Entering Extended Passive Mode (|||50000|)\r\n")
        result = self.play(talk.packets, "-p", "60000-60009")
        shown = result.events
        opening = [e for e in shown if e["event"] == "opening"][0]
        self.assertEqual(opening["mode"], "EPSV")
        self.assertEqual(opening["target"], "[fd00::1]:50000")
        port = int(opening["service"].rsplit(":", 1)[1])
        self.assertIn(port, range(60000, 60010))
        self.assertIn("(|||%d|)" % port, result.stream(RS6))
        self.assert_clean(result)

    def test_active_mode(self):
        talk = session(server=RS).c("PORT 198,51,100,7,200,1\r\n", "EPRT |1|198.51.100.7|51202|\r\n")
        result = self.play(talk.packets)
        self.assertEqual(result.texts("opening"),
                         ["PORT 10.0.0.1 as 192.0.2.10 -> 198.51.100.7:51201",
                          "EPRT 10.0.0.1 as 192.0.2.10 -> 198.51.100.7:51202"])
        refused = self.play(talk.packets, "--no-active")
        self.assertEqual(refused.texts("opening"), [])
        self.assertEqual([e["reason"] for e in refused.events if e["event"] == "reason"],
                         ["active_refused"] * 2)

    def test_port_of_another_host_is_refused_with_its_reason(self):
        talk = session(server=RS).c("PORT 203,0,113,9,200,1\r\n")
        result = self.play(talk.packets)
        self.assertEqual(result.texts("opening"), [])
        self.assertEqual([e["reason"] for e in result.events if e["event"] == "reason"],
                         ["address_foreign"])

    def test_deny_tls(self):
        talk = session(server=RS).c("AU", "TH TLS\r\n").s("500 ?\r\n").close()
        result = self.play(talk.packets, "--deny-tls")
        self.assertEqual(result.stream(CLIENT), "AUTH XXX\r\n")
        self.assertEqual(result.texts("becomes"), ["AUTH XXX"])
        self.assert_clean(result)

    def test_encrypted_text_is_not_shown(self):
        talk = session(server=RS).c("AUTH TLS\r\n").s("234 go\r\n").c("\x16\x03\x01 secret")
        result = self.play(talk.packets)
        self.assertNotIn(b"secret", result.stdout)
        self.assertEqual(len(result.texts("tls")), 1)
        self.assertEqual([f for _, f in result.frames],
                         [frames.link(frames.ETHERNET, p) for p in talk.packets])

    def test_both_sides_of_the_director_in_one_capture(self):
        outer = session(service=VIP).c("PASV\r\n").s(PASV_REPLY).packets
        inner = session(service=RS).c("PASV\r\n").s(PASV_REPLY).packets
        both = []
        for a, b in zip(outer, inner):
            both += [a, b] if Packet(a).source == CLIENT else [b, a]
        result = self.play(both)
        self.assertEqual(result.texts("session"), ["-> 192.0.2.10:21 -> 10.0.0.1:21"])
        self.assertEqual(len(result.texts("opening")), 1)
        self.assertEqual(result.texts("client"), ["PASV"])
        self.assertEqual(result.stream(VIP), result.stream(RS))
        self.assertIn("(192,0,2,10,195,80)", result.stream(VIP))
        self.assert_clean(result)

    def test_queue_view_picked_up_midway(self):
        talk = session(server=RS).c("PASV\r\n").s(PASV_REPLY)
        result = self.play(talk.packets[5:], "-s", "192.0.2.10:21", "-r", "10.0.0.1:21",
                           "-r", "10.0.0.2:21")
        self.assertEqual(len(result.texts("session")), 1)
        self.assertIn("(192,0,2,10,195,80)", result.stream(RS))


def queued(packets):
    """What the daemon's queue gets of them."""
    parsed = [(Packet(p), p) for p in packets]
    return [raw for p, raw in parsed
            if p.payload or p.flags & (frames.FIN | frames.RST) or
            p.flags & (frames.SYN | frames.ACK) == frames.SYN | frames.ACK]


class Sessions(Case):
    ROLES = ("-s", "192.0.2.10:21", "-r", "10.0.0.1:21", "-r", "10.0.0.2:21")

    def reasons(self, result):
        return [e["reason"] for e in result.events if e["event"] == "reason"]

    def test_of_a_session_whose_handshake_is_there_nothing_was_missed(self):
        talk = Talk(CLIENT, VIP, RS).open().s("welcome\r\n", PASV_REPLY).close()
        for packets in (talk.packets, queued(talk.packets)):
            result = self.play(packets, *self.ROLES)
            self.assertEqual(result.texts("opening"), [])
            self.assertEqual(self.reasons(result), ["reply_unsolicited"])
            self.assertEqual([e["frame"] for e in result.events if e["event"] == "session"],
                             [1 + packets.index(talk.packets[1])])

    def test_without_a_handshake_a_request_may_have_been_missed(self):
        """Nobody knows: it is answered where the operator has named the server's ports."""
        talk = Talk(CLIENT, VIP, RS).open().s("welcome\r\n", PASV_REPLY).close()
        result = self.play(talk.packets[3:], *self.ROLES)
        self.assertEqual(result.texts("opening"), [])
        self.assertEqual(self.reasons(result), ["reply_doubtful"])
        result = self.play(talk.packets[3:], *self.ROLES, "--server-ports", "1024-65535")
        self.assertEqual(len(result.texts("opening")), 1)
        self.assertEqual(self.reasons(result), [])

    def comes_again(self, view, *roles):
        """A session that died within a reply, and another one of the same client's port."""
        first = session(server=RS).c("PASV\r\n").s("227 Ent", acked=False)
        second = session(server=RS, isn=(77000, 99000)).c("PASV\r\n").s(PASV_REPLY).close()
        result = self.play(view(first.packets) + queued(second.packets), *roles)
        self.assertEqual(result.texts("session"), ["-> 192.0.2.10:21 -> 10.0.0.1:21"] * 2)
        self.assertEqual(result.texts("server"), ["220 ready", "227 Ent...", "220 ready",
                                                  PASV_REPLY.rstrip()])
        self.assertEqual(self.reasons(result), [])
        self.assertEqual(len(result.texts("opening")), 1)
        self.assertEqual(result.texts("dropped"), [])
        self.assertIn(b"(192,0,2,10,195,80)", b"".join(p.payload for p in result.packets))

    def test_client_that_comes_again_as_the_queue_sees_it(self):
        self.comes_again(queued, *self.ROLES)

    def test_client_that_comes_again_to_the_service_of_before(self):
        self.comes_again(list)

    def test_client_that_comes_again_to_another_real_server(self):
        first = session(server=RS).c("PASV\r\n")
        second = session(server=("10.0.0.2", 21), isn=(77000, 99000)).c("PASV\r\n").s(PASV_REPLY)
        for view in (list, queued):
            result = self.play(view(first.packets) + view(second.packets), *self.ROLES)
            self.assertEqual(result.texts("session"), ["-> 192.0.2.10:21 -> 10.0.0.1:21",
                                                       "-> 192.0.2.10:21 -> 10.0.0.2:21"])
            self.assertEqual(result.texts("opening"),
                             ["PASV 198.51.100.7 -> 192.0.2.10:50000 -> 10.0.0.2:50000"])

    def test_handshake_repeated_with_other_numbers_counts_from_these(self):
        talk = Talk(CLIENT, VIP, RS)
        talk.packet("c", flags=frames.SYN)
        talk.next["c"] += 1
        for number in (5000, 9000):
            talk.packet("s", seq=number, flags=frames.SYN | frames.ACK)
        talk.next["s"] = 9001
        talk.packet("c")
        talk.s("220 ready\r\n").c("PASV\r\n").s(PASV_REPLY)
        result = self.play(talk.packets, *self.ROLES)
        self.assertEqual(self.reasons(result), [])
        self.assertEqual(len(result.texts("opening")), 1)

    def test_handshake_repeated_late_begins_nothing(self):
        talk = session(server=RS).c("PASV\r\n")
        talk.packets.append(talk.packets[1])
        talk.s(PASV_REPLY)
        result = self.play(talk.packets, *self.ROLES)
        self.assertEqual(result.texts("server"), ["220 ready", PASV_REPLY.rstrip()])
        self.assertEqual(self.reasons(result), [])
        self.assertEqual(len(result.texts("opening")), 1)

    def test_flags_of_a_handshake_from_the_client_begin_nothing(self):
        talk = session(server=RS).c("PASV\r\nPASV\r\n")
        talk.packet("c", seq=7, flags=frames.SYN | frames.ACK)
        result = self.play(talk.s(PASV_REPLY, PASV_REPLY).packets, *self.ROLES)
        self.assertEqual(len(result.texts("session")), 1)
        self.assertEqual(self.reasons(result), [])

    def test_real_server_that_shows_itself_late(self):
        talk = session(server=RS).c("PASV\r\nPASV\r\n").s(PASV_REPLY, PASV_REPLY.replace("80", "81"))
        result = self.play(talk.packets[5:], *self.ROLES)
        self.assertEqual(self.reasons(result), [])
        self.assertEqual(result.texts("opening"),
                         ["PASV 198.51.100.7 -> 192.0.2.10:%d -> 10.0.0.1:%d" % (port, port)
                          for port in (50000, 50001)])

    def test_end_that_comes_early_waits_for_what_is_before_it(self):
        talk = session(server=RS).c("QUIT\r\n").s("221 bye\r\n")
        bye = talk.packets[-2:]
        talk.packet("s", flags=frames.FIN | frames.ACK)
        talk.packets[-3:] = [talk.packets[-1], *bye]
        result = self.play(talk.packets, *self.ROLES)
        self.assertEqual(self.reasons(result), ["out_of_order"])
        ours = [p for p in result.packets if p.source == RS]
        self.assertEqual([p.flags & frames.FIN for p in ours[-2:]], [0, frames.FIN])
        self.assertEqual(ours[-1].seq, ours[-2].seq + len("221 bye\r\n"))

    def test_end_behind_what_the_capture_misses_is_there(self):
        talk = session(server=RS).c("QUIT\r\n").s("221 bye\r\n").close()
        packets = [p for p in talk.packets if b"221" not in p]
        result = self.play(packets, *self.ROLES)
        self.assertEqual(len(result.frames), len(packets))


class Ports(Case):
    def two_sessions(self, between=()):
        first = session(server=RS).c("PASV\r\n").s(PASV_REPLY).packets
        second = Talk((CLIENT[0], 40001), VIP, ("10.0.0.2", 21)).open().s("220 ready\r\n")
        second.c("PASV\r\n").s(PASV_REPLY.replace("10,0,0,1", "10,0,0,2"))
        return first + list(between) + second.packets

    def openings(self, result):
        return [e["service"] for e in result.events if e["event"] == "opening" and e["made"]]

    def test_port_of_another_opening_is_not_given_twice(self):
        result = self.play(self.two_sessions())
        openings = self.openings(result)
        self.assertEqual(openings[0], "192.0.2.10:50000")
        self.assertNotEqual(openings[1], "192.0.2.10:50000")
        self.assert_clean(result)

    def test_another_port_is_the_nearest_one(self):
        self.assertEqual(self.openings(self.play(self.two_sessions())),
                         ["192.0.2.10:50000", "192.0.2.10:50001"])

    def test_another_port_is_of_the_servers_range(self):
        result = self.play(self.two_sessions(), "--server-ports", "49000-50000")
        self.assertEqual(self.openings(result), ["192.0.2.10:50000", "192.0.2.10:49999"])

    def test_port_outside_of_the_servers_range_is_not_opened(self):
        talk = session(server=RS).c("PASV\r\n").s(PASV_REPLY).close()
        for ports, opened in (("50000-50000", True), ("49000-49999", False), ("50001-65535", False)):
            result = self.play(talk.packets, "--server-ports", ports)
            self.assertEqual(len(self.openings(result)), opened)
            self.assertEqual([e["reason"] for e in result.events if e["event"] == "reason"],
                             [] if opened else ["port_closed"])
            self.assertIn("192,0,2,10" if opened else "10,0,0,1", result.stream(RS))

    def test_privileged_port_is_opened_inside_the_servers_range(self):
        talk = session(server=RS).c("PASV\r\n").s("227 ok (10,0,0,1,0,20).\r\n").close()
        self.assertEqual(self.openings(self.play(talk.packets)), [])
        self.assertEqual(self.openings(self.play(talk.packets, "--server-ports", "20-20")), ["192.0.2.10:20"])

    def test_port_is_free_again_when_its_data_connection_came(self):
        data = Talk((CLIENT[0], 40002), ("192.0.2.10", 50000)).open().packets
        result = self.play(self.two_sessions(data))
        self.assertEqual(self.openings(result), ["192.0.2.10:50000"] * 2)
        self.assertEqual(result.texts("data"), ["198.51.100.7:40002 -> 192.0.2.10:50000"])

    def test_data_connection_on_the_real_servers_side(self):
        data = Talk((CLIENT[0], 40002), ("10.0.0.1", 50000)).open().packets
        result = self.play(self.two_sessions(data))
        self.assertEqual(len(result.texts("data")), 1)

    def test_data_that_begins_like_a_greeting_is_not_ftp(self):
        data = Talk((CLIENT[0], 40002), ("10.0.0.1", 50000)).open().s("220 lines\r\n").packets
        self.assertEqual(len(self.play(self.two_sessions(data)).texts("session")), 2)

    def test_exhausted_range(self):
        result = self.play(self.two_sessions(), "-p", "50000-50000")
        self.assertEqual(self.openings(result), ["192.0.2.10:50000"])
        self.assertIn("ports_exhausted", [e.get("reason") for e in result.events])
        self.assertIn("10,0,0,2,195,80", result.stream(("10.0.0.2", 21)))

    def test_exhausted_range_fails_closed(self):
        result = self.play(self.two_sessions(), "-p", "50000-50000", "--fail-closed")
        self.assertEqual(result.stream(("10.0.0.2", 21)), "220 ready\r\n")
        self.assertEqual(len(result.texts("dropped")), 1)


    def test_openings_of_a_dropped_packet_are_undone(self):
        talk = session(server=RS).c("PASV\r\nPASV\r\n")
        first = talk.s(BARE_REPLY + "227 10,0,0,1,195,81\r\n").packets
        second = Talk((CLIENT[0], 40001), VIP, ("10.0.0.2", 21)).open().s("220 ready\r\n")
        second.c("PASV\r\n").s(PASV_REPLY.replace("10,0,0,1", "10,0,0,2"))
        result = self.play(first + second.packets, "-p", "50000-50000", "--fail-closed")
        self.assertEqual([e["client"] for e in result.events if e["event"] == "opening" and e["made"]],
                         ["198.51.100.7:40001"])


class Shown(Case):
    def test_passwords_are_not_shown(self):
        for line in ("PASS s3cret", "pass s3cret", "PASS  s3cret ", "PA\xff\xf1SS s3cret", " PASS s3cret",
                     "ACCT s3cret", "\0PASS s3cret", "NOOP\rPASS s3cret", "NOOP\r\0pass s3cret",
                     "NOOP\xff\xfbPPASS s3cret", "ADAT s3cret", "SITE PSWD s3cret"):
            with self.subTest(line=line):
                for cut in range(len(line) + 2):
                    raw = line + "\r\n"
                    talk = session(server=RS).c(*[p for p in (raw[:cut], raw[cut:]) if p])
                    result = self.play(talk.packets)
                    self.assertNotIn(b"s3cret", result.stdout)
                    self.assertEqual(len(result.texts("client")), 1)
                    self.assertTrue(result.texts("client")[0].endswith(" ****"))

    def test_end_of_a_password_is_not_shown(self):
        talk = session(server=RS).c("PASS s3c", "ret\r\n")
        gone = [p for p in talk.packets if b"PASS" not in p]
        self.assertNotIn(b"ret", self.play(gone).stdout.replace(b"secret", b""))
        talk = session(server=RS).c("NOOP\r\n", "PASS s3c", "ret\r\n").s("200 ok\r\n")
        gone = [p for p in talk.packets if b"PASS" not in p]
        result = self.play(gone)
        self.assertEqual(result.texts("client")[0], "NOOP")
        self.assertNotIn("ret", "".join(result.texts("client")[1:]).replace("rest of", ""))
        self.assertEqual(len(result.texts("client")), 2)
        midway = [p for p in talk.packets if b"ret\r\n" in p]
        self.assertNotIn(b"ret\\", self.play(midway).stdout)
        unfinished = [p for p in talk.packets if b"ret\r\n" not in p]
        self.assertNotIn(b"s3c", self.play(unfinished).stdout)

    def test_no_control_character_reaches_the_terminal(self):
        nasty = "".join(map(chr, range(256))).replace("\n", "")
        talk = session(server=RS).c("X" + nasty + "\r\n").s("500 " + nasty + "\r\n")
        talk.s("\x1b]0;owned\x07\r\n")
        path = frames.write_pcap(self.path("in.pcap"), talk.packets)
        for options in ((), ("-j",)):
            out = self.run_on(path, *options).stdout
            self.assertEqual([b for b in out if b != 10 and not 32 <= b < 127], [])

    def test_long_lines_are_cut_in_what_is_shown_only(self):
        line = "STAT " + "x" * 5000 + "\r\n"
        talk = session(server=RS).c(*[line[i:i + 1000] for i in range(0, len(line), 1000)])
        result = self.play(talk.packets)
        self.assertTrue(result.texts("client")[0].endswith("..."))
        self.assertLess(len(result.texts("client")[0]), 600)
        self.assertEqual(result.stream(CLIENT), line)

    def test_text_for_people(self):
        talk = session(server=RS).c("PASV\r\n").s(PASV_REPLY)
        result = self.run_on(frames.write_pcap(self.path("in.pcap"), talk.packets))
        self.assertIn(b"opening  PASV 198.51.100.7 -> 192.0.2.10:50000 -> 10.0.0.1:50000\n",
                      result.stdout)
        self.assertIn(b" 1 openings; 1 frames rewritten", result.stdout)


class Streams(Case):
    """Whatever the segments, the client gets the server's stream with the address replaced."""

    ROLES = ("-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
    AFTER = "150 ok\r\n226 done\r\n"

    def begin(self, n=0, **more):
        """The n-th of several conversations in one capture, each of a client of its own."""
        client = ("198.51.%d.%d" % (100 + n // 200, 1 + n % 200), 40000)
        return session(client, RS, **more)

    def finish(self, talk):
        return talk.c("LIST\r\n").s("150 ok\r\n", "226 done\r\n").close()

    def dialogue(self, segments, n=0, **more):
        return self.finish(self.begin(n, **more).c("PASV\r\n").s(*segments))

    def expect(self, *talks):
        """Plays the conversations in one capture; each has one passive opening."""
        result = self.play(sum((t.packets for t in talks), []), *self.ROLES)
        for n, talk in enumerate(talks):
            with self.subTest(n=n):
                self.assertEqual(len([e for e in result.events if e["event"] == "opening" and
                                      e["client"] == "%s:%d" % talk.client]), 1)
                got = result.stream(RS, talk.client)
                self.assertIn("192,0,2,10,195,80", got)
                self.assertTrue(got.startswith("220 ready\r\n227 "), got)
                self.assertTrue(got.endswith("\r\n" + self.AFTER), got)
                self.assertEqual(result.stream(talk.client, RS), "PASV\r\nLIST\r\n")
        self.assert_clean(result)
        return result

    def test_reply_split_at_every_place(self):
        for reply in (PASV_REPLY, BARE_REPLY):
            self.expect(*[self.dialogue((reply[:cut], reply[cut:]), cut)
                          for cut in range(1, len(reply))])

    def test_reply_byte_by_byte(self):
        for reply in (PASV_REPLY, BARE_REPLY):
            talk = self.dialogue(reply)
            result = self.expect(talk)
            self.assertGreater(len(result.texts("withheld")), 10)
            acks = [p.ack for p in result.packets if p.source == talk.client and not p.payload]
            self.assertEqual(len(acks), len(set(acks)) + 1, "acknowledgements of what was withheld")

    def test_length_grows(self):
        result = self.expect(self.dialogue((BARE_REPLY,)))
        self.assertEqual(len(result.stream(RS)),
                         len("220 ready\r\n" + BARE_REPLY + self.AFTER) + 2)

    def test_shorter_text_is_padded(self):
        far, near = ("100.100.100.101", 21), ("1.1.1.1", 21)
        talk = session(service=far).c("PASV\r\n").s("227 100,100,100,101,4,1\r\n")
        talk.c("LIST\r\n").s("150 ok\r\n").close()
        result = self.play(talk.packets, "-s", "1.1.1.1:21", "-r", "100.100.100.101:21")
        got = result.stream(far)
        self.assertEqual(got, "220 ready\r\n227 1,1,1,1,4,1        \r\n150 ok\r\n")
        self.assert_clean(result)

    def test_several_changes_add_up(self):
        talk = session(service=RS)
        for port in range(5):
            talk.c("PASV\r\n").s("227 10,0,0,1,195,%d\r\n" % (80 + port))
            talk.c("LIST\r\n").s("150 ok\r\n")
        talk.close()
        result = self.play(talk.packets, "-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
        self.assertEqual(len(result.texts("opening")), 5)
        self.assertEqual(result.stream(RS).count("227 192,0,2,10,195,8"), 5)
        self.assert_clean(result)

    def test_sequence_numbers_wrap(self):
        self.expect(*[self.dialogue((BARE_REPLY,), n, isn=(2**32 - 40 + n, 2**32 - 60 + n))
                      for n in range(60)])

    def test_acknowledgements_with_timestamps_and_sack(self):
        options = struct.pack("!BBBBIIBBBBII", 1, 1, 8, 10, 1, 1, 1, 1, 5, 10, 1, 2)
        self.expect(self.dialogue((BARE_REPLY,), options=options))

    def test_server_that_closes_within_a_line(self):
        talk = self.begin().c("PASV\r\n").s("227 Ent")
        talk.packet("s", flags=frames.FIN | frames.ACK)
        talk.next["s"] += 1
        talk.packet("c")
        result = self.play(talk.packets, *self.ROLES)
        self.assertEqual(result.stream(RS), "220 ready\r\n227 Ent")
        self.assertEqual(result.texts("server"), ["220 ready", "227 Ent..."])
        self.assert_clean(result)

    def retransmitted(self, n, segments, also):
        """The segments of the reply, and parts of it again before it is acknowledged."""
        talk = self.begin(n).c("PASV\r\n")
        start = talk.next["s"]
        talk.s(*segments, acked=False)
        for offset, text in also:
            talk.packet("s", text.encode(), seq=start + offset, flags=frames.PSH | frames.ACK)
        talk.packet("c")
        return self.finish(talk)

    def test_retransmissions_become_the_same(self):
        for reply in (PASV_REPLY, BARE_REPLY):
            self.expect(*[self.retransmitted(cut, (reply[:cut], reply[cut:]),
                                             ((0, reply), (cut, reply[cut:]), (0, reply[:cut])))
                          for cut in range(1, len(reply))])

    def reordered(self, n, segments):
        talk = self.begin(n).c("PASV\r\n").s(*segments, acked=False)
        talk.packets[-2:] = talk.packets[:-3:-1]
        talk.packet("c")
        return self.finish(talk)

    def test_reordered_segments(self):
        for reply in (PASV_REPLY, BARE_REPLY):
            self.expect(*[self.reordered(cut, (reply[:cut], reply[cut:]))
                          for cut in range(1, len(reply))])

    def test_several_lines_in_one_segment(self):
        reply = "200 one\r\n" + BARE_REPLY + "200 two\r\n"
        talk = session(service=RS).c("NOOP\r\nPASV\r\nNOOP\r\n").s(reply).c("LIST\r\n").s("150 ok\r\n")
        result = self.play(talk.close().packets, "-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
        self.assertEqual(result.stream(RS),
                         "220 ready\r\n200 one\r\n227 192,0,2,10,195,80\r\n200 two\r\n150 ok\r\n")
        self.assertEqual(result.texts("client"), ["NOOP", "PASV", "NOOP", "LIST"])
        self.assert_clean(result)

    def test_more_edits_in_flight_than_a_session_keeps(self):
        talk = session(service=RS).c("PASV\r\n" * 7)
        talk.acks = False
        talk.s("".join("227 10,0,0,1,195,%d\r\n" % (80 + i) for i in range(7)))
        talk.packet("c")
        talk.acks = True
        talk.c("NOOP\r\n").s("200 ok\r\n").c("NOOP\r\n").s("200 ok\r\n").close()
        result = self.play(talk.packets, "-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
        self.assertEqual(result.stream(RS).count("227 192,0,2,10,195,8"), 7)
        self.assertEqual(len(result.texts("opening")), 7)

    def test_full_segment_that_grows_is_sent_in_two(self):
        text = "".join("200-%04d\r\n" % i for i in range(150)) + "200 end\r\n"
        talk = self.begin().c("PASV\r\n").s(BARE_REPLY + text).c("NOOP\r\n").s("200 ok\r\n")
        result = self.play(talk.close().packets, *self.ROLES)
        self.assertEqual(result.stream(RS),
                         "220 ready\r\n227 192,0,2,10,195,80\r\n" + text + "200 ok\r\n")
        self.assert_clean(result)

    def test_full_segment_that_grows_and_ends_the_stream(self):
        text = "".join("200-%04d\r\n" % i for i in range(150)) + "200 end\r\n"
        last = (BARE_REPLY + text).encode()
        talk = self.begin().c("PASV\r\n")
        talk.packet("s", last, flags=frames.FIN | frames.PSH | frames.ACK)
        talk.next["s"] += len(last) + 1
        talk.packet("c")
        result = self.play(talk.packets, *self.ROLES)
        ends = [p.seq + len(p.payload) for p in result.packets if p.source == RS]
        fins = [p.seq + len(p.payload) for p in result.packets
                if p.source == RS and p.flags & frames.FIN]
        self.assertEqual(fins, [max(ends)])
        self.assertEqual(result.packets[-1].ack, fins[0] + 1)
        self.assertTrue(result.stream(RS).endswith(text))
        self.assert_clean(result)

    def test_segment_missing_from_the_capture(self):
        talk = session(service=RS).c("PASV\r\n").s("200 lost\r\n", BARE_REPLY).c("LIST\r\n")
        packets = [p for p in talk.packets if b"200 lost" not in p]
        result = self.play(packets, "-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
        self.assertEqual(result.texts("client"), ["PASV", "LIST"])
        self.assertIn("out_of_order", [e.get("reason") for e in result.events])
        self.assertEqual(len([p for p in result.packets if p.payload]),
                         len([p for p in packets if Packet(p).payload]))

    def random_dialogue(self, rng, n):
        """Any segments, some sent twice, before or after they are acknowledged."""
        talk = self.begin(n, isn=(rng.getrandbits(32), rng.getrandbits(32)))
        replies = ("331 pw\r\n", "230 in\r\n", rng.choice((PASV_REPLY, BARE_REPLY)), "150 ok\r\n")
        for command, reply in zip(("USER a\r\n", "PASS b\r\n", "PASV\r\n", "LIST\r\n"), replies):
            for who, text in (("c", command), ("s", reply)):
                cuts = sorted(rng.sample(range(1, len(text)), rng.randint(0, len(text) - 1)))
                pieces = [text[a:b] for a, b in zip([0] + cuts, cuts + [len(text)])]
                start = talk.next[who]
                talk.send(who, *pieces, acked=rng.random() < 0.5)
                if rng.random() < 0.5:
                    again = text[:rng.randint(1, len(text))]
                    talk.packet(who, again.encode(), seq=start, flags=frames.PSH | frames.ACK)
                talk.packet(talk.other(who))
        return talk.close()

    def test_segment_missing_behind_the_beginning_of_a_reply(self):
        talk = session(service=RS).c("PASV\r\n").s("227 Ent", "ering 10,0,0,1,195,80\r\n", "200 x\r\n")
        talk.c("NOOP\r\n").s("200 y\r\n")
        gone = [p for p in talk.packets if b"ering" not in p]
        result = self.play(gone, "-s", "192.0.2.10:21", "-r", "10.0.0.1:21")
        self.assertEqual(result.texts("server")[-1], "200 y")
        self.assertIn(b"200 x\r\n", [p.payload for p in result.packets])
        self.assertIn(b"200 y\r\n", [p.payload for p in result.packets])

    def test_random_segmentation(self):
        rng = random.Random(1)
        talks = [self.random_dialogue(rng, n) for n in range(int(os.environ.get("REPLAY_RANDOM", "400")))]
        # No system repeats pieces like these; who does is in doubt, which a named range makes up for.
        result = self.play(sum((t.packets for t in talks), []), *self.ROLES, "--server-ports", "1024-65535")
        self.assertEqual(len(result.texts("opening")), len(talks))
        self.assertEqual(result.texts("client"), ["USER a", "PASS ****", "PASV", "LIST"] * len(talks))
        for talk in talks:
            got = result.stream(RS, talk.client)
            self.assertIn("192,0,2,10,195,80", got)
            self.assertTrue(got.endswith("\r\n150 ok\r\n"))
            self.assertEqual(result.stream(talk.client, RS), "USER a\r\nPASS b\r\nPASV\r\nLIST\r\n")
        self.assert_clean(result)

    def test_live_capture_has_the_gateways_acknowledgements(self):
        talk = session(server=RS).c("PASV\r\n")
        talk.s(BARE_REPLY, acked=False)
        grown = talk.next["s"] + 2
        talk.packet("c", ack=grown)
        talk.packet("c", b"LIST\r\n", ack=grown, flags=frames.PSH | frames.ACK)
        talk.next["c"] += 6
        talk.s("150 ok\r\n", acked=False)
        talk.packet("c", ack=talk.next["s"] + 2)
        result = self.play(talk.packets, "--live")
        self.assertEqual(result.stream(RS), "220 ready\r\n227 192,0,2,10,195,80\r\n150 ok\r\n")
        last = [p for p in result.packets if p.source == CLIENT][-1]
        self.assertEqual(last.ack, talk.next["s"] + 2)


class Files(Case):
    def dialogue(self, six=False):
        talk = session(CLIENT6, VIP6, RS6) if six else session(server=RS)
        reply = "229 ok (|||50000|)\r\n" if six else PASV_REPLY
        return talk.c("EPSV\r\n" if six else "PASV\r\n").s(reply).close()

    def test_every_link_type(self):
        for linktype in (frames.ETHERNET, frames.SLL, frames.SLL2, frames.RAW, frames.NULL, frames.IPV4):
            for six in (False, True)[:1 if linktype == frames.IPV4 else 2]:
                for tags in ((), (0x8100,), (0x88A8, 0x8100)):
                    if tags and linktype not in (frames.ETHERNET, frames.SLL, frames.SLL2):
                        continue
                    with self.subTest(linktype=linktype, six=six, tags=tags):
                        result = self.play(self.dialogue(six).packets, "-p", "60000-60000",
                                           linktype=linktype, tags=tags)
                        self.assertEqual(len(result.texts("opening")), 1)
                        self.assertEqual(result.linktype, linktype)
                        self.assertIn("60000" if six else "234,96", result.stream(RS6 if six else RS))
                        self.assert_clean(result)

    def test_pcapng(self):
        path = frames.write_pcapng(self.path("in.pcapng"), self.dialogue().packets)
        result = self.run_on(path, "-j")
        self.assertEqual(result.status, 0)
        self.assertEqual(len(result.texts("opening")), 1)
        self.assertEqual(result.frames[1][0], 1700000000 * 10**9 + 10**6)

    def test_times_are_kept(self):
        for nano in (False, True):
            result = self.play(self.dialogue().packets, nano=nano)
            self.assertEqual([t for t, _ in result.frames],
                             [1700000000 * 10**9 + i * 10**6 for i in range(len(result.frames))])

    def test_frames_cut_short_are_passed_on_and_counted(self):
        result = self.play(self.dialogue().packets, snap=70)
        totals = result.events[-1]
        self.assertGreater(totals["cut_short"], 0)
        self.assertEqual(len(result.frames), totals["frames"])

    def test_what_is_no_capture(self):
        path = self.path("in")
        for content in (b"", b"hello, world: not a capture at all", bytes(1000)):
            with open(path, "wb") as file:
                file.write(content)
            result = self.run_on(path)
            self.assertEqual(result.status, 1)
            self.assertIn(b"pcap or pcapng", result.stderr)
        self.assertEqual(self.run_on(self.path("absent")).status, 1)

    def test_unknown_link_type(self):
        frames.write_pcap(self.path("in.pcap"), [bytes(60)], linktype=105)
        result = self.run_on(self.path("in.pcap"))
        self.assertEqual(result.status, 1)
        self.assertIn(b"Ethernet", result.stderr)

    def test_file_that_ends_in_a_frame_is_used_up_to_there(self):
        path = frames.write_pcap(self.path("in.pcap"), self.dialogue().packets)
        os.truncate(path, os.path.getsize(path) - 10)
        result = self.run_on(path, "-j")
        self.assertEqual(result.status, 1)
        self.assertEqual(len(result.texts("opening")), 1)
        self.assertIn(b"truncated", result.stderr)

    def test_output_is_never_the_input(self):
        path = frames.write_pcap(self.path("out.pcap"), self.dialogue().packets)
        before = os.stat(path)
        self.assertEqual(self.run_on(path).status, 2)
        self.assertEqual(os.stat(path).st_size, before.st_size)
        self.assertEqual(os.stat(path).st_mtime_ns, before.st_mtime_ns)

    def test_full_disk(self):
        path = frames.write_pcap(self.path("in.pcap"), self.dialogue().packets)
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        done = subprocess.run([REPLAY, path, "/dev/full"], capture_output=True)
        self.assertEqual(done.returncode, 1)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([REPLAY, path], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)

    def test_wrong_usage(self):
        path = frames.write_pcap(self.path("in.pcap"), [])
        for options in (("-s", "nonsense"), ("-s", "192.0.2.10:0"), ("-s", "192.0.2.10"),
                        ("-s", "192.0.2.10:21", "-r", "192.0.2.10:21"), ("-p", "1-2"),
                        ("-p", "2000-1999"), ("-p", "2000-70000"), ("-p", ""),
                        ("--server-ports", "0-2"), ("--server-ports", "20"), ("--what",)):
            with self.subTest(options=options):
                result = self.run_on(path, *options)
                self.assertEqual((result.status, result.stdout), (2, b""))
                self.assertIn(b"--help", result.stderr)
        for arguments in ((), (path, "-"), (path, "a", "b")):
            self.assertEqual(subprocess.run([REPLAY, *arguments], capture_output=True).returncode, 2)

    def test_help_and_version(self):
        for option in ("-h", "--help", "-V", "--version"):
            done = subprocess.run([REPLAY, option], capture_output=True)
            self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_empty_capture(self):
        self.assertEqual(self.play([]).frames, [])


class Hostile(Case):
    def test_damaged_captures(self):
        rng = random.Random(2)
        dialogue = session(server=RS).c("PASV\r\n").s(*BARE_REPLY).c("AUTH TLS\r\n").close().packets
        for n in range(int(os.environ.get("REPLAY_DAMAGED", "150"))):
            linktype = rng.choice((frames.ETHERNET, frames.SLL, frames.SLL2, frames.RAW, frames.NULL))
            path = frames.write_pcap(self.path("in.pcap"), dialogue, linktype=linktype)
            with open(path, "r+b") as file:
                data = bytearray(file.read())
                for _ in range(rng.randint(1, 20)):
                    data[rng.randrange(24, len(data))] = rng.getrandbits(8)
                file.seek(0)
                file.write(data[:rng.randint(24, len(data))] if n % 3 == 0 else data)
                file.truncate()
            options = rng.choice(((), ("-j",), ("--deny-tls",), ("--fail-closed", "-p", "2000-2000")))
            with self.subTest(n=n):
                self.run_on(path, *options)

    def test_shuffled_and_duplicated_packets(self):
        rng = random.Random(3)
        for n in range(int(os.environ.get("REPLAY_DAMAGED", "150")) // 2):
            packets = session(server=RS).c("PASV\r\n").s(*BARE_REPLY).c("LIST\r\n").s("150 x\r\n").packets
            packets += rng.choices(packets, k=10)
            rng.shuffle(packets)
            with self.subTest(n=n):
                self.run_on(frames.write_pcap(self.path("in.pcap"), packets), "-j")

    def test_more_connections_than_are_kept(self):
        packets = []
        for i in range(66000):
            client = ("10.1.%d.%d" % (i >> 8 & 255, i & 255), 1024 + (i >> 16))
            packets.append(frames.tcp_packet(client, VIP, 1, 0, frames.SYN))
            if i % 64 == 0:
                packets.append(frames.tcp_packet(client, VIP, 2, 1, frames.ACK, b"USER x"))
        result = self.play(packets)
        self.assertEqual(result.events[-1]["sessions"], 66000 // 64 + 1)


if __name__ == "__main__":
    unittest.main(verbosity=1)
