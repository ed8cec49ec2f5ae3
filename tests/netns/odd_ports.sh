#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A service on another port than its real servers, found nowhere but in the configuration; and one
# that comes and goes in IPVS, and by reload, while the daemon runs. A server that announces the control
# port of another service is given another port there, and its data is data.
. "$(dirname "$0")/gateway.sh"

get() {	# HOST:PORT [CURL OPTIONS]
	in_client curl -sS --connect-timeout 3 --max-time 30 --no-ftp-skip-pasv-ip "${@:2}" -o "$LAB_STATE/got" "ftp://test:test@$1/big" &&
		cmp "$LAB_STATE/got" "$LAB_STATE/big"
}

sessions() { "$LAB_BUILD/src/ctl/ftpalgctl" metrics | awk '/^ftpalgd_sessions_total/ { sum += $2 } END { print sum }'; }

lab_up families=4 port=2100 server_port=2121
lab_server vsftpd rs1 --passive 2100-2100
lab_server vsftpd rs2
gateway_start
! get "$vip:2100" --disable-epsv || lab_fail "works without being configured"
echo "services = ( { name = \"odd\"; virtual = \"$vip:2100\"; } );" >"$LAB_STATE/ftpalgd.conf"
kill -HUP "$(<"$LAB_STATE/ftpalgd.pid")"
lab_wait_for "grep -q 'configuration reloaded' $LAB_STATE/ftpalgd.log" 30
for _ in 1 2; do
	get "$vip:2100" --disable-epsv || lab_fail "PASV"
	get "$vip:2100" --ftp-port - --disable-eprt || lab_fail "PORT"
done
in_director ipvsadm -A -t "$vip:21" -s rr
in_director ipvsadm -a -t "$vip:21" -r "$rs1:2121" -m
lab_wait_for "grep -q 'serving $vip:21 ' $LAB_STATE/ftpalgd.log" 30
get "$vip:21" --disable-epsv || lab_fail "a service that came while running"
get "$vip:2100" --disable-epsv || lab_fail "the other one beside it"
before=$(sessions)
get "$vip:21" --disable-epsv || lab_fail "data through the port of the other one"
((before > 0 && $(sessions) == before + 1)) || lab_fail "a data connection is taken for a session"
echo "nonsense" >"$LAB_STATE/ftpalgd.conf"
kill -HUP "$(<"$LAB_STATE/ftpalgd.pid")"
lab_wait_for "grep -q 'running configuration stays' $LAB_STATE/ftpalgd.log" 30
get "$vip:2100" --disable-epsv || lab_fail "after a reload that was refused"
gateway_stop
lab_down
