#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by hand: make check-lab leaves it out.
# Transfers that last longer than IPVS' time-out, which is made short: their control connections are silent,
# have seen a STAT answered meanwhile, or are encrypted, and each gets its 226. SESSIONS (60): how many.
# shellcheck disable=SC2154 # addresses come from lab_up
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)
sessions=${SESSIONS:-60}

lab_up families=4 capture=no
in_director ipvsadm --set 15 10 10
for server in rs1 rs2; do
	lab_spawn "slow-$server" $server prlimit --nofile=20000 python3 -B "$here/slow_server.py" "$server_port"
	lab_wait_listen $server "$server_port"
done
gateway_start "guard = false;"
LAB_COMMAND_LIMIT=1000 in_client prlimit --nofile=20000 python3 -B "$here/slow_client.py" "$vip" "$sessions" || lab_fail "see above"
gateway_stop TERM
! grep "known to IPVS" "$LAB_STATE/ftpalgd.log" || lab_fail "see above"
lab_down
