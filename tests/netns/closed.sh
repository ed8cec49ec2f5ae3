#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # addresses come from lab_up
# Which ports of a real server are opened. Without a named range: none under 1024, none to which IPVS
# leads another service with this server, no closed one. With one: its ports, and no others. What is not
# opened is counted, and shown by ranges and doctor.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

control=$LAB_STATE/run/control
ctl() { in_director "$LAB_BUILD/src/ctl/ftpalgctl" -s "$control" "$@"; }
closed_count() {
	ctl --json stats | sed -n '/"total"/,/"services"/s/.*"port_\(closed\|privileged\)": \([0-9]*\).*/\2/p' |
		awk '{ sum += $1 } END { print sum }'
}

# The server listens on each port and announces it; opened or not as said, and counted.
announce() {	# opened|closed PORT...
	local before
	before=$(closed_count)
	in_client python3 - "$vip" "$rs1" "$@" <<END || lab_fail "$*"
import socket, sys
sys.path.insert(0, "$here")
from ftp_client import Control, check
vip, server, wanted, *ports = sys.argv[1:]
for port in map(int, ports):
    s = Control(vip, login=False)
    s.say(f"USER usual+whole+{port}")
    host, shown = s.passive()
    if wanted == "opened":
        check(host == vip, f"{port}: the reply names {host}")
        check(s.fetch("big", s.connect((host, shown))), f"{port}: no data")
    else:
        check((host, shown) == (server, port), f"{port}: the reply names {host}:{shown}")
        try:
            socket.create_connection((vip, port), 3).close()
            check(port == 21, f"{port}: somebody answers at the virtual address")
        except OSError:
            pass
    s.quit()
END
	[[ $1 == opened ]] || (($(closed_count) == before + $# - 1)) || lab_fail "$* are not counted"
}

settings="control = { socket = \"$control\"; group = \"root\"; };"
service="name = \"ftp\"; virtual = \"192.0.2.10:21\"; closed_ports = \"5432,8000-8999\";"
lab_up families=4
in_director ipvsadm -d -t "$vip:21" -r "$rs2:21"
in_director ipvsadm -A -t "$vip:8443" -s rr
in_director ipvsadm -a -t "$vip:8443" -r "$rs1:3306" -m
in_director ipvsadm -a -t "$vip:8443" -r "$rs2:4306" -m
lab_spawn odd rs1 "$here/odd_server.py" "$rs1" 21
lab_wait_listen rs1 21

gateway_start "$settings services = ( { $service } );"
announce opened 40000 3307 4306 7999
announce closed 1000 3306 5432 8000 8999
ctl ranges | grep "^ftp  *$rs1  *-  *4  *3307  *40000  *4  *5\$" || lab_fail "ranges: $(ctl ranges)"
gateway_stop

gateway_start "$settings services = ( { $service servers = ( { real = \"$rs1\"; passive_ports = \"8000-8099\"; } ); } );"
announce opened 8000 8099
announce closed 8100 40000 1000
ctl doctor >"$LAB_STATE/doctor" || true
grep -q "the real server $rs1 of ftp has announced ports outside of 8000-8099" "$LAB_STATE/doctor" || lab_fail "doctor"
gateway_stop

# An embedded server that always says port 20.
gateway_start "$settings services = ( { $service servers = ( { real = \"$rs1\"; passive_ports = \"20\"; } ); } );"
announce opened 20 20
announce closed 21000
gateway_stop
lab_down
