# SPDX-License-Identifier: GPL-2.0-or-later
# guide_page.sh: sourced by the tests of doc/guide. Runs a page: each block of commands where it says,
# in the topology, whose addresses the pages use, and each block of a file put in its place.
#
#	```sh director|client|server      commands; all of them must succeed
#	```file director PATH             a file
#
# systemctl and journalctl are stand-ins, for the daemon is not under systemd here.
# shellcheck shell=bash
# shellcheck source=tests/netns/gateway.sh
. "$(dirname "${BASH_SOURCE[0]}")/gateway.sh"

[[ $("$ftpalgd" --check 2>&1) == /etc/* ]] || lab_skip "built for another directory than /etc: the pages name files there"

# Outside a machine of the lab /etc is the host's: what is written goes to an overlay.
guide_up() {	# [NAME=VALUE]...
	lab_up families=4 capture=no "$@"
	if ! grep -q lab.control /proc/cmdline; then
		mkdir -p "$LAB_STATE/etc/upper" "$LAB_STATE/etc/work"
		mount -t overlay -o "lowerdir=/etc,upperdir=$LAB_STATE/etc/upper,workdir=$LAB_STATE/etc/work" guide /etc
	fi
	mkdir -p "$LAB_STATE/bin" /etc/ftpalgd /etc/keepalived
	cp "$LAB_TOP/etc/ftpalgd.nft" /etc/ftpalgd/
	echo >/etc/ftpalgd/ftpalgd.conf
	ln -s "$ftpalgd" "$LAB_BUILD/src/ctl/ftpalgctl" "$LAB_STATE/bin"
	guide_stand_ins
	lab_server vsftpd rs1 --passive 30000-30999
	lab_server vsftpd rs2 --passive 30000-30999
}

guide_stand_ins() {
	cat >"$LAB_STATE/bin/systemctl" <<-END
		#!/bin/bash
		set -e
		run() { "\$@" >>"$LAB_STATE/\$1.log" 2>&1 </dev/null & echo \$! >"$LAB_STATE/\$1.pid"; }
		runs() { grep -q '^State:.[^Z]' "/proc/\$1/status" 2>/dev/null; }
		end() {
			[[ -e $LAB_STATE/\$1.pid ]] || return 0
			pid=\$(<"$LAB_STATE/\$1.pid")
			kill "\$pid"
			while runs "\$pid"; do sleep 0.1; done
			rm "$LAB_STATE/\$1.pid"
		}
		ready() { for ((i = 0; i < 300; i++)); do ! ftpalgctl status >/dev/null 2>&1 || return 0; sleep 0.1; done; return 1; }
		case "\$*" in
		"enable --now ftpalgd" | "restart ftpalgd") end ftpalgd; run ftpalgd; ready ;;
		"reload ftpalgd") ftpalgd --check; kill -HUP "\$(<"$LAB_STATE/ftpalgd.pid")" ;;
		"restart keepalived") end keepalived; run keepalived -n -l -C -f /etc/keepalived/keepalived.conf ;;
		*) echo "no stand-in for systemctl \$*" >&2; exit 1 ;;
		esac
	END
	cat >"$LAB_STATE/bin/journalctl" <<-END
		#!/bin/bash
		[[ "\$1 \$2" == "-u ftpalgd" ]] && cat "$LAB_STATE/ftpalgd.log"
	END
	chmod +x "$LAB_STATE/bin/systemctl" "$LAB_STATE/bin/journalctl"
}

guide_run() {	# WHERE FILE
	echo "--- $1"
	cat "$2"
	PATH=$LAB_STATE/bin:$PATH "in_$1" bash -e "$2" || lab_fail "a command on the ${1/rs?/server} fails, the last one tried of: $(cat "$2")"
}

guide_serves() {
	lab_wait_for "in_director $LAB_BUILD/src/ctl/ftpalgctl services | grep '$vip:21' >/dev/null && in_director ipvsadm -Ln | grep Masq >/dev/null" 60 ||
		lab_fail "the service is not served"
}

guide_block() {	# FILE, its first line: KIND WHERE [PATH]
	local kind where path server
	read -r kind where path <"$1"
	sed -i 1d "$1"
	case $kind:$where in
	file:director) cp "$1" "$path" ;;
	sh:server) for server in rs1 rs2; do guide_run $server "$1"; done ;;
	sh:client) guide_serves; guide_run client "$1" ;;
	sh:director) guide_run director "$1" ;;
	*) lab_fail "a block that is neither command nor file: $kind $where" ;;
	esac
}

guide_page() {	# PAGE
	local block count=0
	echo "=== $1"
	rm -rf "$LAB_STATE/blocks"
	mkdir "$LAB_STATE/blocks"
	awk -v "out=$LAB_STATE/blocks/" '
		/^```./ { file = sprintf("%s%02d", out, ++n); print substr($0, 4) >file; next }
		/^```$/ { file = "" }
		file { print >file }' "$LAB_TOP/doc/guide/$1"
	for block in "$LAB_STATE"/blocks/*; do
		guide_block "$block"
		count=$((count + 1))
	done
	((count >= 3)) || lab_fail "$1 has $count blocks"
}

guide_down() {
	if [[ -e $LAB_STATE/keepalived.pid ]]; then lab_kill keepalived; fi
	gateway_stop
	in_director nft flush ruleset
	mountpoint -q /etc && umount /etc
	lab_down
}
