#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # addresses come from lab_up
# From no named range to one: doctor says what is missing, ranges proposes the lines from what the
# servers announce, they are pasted and reloaded, transfers go on and doctor is content. A listed
# server that IPVS does not have is found.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

control=$LAB_STATE/run/control
ctl() { in_director "$LAB_BUILD/src/ctl/ftpalgctl" -s "$control" "$@"; }
settings="queues = { count = 1; }; control = { socket = \"$control\"; group = \"root\"; };"
doctor() { ctl doctor >"$LAB_STATE/doctor" || true; }
reload() {	# the text on standard input
	local before
	before=$(grep -c 'configuration reloaded' "$LAB_STATE/ftpalgd.log" || true)
	cat >"$LAB_STATE/ftpalgd.conf"
	"$ftpalgd" -c "$LAB_STATE/ftpalgd.conf" --check || { cat "$LAB_STATE/ftpalgd.conf"; lab_fail "the configuration has a fault"; }
	kill -HUP "$(<"$LAB_STATE/ftpalgd.pid")"
	lab_wait_for "((\$(grep -c 'configuration reloaded' $LAB_STATE/ftpalgd.log) > $before))" 30
}
# Both servers in turn, that many transfers each.
transfers() {
	in_client python3 - "$vip" "$1" <<END
import sys
sys.path.insert(0, "$here")
from ftp_client import Control, check
sessions = [Control(sys.argv[1]) for _ in range(2)]
names = {s.download("whoami") for _ in range(int(sys.argv[2])) for s in sessions}
check(names == {b"rs1\n", b"rs2\n"}, f"data of {names}")
END
}

lab_up families=4 capture=no
lab_server vsftpd rs1 --passive 40000-40009
lab_server vsftpd rs2 --passive 41000-41009
gateway_start "$settings"
doctor
grep -q "no range of passive ports is named for the real server .* and 1 more of $vip:21" "$LAB_STATE/doctor" ||
	lab_fail "doctor says nothing: $(<"$LAB_STATE/doctor")"
ctl ranges >"$LAB_STATE/ranges"
grep -q 'There is nothing to propose' "$LAB_STATE/ranges" || lab_fail "a proposal out of nothing"

transfers 30
ctl ranges >"$LAB_STATE/ranges"
cat "$LAB_STATE/ranges"
lines=$(sed -n '/^services = (/,/^);/p' "$LAB_STATE/ranges")
for wanted in "real = \"$rs1\"; passive_ports = \"40000-40099\"" "real = \"$rs2\"; passive_ports = \"41000-41099\""; do
	[[ $lines == *"$wanted"* ]] || lab_fail "no line $wanted"
done
reload <<<"$settings
$lines"
transfers 3
doctor
! grep -q "no range of passive ports" "$LAB_STATE/doctor" || lab_fail "still no range: $(<"$LAB_STATE/doctor")"
ctl --json services | tr -d ' \n' | grep -qF "\"real\":\"$rs1\",\"passive_ports\":\"40000-40099\"" || lab_fail "services"

reload <<<"$settings
${lines/$rs2/10.0.0.99}"
doctor
grep -q "the listed real server 10.0.0.99 of $vip:21 is not in IPVS" "$LAB_STATE/doctor" || lab_fail "a server that is not there"
grep -q "is named for the real server $rs2 of $vip:21" "$LAB_STATE/doctor" || lab_fail "the one that is mistyped"
gateway_stop
lab_down
