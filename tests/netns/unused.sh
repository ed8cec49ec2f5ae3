#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Data connections that never come, because something before the director drops them: ftpalgctl counts
# them, remembers them, and says so to who asks about the client. Those that come are not counted.
. "$(dirname "$0")/gateway.sh"

gateway_up families=4
gateway_start 'timeouts = { opening = 5; };'
ctl() { in_director "$LAB_BUILD/src/ctl/ftpalgctl" "$@"; }
unused() { ctl --json stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["total"]["unused"])'; }
# A firewall that lets nothing but control connections out to the virtual address.
wall() { in_client nft "table inet wall { chain out { type filter hook output priority 0; ip daddr $vip tcp dport != 21 drop; }; }"; }

for _ in 1 2 3; do passive_curl -o /dev/null "ftp://test:test@$vip/small" || lab_fail "a transfer without the firewall"; done
wall
for _ in 1 2; do
	! passive_curl --connect-timeout 1 -o /dev/null "ftp://test:test@$vip/small" 2>/dev/null || lab_fail "the firewall lets it pass"
done
lab_wait_for '(($(unused) == 2))' 40
in_client nft delete table inet wall

# Two announcements in one session: the second takes the place of the first.
in_client python3 - "$vip" "$(dirname "$0")" <<'END' || lab_fail "see above"
import sys
sys.path.insert(0, sys.argv[2])
from ftp_client import Control
session = Control(sys.argv[1])
session.passive()
session.download("small")
session.quit()
END
lab_wait_for '(($(unused) == 3))' 40
ctl explain "$client" >"$LAB_STATE/said"
grep -q "passive mode: 3 of 7 data connections never came" "$LAB_STATE/said" || { cat "$LAB_STATE/said"; lab_fail "explain does not say it"; }
ctl recent | grep "no data connection came to $vip:" >/dev/null || lab_fail "recent does not say it"
ctl metrics >"$LAB_STATE/metrics"
grep -q '^ftpalgd_service_openings_unused_total{.*} 3$' "$LAB_STATE/metrics" || lab_fail "not among the metrics of the service"
gateway_stop
lab_down
