#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The virtual service vanishes from IPVS for some seconds (ipvsadm -C; ipvsadm -R): a session that was
# there before gets its next transfer.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

gateway_up families=4
gateway_start
uptime() { in_director "$LAB_BUILD/src/ctl/ftpalgctl" --json status | python3 -c 'import json, sys; print(int(json.load(sys.stdin)["uptime"]))'; }

cat >"$LAB_STATE/session.py" <<END
import sys
sys.path.insert(0, "$here")
from ftp_client import Control
session = Control("$vip")
for line in sys.stdin:
    print("got", len(session.download("small")), flush=True)
END
coproc session { LAB_COMMAND_LIMIT=100 in_client python3 "$LAB_STATE/session.py"; }
get() {	# BYTES WHEN
	local line
	echo get >&"${session[1]}"
	read -r -t 60 line <&"${session[0]}" || lab_fail "no answer $2"
	[[ $line == "got $1" ]] || lab_fail "$line $2"
}

get 13 "before"
in_director ipvsadm -S -n >"$LAB_STATE/services"
in_director ipvsadm -C
# Two looks of the daemon at IPVS, which are two seconds apart.
# shellcheck disable=SC2034 # for the condition below
until=$(($(uptime) + 5))
lab_wait_for '(($(uptime) >= until))' 20
in_director nft list set inet ftpalgd services4 | grep "$vip . 21" >/dev/null || lab_fail "the service is not served any more"
in_director ipvsadm -R <"$LAB_STATE/services"
get 13 "after the service was away"
! grep -c "serving" "$LAB_STATE/ftpalgd.log" | grep -vx 1 || lab_fail "services changed in the log"
gateway_stop
lab_down
