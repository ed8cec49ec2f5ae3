#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A reload is whole or not at all: where the ruleset cannot be loaded, openings live as long as before.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

gateway_up families=4 capture=no
config() { echo "discover = false; services = ( { name = \"ftp\"; virtual = \"$vip:21\"; } ); timeouts = { opening = $1; };"; }
opening_seconds() {
	in_client python3 -c "
import sys
sys.path.insert(0, '$here')
from ftp_client import Control
Control('$vip').passive()"
	in_director conntrack -L expect 2>/dev/null | awk '{ print $1; exit }'
	in_director conntrack -F expect 2>/dev/null
}

gateway_start "$(config 300)"
kill -STOP "$(<"$LAB_STATE/ftpalgd.pid")"
in_director nft 'delete table inet ftpalgd; table inet ftpalgd { set services4 { type mark; }; }'
config 20 >"$LAB_STATE/ftpalgd.conf"
kill -HUP "$(<"$LAB_STATE/ftpalgd.pid")"
kill -CONT "$(<"$LAB_STATE/ftpalgd.pid")"
lab_wait_for "grep -q 'the configuration stays as it was' $LAB_STATE/ftpalgd.log" 30
lab_wait_for "grep -q 'it is complete again' $LAB_STATE/ftpalgd.log" 30
seconds=$(opening_seconds)
((seconds > 200)) || lab_fail "an opening lives $seconds s after a reload that failed, not 300"
kill -HUP "$(<"$LAB_STATE/ftpalgd.pid")"
lab_wait_for "grep -q 'configuration reloaded' $LAB_STATE/ftpalgd.log" 30
seconds=$(opening_seconds)
((seconds <= 20)) || lab_fail "an opening lives $seconds s after a reload, not 20"
gateway_stop
lab_down
