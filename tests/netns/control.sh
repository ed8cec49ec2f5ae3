#!/bin/bash
# ftpalgctl shows the sessions of a running gateway, its counters and its health, and changes it.
. "$(dirname "$0")/gateway.sh"

ctl() { in_director "$LAB_BUILD/src/ctl/ftpalgctl" -s "$LAB_STATE/run/control" "$@"; }
json() { ctl --json "$@"; }
field() { python3 -c 'import json,sys; v = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
expect() {	# COMMAND EXPRESSION VALUE
	local got
	got=$(json $1 | field "$2")
	[[ $got == "$3" ]] || lab_fail "$1: $2 is $got, not $3"
}

gateway_up families=4
control="control = { socket = \"$LAB_STATE/run/control\"; group = \"root\"; };"
gateway_start "$control"
[[ $(stat -c %a "$LAB_STATE/run/control") == 660 ]] || lab_fail "the socket's mode"

expect status 'v["health"]' fine
expect status 'v["ruleset"]' effective
expect status 'v["services"]' 1
expect status 'v["backup"]["interface"]' lo
expect status 'all(q["bound"] for q in v["queues"])' True
expect services 'v["services"][0]["address"]' "$vip:21"
expect services 'v["services"][0]["ipvs"]["masquerading"]' 2

# A session that lasts until its standard input ends, with one passive transfer.
mkfifo "$LAB_STATE/hold"
cat >"$LAB_STATE/hold.py" <<-'END'
	import ftplib, sys
	ftp = ftplib.FTP(sys.argv[1], "test", "test", timeout=30)
	ftp.trust_server_pasv_ipv4_address = True
	ftp.retrbinary("RETR big", lambda data: None)
	print("ready", flush=True)
	sys.stdin.readline()
	ftp.quit()
END
lab_spawn holder client bash -c "python3 $LAB_STATE/hold.py $vip <$LAB_STATE/hold"
exec {hold}<>"$LAB_STATE/hold"
lab_wait_for "grep -q ready $LAB_STATE/holder.log" 30

ctl status
ctl services
ctl sessions
ctl stats
expect sessions 'len(v["sessions"])' 1
expect sessions 'v["sessions"][0]["openings"]' 1
expect sessions 'v["sessions"][0]["helper"]' True
expect "sessions --client $client" 'len(v["sessions"])' 1
expect "sessions --client 198.51.100.99" 'len(v["sessions"])' 0
expect "sessions --service $vip" 'len(v["sessions"])' 1
expect stats 'v["total"]["openings"]["PASV"]' 1
expect stats 'v["services"][0]["counters"]["sessions"]' 1
ctl metrics | grep -qx 'ftpalgd_openings_total{mode="PASV"} 1' || lab_fail "metrics"

echo "$control log = { level = \"warning\"; };" >"$LAB_STATE/ftpalgd.conf"
ctl reload | grep -q 'log.level: .* -> ' || lab_fail "reload does not say what changes"
expect status 'v["log"]' warning
echo "gaurd = true;" >"$LAB_STATE/ftpalgd.conf"
status=0
ctl reload 2>"$LAB_STATE/error" || status=$?
((status == 1)) && grep -q 'guard' "$LAB_STATE/error" || lab_fail "a bad configuration is taken"
ctl log debug
expect status 'v["log"]' debug
expect sessions 'len(v["sessions"])' 1

echo >&"$hold"
lab_wait_for '[[ $(json sessions | field "[s[\"state\"] for s in v[\"sessions\"]] in ([], [\"closing\"])") == True ]]' 10 ||
	lab_fail "the session does not end"

status=0; ctl nonsense 2>/dev/null || status=$?
((status == 2)) || lab_fail "a wrong command ends with $status"
gateway_stop
status=0; ctl status 2>"$LAB_STATE/error" || status=$?
((status == 1)) && grep -q 'is ftpalgd running' "$LAB_STATE/error" || lab_fail "without a daemon: $status"
lab_down
