#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: what an operator may find broken is broken, one thing after the other; the finding is
# there, the command that it gives is run, and it is gone.
# shellcheck disable=SC2154 # addresses come from lab_up
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

ctl=$LAB_BUILD/src/ctl/ftpalgctl
control=$LAB_STATE/run/control
settings="queues = { count = 1; }; sync = { interface = \"lo\"; }; control = { socket = \"$control\"; group = \"root\"; };"

doctor() { in_director "$ctl" -s "${socket:-$control}" --json doctor >"$LAB_STATE/doctor" 2>"$LAB_STATE/doctor.err"; }
# The command of a finding, or nothing: keys come in the order id, severity, what, why, mend.
mend_of() {
	sed -n "/\"id\": \"$1\"/,/}/s/^ *\"mend\": \"\(.*\)\"\$/\1/p" "$LAB_STATE/doctor" | head -n 1 | sed 's/\\"/"/g'
}
# broken ID WORDS: the finding is there, has these words, and the exit status says so.
broken() {
	! doctor || { cat "$LAB_STATE/doctor"; lab_fail "$1: doctor finds nothing"; }
	mend=$(mend_of "$1")
	if [[ -z $mend ]] || ! grep -q -- "$2" "$LAB_STATE/doctor"; then
		cat "$LAB_STATE/doctor" "$LAB_STATE/doctor.err"
		lab_fail "$1 with '$2' is not found"
	fi
	echo "$1: $mend"
}
mended() {
	doctor || true
	[[ -z $(mend_of "$1") ]] || { cat "$LAB_STATE/doctor"; lab_fail "$1 is still there after: ${2:-$mend}"; }
}
# mends ID [SED]: its command, with the words of the operator's own put in, and it is gone.
mends() {
	mend=$(sed "s/ *#.*//;${2:-}" <<<"$mend")
	in_director bash -ec "$mend" || lab_fail "$1: its command fails: $mend"
	mended "$1"
}

lab_up families="4 6" capture=no
for server in rs1 rs2; do
	lab_spawn "odd-$server" $server "$here/odd_server.py" "${!server}" 21
	lab_wait_listen "$server" 21
done
gateway_start "$settings services = ( { name = \"six\"; virtual = \"[$vip6]:21\"; } );"
doctor || true
[[ $(grep -c '"severity": "trouble"' "$LAB_STATE/doctor") == 0 ]] || { cat "$LAB_STATE/doctor"; lab_fail "trouble at the start"; }

# sysctls and modules
for setting in vs_conntrack:net.ipv4.vs.conntrack=0 vs_backup_only:net.ipv4.vs.backup_only=1 \
	ip_forward:net.ipv4.ip_forward=0 ipv6_forwarding:net.ipv6.conf.all.forwarding=0; do
	in_director sysctl -qw "${setting#*:}"
	broken "${setting%%:*}" "sysctl -w"
	mends "${setting%%:*}"
done
if modprobe ip_vs_ftp; then
	broken ip_vs_ftp "modprobe -r ip_vs_ftp"
	mends ip_vs_ftp
fi
# These two are the machine's, not a namespace's.
if grep -q lab.control /proc/cmdline; then
	sysctl -qw net.netfilter.nf_conntrack_expect_max=10
	broken expect_max "sysctl -w net.netfilter.nf_conntrack_expect_max=16384"
	$mend >/dev/null
	mended expect_max
	maximum=$(sysctl -n net.netfilter.nf_conntrack_max)
	sysctl -qw net.netfilter.nf_conntrack_max=1
	broken conntrack_full "nf_conntrack_max=1048576"
	$mend >/dev/null
	mended conntrack_full
	sysctl -qw net.netfilter.nf_conntrack_max="$maximum"
	build=/boot/config-$(uname -r)
	cp "$build" "$LAB_STATE/build"
	sed -i '/^CONFIG_IP_VS_NFCT=/d' "$build"
	broken kernel_option "built without CONFIG_IP_VS_NFCT"
	cp "$LAB_STATE/build" "$build"
	mended kernel_option "another kernel"
fi

# IPVS
in_director ipvsadm -d -t "$vip:21" -r "$rs1:21"
in_director ipvsadm -d -t "$vip:21" -r "$rs2:21"
broken no_servers "$vip:21 has no real server"
mends no_servers "s/REAL-SERVER/$rs1/"
in_director ipvsadm -e -t "$vip:21" -r "$rs1:21" -g
broken not_nat "$vip:21 has real servers that are not reached by NAT"
mends not_nat "s/REAL-SERVER/$rs1/"
in_director ipvsadm -D -t "[$vip6]:21"
broken not_in_ipvs "the configured service \\[$vip6\\]:21"
mends not_in_ipvs
in_director ipvsadm -C
broken no_services "no FTP service with real servers"
mends no_services "s/VIP/$vip/g;s/REAL-SERVER/$rs1/"
in_director ipvsadm --stop-daemon backup
broken no_backup_thread "backup thread is not running"
mends no_backup_thread
in_director ipvsadm --stop-daemon backup
in_director ipvsadm --start-daemon backup --mcast-interface inside
broken backup_interface "listens on inside"
in_director ipvsadm --stop-daemon backup
in_director ipvsadm --start-daemon backup --mcast-interface lo
mended backup_interface "another thread"

# Beside other tables
in_director nft 'add table inet fw; add chain inet fw in { type filter hook input priority filter; policy drop; };
	add rule inet fw in ct state established accept; add rule inet fw in tcp dport 21 accept'
