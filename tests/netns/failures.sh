#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The table of ftpalgd(8), "When it does not run", row by row: what becomes of control connections,
# transfers and guarded ports while the daemon is stopped, killed, hung, its queue full, its ruleset
# flushed, or an opening refused; with fail = open and closed.
# shellcheck disable=SC2154 # addresses come from lab_up
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

checks() { LAB_COMMAND_LIMIT=120 "in_$1" python3 "$here/failures_checks.py" "${@:2}"; }
service() { echo "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; passive_ports = \"50000-${2:-50009}\"; fail = \"$1\"; } );"; }
ctl() { "$LAB_BUILD/src/ctl/ftpalgctl" -s "$LAB_STATE/run/control" "$@"; }
waiting() { in_director awk '$1 == 2100 { print $3 }' /proc/net/netfilter/nfnetlink_queue; }
director_daemon() { kill "-$1" "$(<"$LAB_STATE/ftpalgd.pid")"; }

lab_up families=4 capture=no
lab_server vsftpd rs1
lab_server vsftpd rs2
in_director ipvsadm -E -t "$vip:21" -s rr -p 300	# a persistent service lets every port through
for server in rs1 rs2; do
	lab_spawn "stray-$server" $server python3 -m http.server 50005 --directory /usr/share/common-licenses
	lab_wait_listen "$server" 50005
done
stray() { in_client curl -sS --connect-timeout 3 -o /dev/null "http://$vip:50005/GPL-2"; }

# A client that is told on its standard input what to do next, and says how it went.
cat >"$LAB_STATE/session.py" <<-'END'
	import re, socket, sys
	sys.path.insert(0, sys.argv[2])
	from ftp_client import Control
	control = Control(sys.argv[1])
	print("ready", flush=True)
	data = None
	for line in sys.stdin:
	    what = line.strip()
	    if what == "PASV":
	        endpoint = control.passive()
	        print("announced" if endpoint[0] == sys.argv[1] else "unmended", flush=True)
	    elif what == "connect":
	        data = control.connect(endpoint)
	        print("connected", flush=True)
	    elif what == "fetch":
	        print("got", len(control.fetch("big", data)), flush=True)
	    elif what == "start":
	        print(control.say("RETR big").strip(), flush=True)
	    elif what == "drain":
	        print("got", sum(map(len, iter(lambda: data.recv(65536), b""))), flush=True)
	    elif what.startswith("send "):
	        control.send(what[5:])
	        print("sent", flush=True)
	    elif what == "hear":
	        print(control.reply().strip(), flush=True)
	    else:
	        print(control.say(what).strip(), flush=True)
END
# shellcheck disable=SC2053 # a pattern
expect() { local line; read -r -t 60 line <&"${session[0]}" || lab_fail "no answer, but: $1"; [[ $line == $1 ]] || lab_fail "$line, not $1"; }
ask() { echo "$1" >&"${session[1]}"; expect "$2"; }
step() { echo "=== $*"; }

settings="queues = { count = 1; length = 64; }; control = { socket = \"$LAB_STATE/run/control\"; group = \"root\"; };"
gateway_start "$settings guard = true; $(service open)"
# Not before the daemon: a session older than the helper can have no expectation.
coproc session { LAB_COMMAND_LIMIT=1000 in_client python3 "$LAB_STATE/session.py" "$vip" "$here"; }
expect ready

step "stopped: control connections go on, what was announced can be opened, replies pass unmended"
ask PASV announced
gateway_stop
ask NOOP "200*"
ask connect connected
ask fetch "got 5000000"
ask PASV unmended
! stray || lab_fail "a guarded port is open while the daemon is stopped"

step "started again: the next transfer works; flushed: it works as soon as the table is complete"
gateway_start "$settings guard = true; $(service open)"
ask PASV announced
in_director nft flush ruleset
lab_wait_for "in_director nft list chain inet ftpalgd guard | grep drop >/dev/null" 30
ask connect connected
ask fetch "got 5000000"
! stray || lab_fail "a guarded port is open after a flush"

step "killed: as stopped"
ask PASV announced
gateway_stop KILL
ask NOOP "200*"
ask connect connected
ask fetch "got 5000000"
ask PASV unmended
! stray || lab_fail "a guarded port is open after a kill"
in_director nft flush ruleset
ask PASV unmended
stray || lab_fail "the guard outlives its table"

for fail in open closed; do
	step "hung, fail = $fail: control connections wait, data goes on"
	gateway_start "$settings $(service $fail)"
	ask PASV announced
	ask connect connected
	ask start "150*"
	director_daemon STOP
	ask drain "got 5000000"
	ask "send NOOP" sent
	lab_wait_for '(( $(waiting) > 0 ))' 30
	director_daemon CONT
	ask hear "226*"
	ask hear "200*"
	gateway_stop
done

step "an opening is refused: the reply passes, or is dropped"
# The one port of the range is taken: another session of the same client finds none.
second() {
	lab_spawn second client python3 -c "
import sys
sys.path.insert(0, '$here')
from ftp_client import Control
print(Control('$vip').say('PASV'), flush=True)"
}
reload() {	# SETTINGS
	printf '%s\n' "$*" >"$LAB_STATE/ftpalgd.conf"
	ctl reload || lab_fail "no reload"
}
gateway_start "$settings $(service open 50000)"
ask PASV announced
second
lab_wait_for 'grep -q "^227 .*(10,0,0," $LAB_STATE/second.log' 30
grep -q 'no free port in the passive range' "$LAB_STATE/ftpalgd.log" || lab_fail "the refusal is not told"
lab_kill second
: >"$LAB_STATE/second.log"
reload "$settings $(service closed 50000)"
second
lab_wait_for "ctl metrics | grep 'packets_dropped_total{queue=\"2100\"} [1-9]' >/dev/null" 30
lab_kill second
! grep -q ^227 "$LAB_STATE/second.log" || lab_fail "fail = closed: the reply has passed"

step "the queue is full: what finds no room passes, or is dropped until it is sent again"
eval "exec ${session[1]}>&-"
gateway_stop
for server in rs1 rs2; do
	lab_kill "vsftpd-$server"
	lab_spawn "greet-$server" $server python3 "$here/failures_checks.py" greet "${!server}"
	lab_wait_listen "$server" 21
done
full() { director_daemon STOP; checks client crowd "$vip" "$1" "$(<"$LAB_STATE/ftpalgd.pid")" || lab_fail "full queue, $2"; }
gateway_start "$settings $(service open)"
full open "fail = open"
gateway_stop
gateway_start "$settings $(service closed)"
full closed "fail = closed"
{ ctl doctor || true; } | grep 'queue 2100 was full' >/dev/null || lab_fail "doctor does not see it"
reload "$settings $(service open)"
full open "open after a reload"
reload "$settings $(service closed)"
gateway_stop
lab_down
