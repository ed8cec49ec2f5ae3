#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the service as it is packaged says, and to whom: every command of ftpalgctl as root, as a member of the
# group and as anybody else; health and exit statuses as monitoring reads them; metrics for node_exporter.
# Of a director that works nobody hears of trouble, and no advice ends a gateway that works.
# shellcheck disable=SC2016 # conditions for lab_wait_for
# shellcheck source=tests/systemd/unit.sh
. "$(dirname "$0")/unit.sh"
here=$(cd "$(dirname "$0")/../netns" && pwd)
queues=/proc/net/netfilter/nfnetlink_queue
config=/etc/ftpalgd/ftpalgd.conf
said=$LAB_STATE/said

# ctl WHO WORDS...: what it prints is in $said, its exit status in $status.
ctl() {
	local as=()
	[[ $1 == root ]] || as=(setpriv --reuid "$1" --regid "$1" --init-groups --inh-caps=-all --bounding-set=-all)
	status=0
	in_director "${as[@]}" ftpalgctl "${@:2}" >"$said" 2>&1 </dev/null || status=$?
}
wrong() { cat "$said"; give_up "$@"; }
says() { grep -q -- "$1" "$said" || wrong "not said: $1"; }
silent() { ! grep -v "^# HELP" "$said" | grep -Ei -- "$1" || wrong "said: $1"; }
# expect STATUS WHO WORDS...
expect() {
	ctl "${@:2}"
	((status == $1)) || wrong "${*:2}: exit status $status, not $1"
}
fine() { expect 0 root status; says ': fine$'; }
metric() { ctl root metrics; says "^$1\$"; }

stage "installation, and a director that works"
unit_install "[Unit]" "StartLimitIntervalSec=0"
useradd -M -G ftpalgd member
useradd -M stranger
gateway_up families=4 capture=no
# The lab's vsftpd takes any port; a service whose servers' ports nobody has named is warned of.
cat >>$config <<END
services = ( { name = "ftp"; virtual = "$vip:21"; servers = (
    { real = "$rs1"; passive_ports = "1024-65535"; }, { real = "$rs2"; passive_ports = "1024-65535"; } ); } );
END
run systemctl start ftpalgd
run passive_curl -o /dev/null "ftp://test:test@$vip/big"

stage "every command, by everybody"
for command in status services sessions openings stats metrics recent doctor "explain $client" "import /dev/null" \
	reload "log info" top; do
	for who in root member stranger; do
		# shellcheck disable=SC2086 # a command and its argument
		ctl "$who" $command
		echo "$who: ftpalgctl $command: $status"
		silent "trouble|warning|not bound|systemctl|end that process|does not run"
		case $who:$command in
		*:"import /dev/null") ((status == 1)) || wrong "import of nothing" ;;
		*:top) ((status == 2)) || wrong "top without a terminal" ;;
		root:* | member:[!rl]* | member:recent) ((status == 0)) || wrong "$who, $command: $status" ;;
		member:*) ((status == 1)) && says "is for root and the daemon's own user" ;;
		stranger:status | stranger:doctor) ((status == 3)) || wrong "$who, $command: $status" ;;
		stranger:*) ((status == 1)) || wrong "$who, $command: $status" ;;
		esac
		[[ $who:$command == stranger:[!it]* ]] || continue
		says "you (stranger) are not in group ftpalgd"
		says "usermod -aG ftpalgd stranger"
	done
done
for who in root member; do
	expect 0 "$who" status
	says ": fine$"
	says "^queue 2100: bound, 0 waiting, 0 dropped, 0 undelivered"
	expect 0 "$who" doctor
	says "^nothing is wrong$"
done
ctl member metrics
for line in 'ftpalgd_health 0' 'ftpalgd_services 1' 'ftpalgd_openings_total{mode="PASV"} 1' \
	'ftpalgd_queue_waiting{queue="2101"} 0' 'ftpalgd_queue_overflow_total{queue="2101",at="queue"} 0' \
	'ftpalgd_queue_overflow_total{queue="2101",at="socket"} 0' 'ftpalgd_finding{id="queue_unbound"} 0' \
	'ftpalgd_finding{id="ruleset"} 0' 'ftpalgd_queue_socket_limit_bytes{queue="2100"} [1-9].*' \
	'ftpalgd_latency_seconds_count [1-9].*'; do
	says "^$line\$"
