#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by hand: make check-lab leaves it out.
# conntrack's table is flushed while sessions go on: they are taken up with their first packet, that of the
# client, which asks for a transfer, and that of the server, which tells the end of one. Nobody else's
# packets are kept: what IPVS does not know is answered as ever.
# shellcheck disable=SC2154 # addresses come from lab_up
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

tell() {
	local answer=
	echo "$*" >&"${sessions[1]}"
	read -r -t 120 answer <&"${sessions[0]}" || true
	[[ $answer == done* ]] || lab_fail "turn $turn: $* fails: $answer"
}

gateway_up families=4
gateway_start
coproc sessions { LAB_COMMAND_LIMIT=600 in_client python3 -B "$here/pair_sessions.py" "$vip" 2>&1; }
for turn in 1 2 3; do
	tell start
	in_director conntrack -F
	tell finish
	in_director conntrack -F
	tell download
done
grep -q "that conntrack did not know, taken up" "$LAB_STATE/ftpalgd.log" || lab_fail "the log does not say so"

# An acknowledgement of no connection that IPVS knows: sent again, it gets its RST.
in_client python3 -B "$here/stray_segment.py" "$vip" 21 || lab_fail "a stray segment is not answered"
gateway_stop TERM
lab_down
