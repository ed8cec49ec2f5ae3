#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A network that loses, doubles, delays and reorders packets on both sides of the director: replies
# whole and cut up, with and without a change of length, still give the client the same text and data.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

modprobe -q sch_netem || lab_skip "this kernel has no sch_netem"
lab_up families=4 vip=203.200.113.110 rs1=1.0.0.2 rs2=1.0.0.3
for server in rs1 rs2; do
	lab_spawn "odd-$server" $server "$here/odd_server.py" "${!server}" 21
	lab_wait_listen "$server" 21
done
gateway_start
for where in client rs1 rs2; do
	in_namespace $where tc qdisc add dev eth0 root netem delay 8ms 4ms reorder 25% loss 3% duplicate 3%
done
LAB_COMMAND_LIMIT=600 PATIENCE=60 in_client "$here/odd_client.py" "$vip" 21 usual tight multiline extended || lab_fail "see above"
grep -q "PASV: client" "$LAB_STATE/ftpalgd.log" || lab_fail "nothing was opened"
gateway_stop
lab_down
