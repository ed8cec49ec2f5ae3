#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by hand: make check-lab leaves it out.
# Sessions that go from one director to the other and back, three times: an FTP session that asks for transfers
# after each change, one whose transfer runs while they change, so that the server speaks first, and a
# connection of a service that is not FTP. None is reset, and every transfer works.
# shellcheck disable=SC2154 # addresses come from pair.sh
. "$(dirname "$0")/pair.sh"
here=$(cd "$(dirname "$0")" && pwd)

# tell WORDS: the client's answer to a command is its next line.
tell() {
	local answer=
	echo "$*" >&"${sessions[1]}"
	read -r -t 120 answer <&"${sessions[0]}" || true
	[[ $answer == done* ]] || lab_fail "$when: $* fails: $answer"
	port=${answer#done }
}
# Every connection that is to go on has been told to the other director.
known_to() {	# N PORT
	lab_wait_for "pair_in $1 ipvsadm -Lnc | grep -E 'ESTABLISHED +$client:$2 '" 90 ||
		lab_fail "$when: director $1 does not know the connection of port $2"
}
hand_over_to() {	# N
	when="before director $1"
	tell start
	known_to "$1" "$port"
	pair_priority 1 $((1 == $1 ? 0 : -50))
	pair_is_master "$1"
	when="on director $1, turn $turn"
	tell finish
	tell echo
	tell download
}

pair_up
pair_echo
pair_gateway 1
pair_gateway 2
pair_keepalived 1
pair_is_master 1
pair_keepalived 2
when="at the start"
coproc sessions { LAB_COMMAND_LIMIT=600 in_client python3 -B "$here/pair_sessions.py" "$vip" 7 2>&1; }
tell echo
tell download
for port in $port; do known_to 2 "$port"; done
for turn in 1 2 3; do
	hand_over_to 2
	hand_over_to 1
done
lab_down
