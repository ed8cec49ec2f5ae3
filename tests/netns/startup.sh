#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an operator gets wrong: one clear message that says what to do, the documented exit status,
# and nothing half-done stays behind.
. "$(dirname "$0")/gateway.sh"

lab_up families=4 capture=no
config=$LAB_STATE/ftpalgd.conf
echo >"$config"

# start_fails STATUS WORDS COMMAND...: it ends by itself with that status and says these words once.
start_fails() {
	local status=0 wanted=$1 words=$2
	shift 2
	in_director "$@" >"$LAB_STATE/said" 2>&1 || status=$?
	[[ $status == "$wanted" ]] || { cat "$LAB_STATE/said"; lab_fail "status $status, not $wanted: $words"; }
	[[ $(grep -c -- "$words" "$LAB_STATE/said") == 1 ]] || { cat "$LAB_STATE/said"; lab_fail "does not say once: $words"; }
}
no_helper_behind() {
	! in_director nft 'add table inet probe; add ct helper inet probe h { type "ftpalgd" protocol tcp; }' 2>/dev/null ||
		lab_fail "the conntrack helper stays behind"
}
nothing_behind() {
	! in_director nft list table inet ftpalgd >/dev/null 2>&1 || lab_fail "a ruleset stays behind"
	[[ -z $(in_director ipvsadm -L --daemon) ]] || lab_fail "a backup thread stays behind"
}

start_fails 2 "unrecognized option" "$ftpalgd" --nonsense
start_fails 2 "unexpected argument 'x'" "$ftpalgd" x
start_fails 1 "$LAB_STATE/absent" "$ftpalgd" -c "$LAB_STATE/absent"
printf 'discover = true;\nqueue = 1;\n' >"$config"
start_fails 1 "$config:2: .*queues" "$ftpalgd" -c "$config"
start_fails 1 "$config:2: .*queues" "$ftpalgd" --check -c "$config"
echo >"$config"
nothing_behind

start_fails 1 "CAP_NET_ADMIN" setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$ftpalgd" -c "$config"

in_director sysctl -qw net.ipv4.vs.conntrack=0
start_fails 1 "sysctl -w net.ipv4.vs.conntrack=1" "$ftpalgd" -c "$config"
in_director sysctl -qw net.ipv4.vs.conntrack=1
nothing_behind

# What a failed start had begun is taken back, the helper too: then no ruleset can name it.
echo 'sync = { interface = "absent0"; };' >"$config"
start_fails 1 "backup thread on absent0" "$ftpalgd" -c "$config"
nothing_behind
no_helper_behind
echo >"$config"

if modprobe ip_vs_ftp; then
	start_fails 1 "modprobe -r ip_vs_ftp" "$ftpalgd" -c "$config"
	rmmod ip_vs_ftp
	nothing_behind
fi

# A kernel without user-space helpers; only where the kernel is the test's own.
if grep -q lab.control /proc/cmdline; then
	modprobe -r nfnetlink_cthelper
	modprobe=$(sysctl -n kernel.modprobe)
	sysctl -qw kernel.modprobe=/bin/false
	start_fails 1 "nfnetlink_cthelper" "$ftpalgd" -c "$config"
	sysctl -qw "kernel.modprobe=$modprobe"
	nothing_behind
fi

# The include, loaded at boot and once more, before the daemon: nothing is diverted, and the daemon
# completes it. What --print-ruleset prints is what it loads.
for _ in 1 2; do
	in_director nft -f "$LAB_TOP/etc/ftpalgd.nft" || lab_fail "the include does not load"
done
! in_director nft list table inet ftpalgd | grep queue >/dev/null || lab_fail "the include diverts before the daemon"
gateway_start
in_director nft list table inet ftpalgd >"$LAB_STATE/loaded"
gateway_stop
in_director "$ftpalgd" -c "$config" --print-ruleset >"$LAB_STATE/printed"
in_director nft -f "$LAB_STATE/printed" || lab_fail "--print-ruleset prints no ruleset"
in_director nft list table inet ftpalgd | diff "$LAB_STATE/loaded" - || lab_fail "--print-ruleset differs from what is loaded"
in_director nft delete table inet ftpalgd

# A start that fails after it has filled the include's table (no memory for the worker) empties it.
in_director nft -f "$LAB_TOP/etc/ftpalgd.nft"
declared=$(in_director nft list table inet ftpalgd)
echo 'queues = { count = 1; }; limits = { sessions = 16777216; };' >"$config"
start_fails 1 "cannot start the worker of queue 2100" prlimit --as=1000000000 "$ftpalgd" -c "$config"
[[ $(in_director nft list table inet ftpalgd) == "$declared" ]] || lab_fail "rules stay behind in the include's table"
no_helper_behind
in_director nft delete table inet ftpalgd
start_fails 1 "cannot start the worker of queue 2100" prlimit --as=1000000000 "$ftpalgd" -c "$config"
nothing_behind
no_helper_behind
echo >"$config"

gateway_start
before=$(in_director nft list table inet ftpalgd)
start_fails 1 "taken by another process" "$ftpalgd" -c "$config"
[[ $(in_director nft list table inet ftpalgd) == "$before" ]] || lab_fail "a second daemon changed the ruleset"
gateway_stop
in_director nft delete table inet ftpalgd

# No service yet: it waits for one, and takes it up.
in_director ipvsadm -C
gateway_start
grep -q "no virtual service yet" "$LAB_STATE/ftpalgd.log" || lab_fail "does not say that there is no service"
in_director ipvsadm -A -t "$vip:21" -s rr
in_director ipvsadm -a -t "$vip:21" -r "$rs1:21" -m
lab_wait_for "in_director nft list set inet ftpalgd services4 | grep '$vip . 21'" 30
in_director ipvsadm -C
lab_wait_for "! in_director nft list set inet ftpalgd services4 | grep '$vip . 21'" 30
gateway_stop
lab_down
