#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh: the gateway's job, to be watched. A client, a director with IPVS and
# two real servers in namespaces; the same download without ftpalgd and with it.
# Runs where tests/lab/boot puts it; `quickstart demo` calls it.
#
# Everything shown is what the programs themselves said: the replies are read
# off the wire in front of the servers and in the client's own trace.
#
# LAB_BUILD: the build directory. DEMO_COLOUR: not empty for colours.
# shellcheck disable=SC2154 # vip, client, rs1 and rs2 come from lab_defaults
# shellcheck disable=SC2016 # conditions for lab_wait_for
# shellcheck source=tests/netns/gateway.sh
. "$(dirname "$0")/../netns/gateway.sh"

if [[ -n ${DEMO_COLOUR:-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' cyan=$'\e[36m' plain=$'\e[0m'
else
	bold='' dim='' red='' green='' cyan='' plain=''
fi
heading() { printf '\n%s%s%s\n' "$bold$cyan" "$*" "$plain"; }
fact() { printf '   %-20s %s\n' "$1" "$2"; }
note() { printf '   %s%s%s\n' "$dim" "$*" "$plain"; }
shell() { printf '   %s$ %s%s   %s\n' "$bold" "$1" "$plain" "${2:-}"; }
verbatim() { sed "s/[[:space:]]*\$//; s/^/     /" | fold -s -w 96 | sed '2,$s/^\([^ ]\)/       \1/'; }

# The client that takes the announced address at its word, as most do (curl
# would otherwise quietly use the address of the control connection).
curl=(curl --disable-epsv --no-ftp-skip-pasv-ip)
url=ftp://test:test@192.0.2.10/big
download() {	# NAME OPTION...
	in_client "${curl[@]}" -sSv --connect-timeout 30 --max-time 60 "${@:2}" -o "$LAB_STATE/$1.got" \
		-w '%{size_download} %{speed_download} %{time_total}\n' "$url" \
		>"$LAB_STATE/$1.figures" 2>"$LAB_STATE/$1.trace"
}

# What left a server, seen on the director's inner side; what reached the client.
sent() { sed -n 's/.*\(227 [^()]*([0-9,]*)\.\?\).*/\1/p' "$LAB_STATE/wire.log" | tail -n 1; }
received() { sed -n 's/^< \(227 .*\)/\1/p' "$LAB_STATE/$1.trace" | tail -n 1 | sed 's/[[:space:]]*$//'; }
listen_to_wire() {
	lab_spawn wire director tcpdump -i inside -n -l -A 'tcp src port 21'
	lab_wait_for 'grep -q "listening on" $LAB_STATE/wire.log' 10
}
show_replies() {	# NAME
	lab_wait_for '[[ -n $(sent) ]]' 5
	fact "the server sent" "$(sent)"
	fact "the client got" "$(received "$1")"
	: >"$LAB_STATE/wire.log"
}

# What the client itself saw of it.
failed_with_gateway() {	# NAME
	tail -n 20 "$LAB_STATE/$1.trace"
	lab_fail "the transfer fails with the gateway"
}

# While nothing but control connections leaves the client, there is time to look.
hold_data_connections() {
	in_client nft 'table ip hold { chain out { type filter hook output priority 0; tcp flags & (syn | ack) == syn tcp dport != 21 drop; }; }'
}
let_data_connections_go() { in_client nft delete table ip hold; }

expectation() { in_director conntrack -L expect 2>/dev/null | grep "dst=$vip "; }
entries() { in_director ipvsadm -Lnc | sed 1,2d; }
data_entry() { entries | grep -v -e ':21 ' -e ' LISTEN '; }

show_picture() {
	heading "The network: four namespaces, IPVS in NAT mode, scheduler rr"
	sed 's/^/   /' <<-'END'
		client                director (IPVS, ftpalgd)           real servers
		198.51.100.2 ──────── VIP 192.0.2.10:21 ─────────┬────── 10.0.0.2:21  vsftpd
		no route to 10/8                                 └────── 10.0.0.3:21  proftpd
	END
}

show_without() {
	heading "1. Without ftpalgd"
	shell "${curl[*]} $url"
	if download without; then lab_fail "the transfer works without the gateway"; fi
	show_replies without
	fact "result" "${red}FAILED${plain}    $(grep -E '^\* .*(connect fail|refused|timed out)|^curl:' "$LAB_STATE/without.trace" | head -n 1 | cut -c 3-)"
}

# The packets of the control connections only: what passed through ftpalgd.
queued() { in_director cat /proc/net/netfilter/nfnetlink_queue | awk '{ n += $8 } END { print n + 0 }'; }

show_opening() {
	local transfer expected listening
	heading "2. With ftpalgd: the moment between the reply and the data connection"
	hold_data_connections
	download slow --limit-rate 1M &
	transfer=$!
	lab_wait_for expectation 20
	expected=$(expectation)
	listening=$(entries | grep LISTEN | tail -n 1)
	let_data_connections_go
	lab_wait_for '[[ -n $(data_entry) ]]' 20
	wait $transfer || failed_with_gateway slow
	cmp "$LAB_STATE/slow.got" "$LAB_STATE/big" || lab_fail "other content"

	show_replies slow
	note "Same length: a word gave way to the longer address, blanks fill the rest; nothing else to correct."
	shell "conntrack -L expect" "one data connection of this client is expected:"
	verbatim <<<"$expected"
	shell "ipvsadm -Lnc" "IPVS knows where it goes, and, a moment later, forwards it:"
	verbatim <<<"$listening"
	data_entry | verbatim
}

show_with() {
	local bytes speed seconds before where=
	[[ ! -e /run/lab/control ]] || where=" (emulated machine)"
	heading "3. With ftpalgd: the same transfer"
	before=$(queued)
	shell "${curl[*]} $url"
	download with || failed_with_gateway with
	cmp "$LAB_STATE/with.got" "$LAB_STATE/big" || lab_fail "other content"
	show_replies with
	read -r bytes speed seconds <"$LAB_STATE/with.figures"
	fact "result" "${green}COMPLETE${plain}  $bytes bytes in $seconds s, $(awk "BEGIN { printf \"%.1f\", $speed / 1e6 }") MB/s$where, content identical"
	fact "through ftpalgd" "$(($(queued) - before)) packets, all of the control connection; the data took the kernel's path"
}

lab_up families=4 capture=no
lab_server vsftpd rs1
lab_server proftpd rs2
listen_to_wire
show_picture
show_without
gateway_start ""
show_opening
show_with
gateway_stop
printf '\n%sThe same client and the same servers: fails without ftpalgd, works with it.%s\n' "$bold" "$plain"
