#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guard: nothing reaches the passive ports unless a dialogue asked for it, and nothing else is
# touched: neither other ports nor other services of the same address.
. "$(dirname "$0")/gateway.sh"

lab_up families=4
lab_server vsftpd rs1
lab_server vsftpd rs2
# A persistent service on port 21, as directors have it, lets every high port through; another
# service of the same address is none of ours.
in_director ipvsadm -E -t "$vip:21" -s rr -p 300
in_director ipvsadm -A -t "$vip:8080" -s rr
in_director ipvsadm -a -t "$vip:8080" -r "$rs1" -m
lab_spawn web rs1 python3 -m http.server 8080 --directory /usr/share/common-licenses
for server in rs1 rs2; do
	lab_spawn "stray-$server" $server python3 -m http.server 50005 --directory /usr/share/common-licenses
	lab_wait_listen "$server" 50005
done
lab_wait_listen rs1 8080
stray() { in_client curl -sS --connect-timeout 3 -o /dev/null "http://$vip:$1/GPL-2"; }

services="services = ( { name = \"ftp\"; virtual = \"$vip:21\"; passive_ports = \"50000-50010\"; } );"
gateway_start "$services"
stray 50005 || lab_fail "without guard the port is open through the persistent service"
gateway_stop
gateway_start "$services guard = true;"
! stray 50005 || lab_fail "an unexpected connection to a passive port goes through"
stray 8080 || lab_fail "another service is cut off"
for _ in 1 2 3; do
	passive_curl -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || lab_fail "an expected connection is dropped"
	cmp "$LAB_STATE/got" "$LAB_STATE/big"
done
gateway_stop
lab_down
