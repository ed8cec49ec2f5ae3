#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Passive replies in every wording and segmentation, where the virtual service's address is as long
# as, shorter than, and longer than the server's: the client gets the same text, and its data.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

for addresses in "192.0.2.10 10.0.0.2 10.0.0.3" \
	"1.1.1.1 192.168.100.102 192.168.100.103 usual bare words multiline" \
	"203.200.113.110 1.0.0.2 1.0.0.3 usual bare tight extended"; do
	read -r vip rs1 rs2 wordings <<<"$addresses"
	lab_up families=4 vip="$vip" rs1="$rs1" rs2="$rs2"
	lab_spawn odd1 rs1 "$here/odd_server.py" "$rs1" 21
	lab_spawn odd2 rs2 "$here/odd_server.py" "$rs2" 21
	gateway_start
	for server in rs1 rs2; do
		lab_wait_listen "$server" 21
	done
	# shellcheck disable=SC2086 # several words, or none for all of them
	LAB_COMMAND_LIMIT=1000 in_client "$here/odd_client.py" "$vip" 21 $wordings || lab_fail "VIP $vip, servers $rs1"
	gateway_stop
	lab_down
done
