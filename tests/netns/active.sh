#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PORT and EPRT open only towards the client itself, and only unprivileged ports; active = false
# opens nothing. What is refused passes unchanged and is told.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up
lab_server pyftpdlib rs1
lab_server pyftpdlib rs2
said() { lab_wait_for "grep -q '$1' $LAB_STATE/ftpalgd.log" 30; }
say() {	# HOST COMMAND...; a command behind ! is not waited for: its server tries to connect first
	in_client python3 - "$@" <<END
import sys
sys.path.insert(0, "$here")
from ftp_client import Control
control = Control(sys.argv[1])
for command in sys.argv[2:]:
    if command.startswith("!"):
        control.send(command[1:])
    else:
        control.say(command)
control.socket.close()
END
}
no_expectation() { ! in_director conntrack -L expect 2>/dev/null | grep . >/dev/null || lab_fail "an expectation: $1"; }

gateway_start
say "$vip" "PORT 203,0,113,7,200,1"
said "names another host"
no_expectation "another host"
say "$vip" "EPRT |1|203.0.113.7|51201|" "EPRT |2|::1|51201|"
no_expectation "another host by EPRT"
say "$vip" "PORT ${client//./,},0,22"
said "a data port below 1024"
no_expectation "a privileged port"
say "$vip" "PORT ${client//./,},300,1" "PORT 1,2,3" "EPRT |3|x|1|" "PORT -${client//./,},200,1"
said "PORT or EPRT names no usable endpoint"
no_expectation "a malformed endpoint"
# The same address in another spelling is the same address.
say "$vip6" "EPRT |2|2001:0db8:0001:0:0:0:0:0002|51201|"
said "debug: EPRT: the server of client"
in_director conntrack -L expect -f ipv6 2>/dev/null | grep 51201 >/dev/null || lab_fail "no expectation for a long spelling"
gateway_stop

gateway_start "services = ( { name = \"v4\"; virtual = \"$vip:21\"; active = false; } );"
say "$vip" "!PORT ${client//./,},200,2"
said "active mode is off"
! in_director conntrack -L expect 2>/dev/null | grep 51202 >/dev/null || lab_fail "an expectation, though active is false"
gateway_stop
lab_down
