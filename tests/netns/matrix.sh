#!/bin/bash
# Real clients against real servers: download and upload of 5 MB, content compared.
#
# Without arguments of its own: the honest clients in passive mode over IPv4 against two servers, with
# the virtual service's address as long as, shorter than and longer than the server's. With
# MATRIX=full: every client, server, mode, address family and way of forwarding (make check-matrix).
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

failures=0
run() {	# SERVER FORWARDING FAMILIES VIP RS1 RS2 CLIENT...
	local server=$1 forwarding=$2
	lab_up capture=no families="$3" vip="$4" rs1="$5" rs2="$6"
	shift 6
	lab_server "$server" rs1
	lab_server "$server" rs2
	gateway_start "forwarding = \"$forwarding\";"
	echo "--- $server, forwarding $forwarding, service $vip, servers $rs1 and $rs2"
	LAB_COMMAND_LIMIT=3000 in_client "$here/matrix.py" "$vip" "$vip6" "$server" "$LAB_STATE/ftpalgd.log" \
		"$LAB_STATE/big" "$LAB_STATE/$server-rs1.root:$LAB_STATE/$server-rs2.root" "$@" ||
		failures=$((failures + $?))
	gateway_stop
	lab_down
}

if [[ ${MATRIX:-} == full ]]; then
	for server in ${SERVERS:-vsftpd proftpd pureftpd inetutils pyftpdlib}; do
		for forwarding in ipvs conntrack; do
			run "$server" $forwarding "4 6" 192.0.2.10 10.0.0.2 10.0.0.3
		done
	done
else
	export MODES=PASV
	for server in ${SERVERS:-vsftpd proftpd}; do
		run "$server" ipvs 4 192.0.2.10 10.0.0.2 10.0.0.3 tnftp wget ncftp curl
		run "$server" ipvs 4 1.1.1.1 192.168.100.102 192.168.100.103 tnftp curl
		run "$server" ipvs 4 203.200.113.110 1.0.0.2 1.0.0.3 wget ncftp
	done
fi
((failures == 0)) || lab_fail "$failures transfers"
