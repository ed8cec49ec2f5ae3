#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # addresses come from lab_up
# What odd servers say and odd clients ask, as people have reported it, through the gateway: every file
# arrives. field.py has the clients and dialogues, field_server.py the server's replies.
#
# FIELD=K3: only the cases whose names begin so. GATEWAY=none: without the daemon, all fail.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up capture=no
ranged=192.0.2.11
in_director ip address add $ranged/32 dev outside
in_client ip route add $ranged via "$(lab_gateway "$client")"
in_director ipvsadm -R <<-END
	-A -t $ranged:21 -s rr
	-a -t $ranged:21 -r $rs1:21 -m
	-d -t $vip:21 -r $rs2:21
	-d -t [$vip6]:21 -r [$rs2_6]:21
END
lab_spawn field rs1 python3 -B "$here/field_server.py" 21
lab_wait_listen rs1 21
daemon=0
if [[ ${GATEWAY:-} != none ]]; then
	gateway_start "services = ( { name = \"ranged\"; virtual = \"$ranged:21\"; servers = ( { real = \"$rs1\"; passive_ports = \"990\"; } ); } );"
	daemon=$(<"$LAB_STATE/ftpalgd.pid")
fi
mkdir "$LAB_STATE/got"
LAB_COMMAND_LIMIT=400 in_client python3 -B "$here/field.py" "$vip" "$vip6" "$ranged" "$LAB_STATE/got" "$LAB_PREFIX" "$daemon" "${FIELD:-}" ||
	lab_fail "field"
gateway_stop
lab_down
