#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ftpalgctl shows the sessions of a running gateway, its counters and its health, and changes it.
. "$(dirname "$0")/gateway.sh"

ctl=$LAB_BUILD/src/ctl/ftpalgctl
control=$LAB_STATE/run/control

gateway_up families=4
cat >"$LAB_STATE/hold.py" <<-'END'
	import ftplib, os, sys, time
	def wait_for(name):
	    while not os.path.exists(sys.argv[2] + "/" + name):
	        time.sleep(0.05)
	wait_for("go")
	ftp = ftplib.FTP(sys.argv[1], "test", "test", timeout=30)
	ftp.trust_server_pasv_ipv4_address = True
	ftp.retrbinary("RETR big", lambda data: None)
	ftp.sendcmd("PASV")
	open(sys.argv[2] + "/transferred", "w").close()
	wait_for("release")
	ftp.quit()
END
lab_spawn holder client python3 "$LAB_STATE/hold.py" "$vip" "$LAB_STATE"
gateway_start "control = { socket = \"$control\"; group = \"root\"; };"
in_director python3 "$(dirname "$0")/control_checks.py" "$control" "$ctl" "$vip" "$client" "$LAB_STATE"
gateway_stop

status=0
in_director "$ctl" -s "$control" doctor >"$LAB_STATE/doctor" || status=$?
cat "$LAB_STATE/doctor"
((status == 2)) && grep -q 'ftpalgd does not run' "$LAB_STATE/doctor" || lab_fail "doctor without a daemon"
status=0
"$ctl" -s "$control" status 2>"$LAB_STATE/error" || status=$?
((status == 2)) && grep -q 'ftpalgd does not run' "$LAB_STATE/error" || lab_fail "without a daemon: $status"
lab_down
