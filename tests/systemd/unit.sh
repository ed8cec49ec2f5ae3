# SPDX-License-Identifier: GPL-2.0-or-later
# unit.sh: sourced by the tests of this folder. The unit as it is shipped, in the lab's director.
#
# $LAB_OUT/install holds the installed files (make install DESTDIR=...), see check_systemd. The
# daemon runs in the director's namespace by a drop-in; all else is the unit as it is shipped.
#
#   unit_install [LINE]...   installs the files and what the unit needs; more lines for the drop-in
#   property NAME            of the unit
#   journal [OPTION]...      of the unit, since the test began
#   stage WORDS, run COMMAND, give_up WORDS
#
# Whatever a test leaves behind, the next one finds the unit stopped and without drop-ins.
# shellcheck shell=bash
# shellcheck source=tests/netns/gateway.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/gateway.sh"
[[ -d /run/systemd/system ]] || lab_skip "systemd does not run"

unit_began=$EPOCHSECONDS
unit_drop_ins=/run/systemd/system/ftpalgd.service.d

property() { systemctl show -P "$1" ftpalgd; }
journal() { journalctl -q --no-pager -u ftpalgd --since "@$unit_began" "$@"; }
stage() { echo "=== $*, after $SECONDS s"; }
give_up() { lab_fail "$@"; }
run() { "$@" || give_up "$*"; }

# A process that has come into the place of the one named, and is ready.
replaced() {
	local state
	state=$(systemctl show -P ActiveState -P MainPID ftpalgd | sort | xargs)
	[[ $state == *" active" && $state != "0 "* && $state != "$1 "* ]]
}

# Reading all units again takes long in an emulated machine: only where it has to be.
unit_install() {
	run test -d "${LAB_OUT:?}/install"
	tar -C "$LAB_OUT/install" -c . | tar -C / -x --keep-directory-symlink
	run systemd-sysusers
	mkdir -p $unit_drop_ins
	printf '%s\n' "[Service]" "NetworkNamespacePath=/run/netns/$LAB_PREFIX-director" "$@" >$unit_drop_ins/lab.conf
	[[ $(property NeedDaemonReload) == no ]] || run systemctl daemon-reload
	run test -n "$(property NetworkNamespacePath)"
	run systemctl restart systemd-modules-load
}

unit_end() {
	local status=$?
	trap - EXIT
	set +e
	if ((status != 0 && status != 77)); then
		systemctl status --no-pager -l ftpalgd
		journal -n "${LAB_DUMP_LINES:-60}"
		lab_dump >&2
	fi
	systemctl stop ftpalgd 2>/dev/null
	systemctl reset-failed ftpalgd 2>/dev/null
	rm -rf $unit_drop_ins	# read again by the next test
	lab_down
	exit "$status"
}
trap unit_end EXIT
