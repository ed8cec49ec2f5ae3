#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # addresses come from lab_up
# A real server announces a port on which the virtual address has another service, or on which the
# director listens itself. Who connects there reaches what is there, also while the data connection is
# expected; the client is shown another port, and its transfer works. What comes while the daemon
# runs is noticed.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

# Says its name to whoever connects.
listen() {	# NAME NAMESPACE ADDRESS PORT
	lab_spawn "$1" "$2" python3 -c "
import socket
s = socket.create_server(('$3', $4), family=socket.AF_INET6 if ':' in '$3' else socket.AF_INET,
                         dualstack_ipv6='$3' == '::')
while True:
    c, _ = s.accept()
    c.sendall(b'$1')
    c.close()"
	lab_wait_listen "$2" "$4"
}

other_service() {	# VIP RS
	in_director ipvsadm -A -t "$(lab_bracket "$1"):40000" -s rr
	in_director ipvsadm -a -t "$(lab_bracket "$1"):40000" -r "$(lab_bracket "$2"):40000" -m
}

# Every session gets port WANTED from the server; at the same port of the VIP is what is called OTHER.
try() {	# OTHER
	in_client python3 - "$vip" "$vip6" 40000 "$1" <<END
import re, socket, sys
sys.path.insert(0, "$here")
from ftp_client import Control, check
port, other = int(sys.argv[3]), sys.argv[4].encode()
for host in sys.argv[1:3]:
    s = Control(host)
    reply = s.say("EPSV")
    match = re.search(r"\|\|\|(\d+)\|", reply)
    check(match, f"no announcement in {reply!r}")
    shown = int(match.group(1))
    check(shown != port, f"{host}: port {shown} is shown, which is taken")
    got = socket.create_connection((host, port), 10).recv(100)
    check(got == other, f"{host}: at port {port} is {got!r}")
    check(s.fetch("whoami", s.connect((host, shown))) == b"rs1\n", "data of another server")
    s.quit()
END
}

lab_up
# One FTP server, which always announces the same port, and another one for the other service.
for address in "$vip $rs2" "$vip6 $rs2_6"; do
	in_director ipvsadm -d -t "$(lab_bracket "${address% *}"):21" -r "$(lab_bracket "${address#* }"):21"
done
lab_server vsftpd rs1 --passive 40000-40000
listen service rs2 :: 40000
other_service "$vip" "$rs2"
other_service "$vip6" "$rs2_6"
for forwarding in ipvs conntrack; do
	gateway_start "forwarding = \"$forwarding\";"
	try service || lab_fail "forwarding = $forwarding"
	gateway_stop
done

# Now the director has it, and takes it while the daemon runs.
in_director ipvsadm -D -t "$vip:40000"
in_director ipvsadm -D -t "[$vip6]:40000"
gateway_start
shown() { in_client curl -sSv --max-time 20 --disable-epsv --no-ftp-skip-pasv-ip -o "$LAB_STATE/got" "ftp://test:test@$vip/small" 2>&1 |
	sed -n 's/^< 227 .*(.*,\([0-9]*\),\([0-9]*\)).*/\1 \2/p' | { read -r high low; echo $((high * 256 + low)); }; }
[[ $(shown) == 40000 ]] || lab_fail "a port that nobody uses is not shown"
listen director director :: 40000
lab_wait_for '[[ $(shown) != 40000 ]]' 30
try director || lab_fail "the director listens"
(($(grep -c "serving $vip:21" "$LAB_STATE/ftpalgd.log") == 3)) || lab_fail "services are said again"
gateway_stop
lab_down