broken filter_drops "chain inet fw in drops"
mends filter_drops
in_director nft delete table inet fw
in_director nft 'add table ip early; add chain ip early pre { type filter hook prerouting priority raw; };
	add rule ip early pre tcp dport 21 notrack'
broken untracked "table ip early keeps"
in_director nft flush chain ip early pre
mended untracked "a flush of its rules"
in_director nft 'add ct helper ip early ftp { type "ftp" protocol tcp; }'
broken kernel_helper "table ip early has a helper object"
in_director nft delete ct helper ip early ftp
mended kernel_helper "its deletion"
in_director nft 'add flowtable ip early fast { hook ingress priority 0; devices = { inside }; }'
broken flowtable "table ip early has a flowtable"
in_director nft delete table ip early
mended flowtable "its deletion"

# A table that another process owns cannot be completed, and the kernel does not tell of its end.
coproc owner { in_director nft -i; }
echo 'delete table inet ftpalgd; add table inet ftpalgd { flags owner; }' >&"${owner[1]}"
lab_wait_for "in_director nft list table inet ftpalgd | grep 'flags owner'" 30
broken ruleset "table inet ftpalgd is not complete"
[[ $mend == "systemctl reload ftpalgd" ]] || lab_fail "ruleset: $mend"
eval "exec ${owner[1]}>&-"
lab_wait_for "in_director nft list chain inet ftpalgd control | grep queue" 30
mended ruleset "the end of its owner"
[[ $(grep -c "cannot load the ruleset" "$LAB_STATE/ftpalgd.log") == 1 ]] || lab_fail "the refusal is not told once"

# What a real server says of itself, seen when it says it.
passive() {	# WORDING
	in_client python3 - "$vip" "$1" <<-END
		import sys
		sys.path.insert(0, "$here")
		from ftp_client import Control
		control = Control(sys.argv[1], login=False)
		control.say("USER " + sys.argv[2] + "+whole")
		control.passive()
		control.quit()
	END
}
passive foreign
broken foreign_address "the real server $rs1:21 names 203.0.113.7:"
passive usual
mended foreign_address "a reply with its own address"

# What may befall the queue of a running daemon
queue_socket() { in_director "$here/queue_socket.py" "$(<"$LAB_STATE/ftpalgd.pid")" 2100 "$1"; }
queue_socket unbind
broken queue_unbound "queue 2100 is not bound"
[[ $mend == "systemctl restart ftpalgd" ]] || lab_fail "queue_unbound: $mend"
gateway_stop
gateway_start "$settings"
mended queue_unbound
queue_socket shrink
kill -STOP "$(<"$LAB_STATE/ftpalgd.pid")"
in_client python3 -c "
import socket
connections = [socket.socket() for _ in range(20)]
for connection in connections:
    connection.setblocking(False)
    connection.connect_ex(('$vip', 21))"
# Of netlink's netfilter sockets one has lost something.
lab_wait_for "in_director awk '\$2 == 12 && \$9 > 0 { found = 1 } END { exit !found }' /proc/net/netlink" 30
kill -CONT "$(<"$LAB_STATE/ftpalgd.pid")"
broken queue_undelivered "packets of queue 2100 found no room"
gateway_stop
gateway_start "$settings"
mended queue_undelivered "a restart"

# It runs, and is looked for elsewhere: no word of its end.
socket=$LAB_STATE/absent
broken unreachable "ftpalgd runs as process $(<"$LAB_STATE/ftpalgd.pid"), and does not answer at $socket"
[[ -z $(mend_of queue_taken)$(mend_of not_running) ]] || { cat "$LAB_STATE/doctor"; lab_fail "more than unreachable"; }
gateway_stop
mended unreachable "its end"
socket=

# The daemon does not run, its queue is another's, its table is not what it was.
broken not_running "ftpalgd does not run: $control"
lab_spawn holder director "$here/queue_socket.py" 0 2100 bind
lab_wait_for "in_director grep -q '^ *2100 ' /proc/net/netfilter/nfnetlink_queue" 30
broken queue_taken "queue 2100 is bound by queue_socket.py, process "
lab_kill holder
mended queue_taken "the end of that process"
broken not_running "ftpalgd does not run: $control"
[[ $mend == "systemctl start ftpalgd" ]] || lab_fail "not_running: $mend"
in_director nft 'delete table inet ftpalgd; add table inet ftpalgd;
	add chain inet ftpalgd divert { type filter hook prerouting priority 0; }'
broken ruleset_order "chain divert of table inet ftpalgd is not at its place"
mends ruleset_order "s,/etc/ftpalgd/ftpalgd.nft,$LAB_TOP/etc/ftpalgd.nft,"
gateway_start "$settings"
mended not_running
status=0
in_director setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	"$ctl" -s "$LAB_STATE/absent" --json doctor >"$LAB_STATE/doctor" || status=$?
((status == 3)) && [[ $(mend_of privileges) == "run it as root, or while ftpalgd is running" ]] || { cat "$LAB_STATE/doctor"; lab_fail "privileges"; }
if grep -q lab.control /proc/cmdline; then
	mkdir -p /etc/ftpalgd
	echo 'discver = true;' >/etc/ftpalgd/ftpalgd.conf
	socket=$LAB_STATE/absent
	broken configuration 'unknown key'
	[[ $mend == "ftpalgd --check" ]] || lab_fail "configuration: $mend"
	echo >/etc/ftpalgd/ftpalgd.conf
	mended configuration "its repair"
fi
gateway_stop
lab_down
