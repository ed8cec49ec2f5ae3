#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The director as an end of control connections: a client of its own service (a health check), and a real
# server of it (LocalNode). Passive and active, in both forwardings.
. "$(dirname "$0")/gateway.sh"

own=10.0.0.1
gateway_up families=4
"$lab_directory/servers/start" vsftpd director "$own" 21 --passive 40000-40100
whoami_of() { in_namespace "$1" curl -sS --connect-timeout 3 --max-time 20 "${@:2}" "ftp://test:test@$vip/whoami"; }
believe="--disable-epsv --no-ftp-skip-pasv-ip"
real_servers() { in_director ipvsadm -C; in_director ipvsadm -R; }

for forwarding in ipvs conntrack; do
	real_servers <<<"-A -t $vip:21 -s rr
-a -t $vip:21 -r $rs1:21 -m"
	gateway_start "forwarding = \"$forwarding\"; services = ( { name = \"ftp\"; virtual = \"$vip:21\";
		servers = ( { real = \"$own\"; passive_ports = \"40000-40100\"; } ); } );"
	# shellcheck disable=SC2086 # options
	for how in "$believe" "--disable-eprt -P -" ""; do
		[[ $(whoami_of director $how) == rs1 ]] || lab_fail "the director as a client, $forwarding, ${how:-EPSV}"
	done
	real_servers <<<"-A -t $vip:21 -s rr
-a -t $vip:21 -r $own:21 -m"
	# shellcheck disable=SC2086 # options
	for how in "$believe" "--disable-eprt -P -" ""; do
		[[ $(whoami_of client $how) == director ]] || lab_fail "the director as a real server, $forwarding, ${how:-EPSV}"
	done
	gateway_stop
done
lab_down
