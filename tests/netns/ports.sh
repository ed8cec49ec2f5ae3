#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# passive_ports: clients see ports of the range alone; two servers that announce the same ports to
# one client get different ones, and each its own data; the same port is good again at once; a range
# that is used up fails in a counted, clear way.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up families=4
lab_server vsftpd rs1 --passive 40000-40003
lab_server vsftpd rs2 --passive 40000-40003
gateway_start "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; passive_ports = \"50000-50002\"; fail = \"closed\"; } );"
in_client python3 - "$vip" <<END
import sys
sys.path.insert(0, "$here")
from ftp_client import Control, check
vip = sys.argv[1]
seen = set()
sessions = [Control(vip) for _ in range(2)]
for _ in range(5):
    endpoints = [s.passive() for s in sessions]
    check(endpoints[0] != endpoints[1], f"both servers at {endpoints}")
    data = [s.connect(e) for s, e in zip(sessions, endpoints)]
    names = [s.fetch("whoami", d) for s, d in zip(sessions, data)]
    check(len(set(names)) == 2, f"data of the wrong server: {names}")
    seen |= {port for _, port in endpoints}
check(seen <= {50000, 50001, 50002}, f"ports outside of the range: {seen}")
END

# Three openings that nobody uses, in three sessions of one client, fill the range.
in_client timeout 20 python3 - "$vip" <<END || true
import sys
sys.path.insert(0, "$here")
from ftp_client import Control
sessions = [Control(sys.argv[1]) for _ in range(4)]
for s in sessions:
    s.send("PASV")
    s.socket.settimeout(3)
    try:
        s.file.readline()
    except TimeoutError:
        pass
END
grep -q "no free port in the passive range" "$LAB_STATE/ftpalgd.log" || lab_fail "exhaustion is not told"
gateway_stop
lab_down
