#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by hand. Five servers behind the director, with listeners that nobody may reach: attack_list.py has the
# attacks that try to have one opened, attacks.py how success is told. Afterwards ordinary clients are served.
#
# ATTACKS=all: the whole matrix, with LAB_TEST_LIMIT=3000, best a server at a time (SERVERS=vsftpd).
# GROUPS_OF=names,paced: some of them. GATEWAY=ip_vs_ftp: the kernel's module instead, for the record.
# shellcheck disable=SC2154 # addresses come from lab_up
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

amount=${ATTACKS:-short} gateway=${GATEWAY:-ftpalgd}
[[ $gateway != ip_vs_ftp || ! -e /sys/module/ip_vs_ftp ]] || lab_skip "ip_vs_ftp is loaded already"
lab_up ipvs=no capture=no
targets=() addresses=() routes=() services=() listed=()
n=0
for server in proftpd pyftpdlib pureftpd inetutils vsftpd; do
	n=$((n + 1))
	[[ " ${SERVERS:-$server} " == *" $server "* ]] || continue
	ports=50${n}00-50${n}99
	"$LAB_TOP/tests/lab/servers/start" "$server" rs1 any 210$n --passive "$ports"
	for pair in "192.0.2.2$n $rs1" "2001:db8::2$n $rs1_6"; do
		read -r address real <<<"$pair"
		bits=32 gate=$(lab_gateway "$client")
		[[ $address != *:* ]] || bits=128 gate=$(lab_gateway "$client6")
		addresses+=("address add $address/$bits dev outside")
		routes+=("route add $address/$bits via $gate")
		services+=("-A -t $(lab_bracket "$address"):21 -s rr" "-a -t $(lab_bracket "$address"):21 -r $(lab_bracket "$real"):210$n -m")
		listed+=("{ name = \"$server-$bits\"; virtual = \"$(lab_bracket "$address"):21\"; passive_ports = \"30000-30099\"; }")
		targets+=("$server=$address=$ports=$LAB_STATE/$server-rs1.root")
	done
done
printf '%s\n' "${addresses[@]}" | in_director ip -batch -
printf '%s\n' "${routes[@]}" | in_client ip -batch -
printf '%s\n' "${services[@]}" | in_director ipvsadm -R
in_client nft "$(python3 -B -c "import sys; sys.path.insert(0, '$here'); import raw_tcp; print(raw_tcp.QUIET)")"
for port in 3306 8888; do
	lab_spawn "secret-$port" rs1 python3 -c "
import socket
s = socket.create_server(('::', $port), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    c, _ = s.accept()
    c.sendall(b'secret')
    c.close()"
	lab_wait_listen rs1 "$port"
done

attack() {	# PROCESS GROUPS
	LAB_COMMAND_LIMIT=3000 in_client python3 -B "$here/attacks.py" "$1" "$client" "$client6" "$2" "$amount" "${targets[@]}"
}
# Every opening that the daemon tells of is one of the server's own ports.
own_ports() {
	! sed -n 's/.*debug: [A-Z]*: client .* may open .*, which is .*:\([0-9]*\)$/\1/p' "$LAB_STATE/ftpalgd.log" |
		awk '$1 < 50100 || $1 > 50599 { print "opened: " $1; bad = 1 } END { exit !bad }'
}

if [[ $gateway == ip_vs_ftp ]]; then
	modprobe ip_vs_ftp || lab_skip "no ip_vs_ftp"
	lab_spawn director director sleep infinity
	amount=record
	attack "$(<"$LAB_STATE/director.pid")" "${GROUPS_OF:-all}" || true
	lab_down
	rmmod ip_vs_ftp
	exit 0
fi
failed=
gateway_start
attack "$(<"$LAB_STATE/ftpalgd.pid")" "${GROUPS_OF:-all}" || failed="no named range"
own_ports || failed+=" the daemon's word"
gateway_stop
list=$(printf ', %s' "${listed[@]}")
gateway_start "services = ( ${list#, } ); guard = true;"
attack "$(<"$LAB_STATE/ftpalgd.pid")" "${GROUPS_OF:-names,foreign}" || failed+=" guard"
gateway_stop
[[ -z $failed ]] || lab_fail "$failed"
lab_down
