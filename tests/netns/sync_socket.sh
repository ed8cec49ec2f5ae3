#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IPVS' backup thread believes whoever can send to it: nobody on the director can but the daemon, which runs as
# a user of its own here, and root; and doctor says so where that is not so.
# shellcheck disable=SC2154 # addresses come from lab_up
. "$(dirname "$0")/gateway.sh"

ctl=$LAB_BUILD/src/ctl/ftpalgctl
gateway_up families=4
# send USER PORT: a message that makes a connection from the client to that port of the VIP, and so to a server.
send() {
	in_director setpriv --reuid "$1" --clear-groups python3 -B -c "
import socket, struct
entry = struct.pack('!BBHIHHHHII4s4s4s', 0, 6, 36, 0, 1, 4000, $2, $2, 0, 60,
                    *(socket.inet_aton(a) for a in ('$client', '$vip', '$rs1')))
message = struct.pack('!BBHBBH', 0, 0, 8 + len(entry), 1, 1, 0) + entry
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'))
s.sendto(message, ('224.0.0.81', 8848))" 2>"$LAB_STATE/said"
}
is_there() { in_director ipvsadm -Lnc | grep "$vip:$1 "; }
doctor_sees() {
	in_director "$ctl" -s "$LAB_STATE/none" doctor >"$LAB_STATE/doctor" 2>&1 || true
	grep "any user of this machine" "$LAB_STATE/doctor"
}
transfer() { passive_curl -o /dev/null "ftp://test:test@$vip/big" || lab_fail "no transfer $1"; }

in_director ipvsadm --start-daemon backup --mcast-interface lo
send 65534 4001 || lab_fail "cannot send: $(<"$LAB_STATE/said")"
lab_wait_for "is_there 4001" || lab_fail "the message is not one: the test would prove nothing"
doctor_sees || lab_fail "doctor does not see that anybody may send"

printf 'control = { socket = "%s"; };\n' "$LAB_STATE/none" >"$LAB_STATE/ftpalgd.conf"
lab_spawn ftpalgd director setpriv --reuid 65533 --regid 65533 --clear-groups \
	--inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin "$ftpalgd" -c "$LAB_STATE/ftpalgd.conf"
gateway_ready 0 || lab_fail "ftpalgd does not get ready"
! send 65534 4002 || lab_fail "any user may send"
# What the daemon has sent since then has been taken, so that what came before it would have been.
transfer "of a daemon with a user of its own"
! is_there 4002 || lab_fail "an entry that any user has made"
send 0 4003 || lab_fail "root may not send: $(<"$LAB_STATE/said")"
lab_wait_for "is_there 4003" || lab_fail "what root sends is not taken"
! doctor_sees || lab_fail "doctor does not see the rule"
gateway_stop TERM
lab_down
