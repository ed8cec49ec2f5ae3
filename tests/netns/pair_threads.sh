#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pair of directors with keepalived: whoever starts first and whatever changes hands, the standby's backup
# thread is where keepalived wants it, so that it learns of every connection, and transfers work on whichever
# director has the addresses.
# shellcheck disable=SC2154 # addresses come from pair.sh
. "$(dirname "$0")/pair.sh"

place="inside 51"
transfer() {
	passive_curl --connect-timeout 50 --max-time 55 -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || lab_fail "no transfer $1"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "other content $1"
}
# standby_hears N WHEN: a connection made now is known to IPVS on the standby, and its threads are in place.
standby_hears() {
	pair_wait_threads "$1" - "$place" "$2"
	# What holds a session open until it is told to end; the standby hears of it with its packets.
	coproc session { in_client python3 -B -c "
import socket, sys
s = socket.create_connection(('$vip', 7))
while True:
    s.sendall(b'x')
    s.recv(1)
    sys.stdin.readline() or sys.exit()
    " ; }
	for ((i = 0; i < 8; i++)); do echo >&"${session[1]}"; done
	lab_wait_for "pair_in $1 ipvsadm -Lnc | grep '$vip:7 .*ESTABLISHED\|ESTABLISHED.*$vip:7'" 90 ||
		lab_fail "$2: director $1 does not hear of a connection"
	eval "exec ${session[1]}>&-"
	wait "$session_PID" || true
}

pair_up
pair_echo

# ftpalgd first: it starts nothing while nobody transfers. A thread that another one has left on lo goes to
# where keepalived will want it.
if grep -q lab.control /proc/cmdline; then	# only where /etc is the test's own
	mkdir -p /etc/keepalived
	echo "lvs_sync_daemon inside OUT id 51" >/etc/keepalived/keepalived.conf
	in_director2 ipvsadm --start-daemon backup --mcast-interface lo
fi
pair_gateway 1
pair_gateway 2
pair_expect_threads 1 - - "ftpalgd alone"
if grep -q lab.control /proc/cmdline; then rm /etc/keepalived/keepalived.conf; fi # other tests have none
[[ -z $(pair_thread 2 backup) ]] || pair_wait_threads 2 - "$place" "a thread was left on lo"
pair_keepalived 1
pair_is_master 1
pair_keepalived 2
transfer "with keepalived started after ftpalgd"
pair_wait_threads 1 "$place" "$place" "director 1 is master"

# One hands over to the other, and back, twice.
for turn in 1 2; do
	pair_priority 1 -50
	pair_is_master 2
	transfer "by director 2, turn $turn"
	pair_wait_threads 2 "$place" "$place" "director 2 is master, turn $turn"
	standby_hears 1 "turn $turn"
	pair_priority 1 0
	pair_is_master 1
	transfer "by director 1, turn $turn"
	pair_wait_threads 1 "$place" "$place" "director 1 is master, turn $turn"
	standby_hears 2 "turn $turn"
done

# keepalived is started anew while ftpalgd runs, and ftpalgd while keepalived does.
lab_kill keepalived1
pair_is_master 2
transfer "while director 1 has no keepalived"
pair_keepalived 1
pair_is_master 1
transfer "after keepalived has come back"
pair_wait_threads 1 "$place" "$place" "keepalived has come back"
pair_stop 2
standby_hears 2 "ftpalgd ended on the standby"
pair_stop 1 KILL
pair_gateway 1
pair_gateway 2
transfer "after ftpalgd was killed"
standby_hears 2 "ftpalgd has come back"
pair_ctl 1 status >"$LAB_STATE/said" || lab_fail "status of director 1 is not fine: $(cat "$LAB_STATE/said")"
grep -q "master thread: inside, id 51" "$LAB_STATE/said" || lab_fail "status has no master thread: $(cat "$LAB_STATE/said")"

# What a hand puts elsewhere is seen, where it stays.
pair_stop 1
pair_gateway 1 'sync = { interface = "lo"; };'
in_director ipvsadm --stop-daemon backup
transfer "with a thread on lo that is asked for"
! pair_ctl 1 doctor >"$LAB_STATE/said" || lab_fail "doctor finds nothing wrong"
grep -q "master thread is on inside with id 51, IPVS' backup thread on lo" "$LAB_STATE/said" ||
	lab_fail "doctor does not say where the threads are: $(cat "$LAB_STATE/said")"
! pair_ctl 1 status >"$LAB_STATE/said" || lab_fail "status does not know: $(cat "$LAB_STATE/said")"
lab_down
