#!/bin/bash
# Real clients against real servers: download and upload of 5 MB, content compared.
#
# Without arguments of its own: the honest clients in passive mode against four servers. With
# MATRIX=full: every client, server, mode, address family and way of forwarding (make check-matrix).
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${MATRIX:-} == full ]]; then
	servers="vsftpd proftpd pureftpd inetutils pyftpdlib" ways="ipvs conntrack" clients=()
else
	servers="vsftpd proftpd pureftpd pyftpdlib" ways=ipvs clients=(tnftp wget ncftp curl)
	export MODES=PASV
fi

failures=0
for server in ${SERVERS:-$servers}; do
	for forwarding in $ways; do
		lab_up capture=no
		lab_server "$server" rs1
		lab_server "$server" rs2
		gateway_start "forwarding = \"$forwarding\";"
		echo "--- $server, forwarding $forwarding"
		LAB_COMMAND_LIMIT=3000 in_client "$here/matrix.py" "$vip" "$vip6" "$server" "$LAB_STATE/ftpalgd.log" \
			"$LAB_STATE/big" "$LAB_STATE/$server-rs1.root:$LAB_STATE/$server-rs2.root" "${clients[@]}" ||
			failures=$((failures + $?))
		gateway_stop
		lab_down
	done
done
((failures == 0)) || lab_fail "$failures transfers"