done
expect 3 root status --nonsense
expect 2 root services --nonsense
usermod -aG ftpalgd stranger
as_before() { in_director setpriv --reuid stranger --regid stranger --clear-groups ftpalgctl status; }
! as_before >"$said" 2>&1 || wrong "a session of before is let in"
says "log in again"
gpasswd -d stranger ftpalgd

stage "a table of queues that the daemon may not read"
run in_director chgrp root $queues
fine
says "^queue 2100: bound, ? waiting, ? dropped, 0 undelivered"
expect 0 root doctor
ctl root metrics
silent 'queue_waiting{|at="queue"|finding{id="queue_overflow"'
says '^ftpalgd_queue_overflow_total{queue="2100",at="socket"} 0$'
says '^ftpalgd_health 0$'
run systemctl restart ftpalgd
fine
says "0 waiting, 0 dropped"
metric 'ftpalgd_queue_overflow_total{queue="2100",at="queue"} 0'

stage "metrics for node_exporter, without a drop-in"
textfile=/run/ftpalgd/ftpalgd.prom
echo "metrics = { textfile = \"$textfile\"; interval = 2; }; control = { socket = \"/run/ftpalgd/other\"; };" >>$config
run systemctl restart ftpalgd
lab_wait_for 'setpriv --reuid stranger --regid stranger --clear-groups grep "^ftpalgd_health 0$" $textfile' 20 ||
	give_up "others cannot read the metrics"
run systemctl start ftpalgd

stage "the socket that the configuration names"
fine
expect 0 member status
expect 3 root -s /run/ftpalgd/control doctor
says "ftpalgd runs as process $(property MainPID), and does not answer at /run/ftpalgd/control"
silent "systemctl|not running|queue .* is bound|trouble"
expect 3 root -s /run/ftpalgd/control status
silent "systemctl|end that process"

stage "a reload that is refused"
cp $config "$LAB_STATE/config"
echo 'discver = true;' >>$config
! systemctl reload ftpalgd || give_up "the fault is taken"
expect 1 root reload
expect 1 root status
says "^last reload: .*REFUSED: .*discver"
says "^warning: the last reload was refused"
metric 'ftpalgd_finding{id="reload_refused"} 1'
cp "$LAB_STATE/config" $config
run systemctl reload ftpalgd
lab_wait_for 'ctl root status; grep "^last reload: .* accepted" $said' 20 || wrong "the reload is not shown"
fine

stage "packets that found no room"
pid=$(property MainPID)
run in_director "$here/queue_socket.py" "$pid" 2100 shrink
run in_director "$here/queue_socket.py" "$pid" 2101 shrink
kill -STOP "$pid"
in_client python3 -c "
import socket
connections = [socket.socket() for _ in range(40)]
for connection in connections:
    connection.setblocking(False)
    connection.connect_ex(('$vip', 21))
for connection in connections[:8]:
    connection.settimeout(3)
    try: connection.recv(64)
    except OSError: pass"
kill -CONT "$pid"
lab_wait_for 'ctl root status; grep "^warning: packets of queue" $said' 20 || wrong "what was lost is not said"
expect 1 root status
expect 1 root doctor
says "within the last ten minutes"
metric 'ftpalgd_health 1'
run test "$(property MainPID)" = "$pid"
run systemctl restart ftpalgd
fine

stage "a queue that somebody took away"
run in_director "$here/queue_socket.py" "$(property MainPID)" 2100 unbind
expect 2 root status
says "^queue 2100: NOT BOUND"
expect 2 root doctor
says "mend: systemctl restart ftpalgd"
expect 2 member status
run systemctl restart ftpalgd
fine
run journalctl --sync
run test "$(journal -o cat | grep -c 'trouble: queue 2100 is not bound')" = 1

stage "stopped"
run systemctl stop ftpalgd
expect 2 root status
says "ftpalgd does not run"
for who in root stranger; do
	expect 2 "$who" doctor
	says "mend: systemctl start ftpalgd"
done
run systemctl start ftpalgd
fine
expect 0 root doctor
