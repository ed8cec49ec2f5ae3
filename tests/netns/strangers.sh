#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets in the name of others: made-up RST, FIN, text and acknowledgements in a session whose sequence
# numbers are corrected, and more made-up handshakes than sessions may be. Transfers go on.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up families=4 capture=no vip=203.200.113.110 rs1=1.0.0.2 rs2=1.0.0.3
for server in rs1 rs2; do
	lab_spawn "odd-$server" $server "$here/odd_server.py" "${!server}" 21
	lab_wait_listen "$server" 21
done
# The way back to the made-up addresses, behind which is nobody.
in_director ip route add 198.18.0.0/16 via "$client"
in_client ip route add blackhole 198.18.0.0/16
gateway_start 'limits = { sessions = 16; };'

in_client python3 "$here/strangers.py" forge "$vip" || lab_fail "see above"
in_director "$LAB_BUILD/src/ctl/ftpalgctl" --json stats >"$LAB_STATE/stats"
python3 - "$LAB_STATE/stats" <<'END' || lab_fail "what was made up is not counted"
import json, sys
stats = json.load(open(sys.argv[1]))
sys.exit(stats["total"]["reasons"]["out_of_window"] < 50)
END

in_client python3 "$here/strangers.py" flood "$vip" 60 || lab_fail "see above"
in_director "$LAB_BUILD/src/ctl/ftpalgctl" --json sessions >"$LAB_STATE/sessions"
grep -q '"half-open"' "$LAB_STATE/sessions" || lab_fail "no handshake came as far as the gateway"
gateway_stop
lab_down
