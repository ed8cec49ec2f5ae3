#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real clients against real servers: download and upload of 5 MB, content compared: those clients that
# take an announced address at its word, in passive mode, each through a virtual address that has as
# many characters as the server's, more, and fewer. MATRIX=full (by hand, with LAB_TEST_LIMIT=3000):
# every client, mode, address family and way of forwarding, with a small file.
#
# One topology for all, since an emulated machine takes longer to make one than for many transfers.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

failures=0
run() {	# FILE CLIENTS MODES TARGET...
	LAB_COMMAND_LIMIT=3000 in_client "$here/matrix.py" "$LAB_STATE/ftpalgd.log" "$@" || failures=$((failures + $?))
}

# Server N at 10.0.0.10N, behind three addresses.
honest() {
	local n=0 server vip targets=() addresses=() routes=() services=()
	lab_up capture=no families=4 ipvs=no
	for server in ${SERVERS:-vsftpd proftpd pureftpd pyftpdlib}; do
		n=$((n + 1))
		for vip in 192.0.2.2$n 203.200.113.11$n 1.1.1.$n; do
			addresses+=("address add $vip/32 dev outside")
			routes+=("route add $vip via 198.51.100.1")
			services+=("-A -t $vip:21 -s rr" "-a -t $vip:21 -r 10.0.0.10$n:21 -m")
			targets+=("$server=$vip=$LAB_STATE/$server-rs1.root")
		done
		in_rs1 ip address add 10.0.0.10$n/24 dev eth0
		"$LAB_TOP/tests/lab/servers/start" "$server" rs1 10.0.0.10$n 21
	done
	printf '%s\n' "${addresses[@]}" | in_director ip -batch -
	printf '%s\n' "${routes[@]}" | in_client ip -batch -
	printf '%s\n' "${services[@]}" | in_director ipvsadm -R
	gateway_start
	run "$LAB_STATE/big" tnftp,wget,ncftp,curl PASV "${targets[@]}"
	gateway_stop
}

full() {
	local forwarding server root
	export TRY=${TRY:-yes}	# what clients cannot: with the first server
	lab_up capture=no
	# One real server is enough: the other one would only be another of its kind.
	in_director ipvsadm -d -t "$vip:21" -r "$rs2:21"
	in_director ipvsadm -d -t "[$vip6]:21" -r "[$rs2_6]:21"
	for server in ${SERVERS:-vsftpd proftpd pureftpd inetutils pyftpdlib}; do
		lab_server "$server" rs1
		root=$LAB_STATE/$server-rs1.root
		cp "$root/small" "$LAB_STATE/small"
		for forwarding in ipvs conntrack; do
			gateway_start "forwarding = \"$forwarding\";"
			echo "--- $server, forwarding $forwarding"
			run "$LAB_STATE/small" "${CLIENTS:-all}" all "$server=$vip=$root" "$server=$vip6=$root"
			gateway_stop
			TRY=no
		done
		lab_kill "$server-rs1"
	done
}

if [[ ${MATRIX:-} == full ]]; then full; else honest; fi
((failures == 0)) || lab_fail "$failures transfers"
