#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # addresses come from lab_up
# One client speaks to two virtual addresses of the same servers and names the same port of its own to both, as
# clients with a fixed range of active ports do. Its data comes from the address that it asks.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)
other=192.0.2.11

lab_up families=4
in_director ip address add $other/32 dev outside
in_client ip route add $other/32 via 198.51.100.1
in_director ipvsadm -R <<-END
	-d -t $vip:21 -r $rs2:21
	-A -t $other:21 -s rr
	-a -t $other:21 -r $rs1:21 -m
END
talk() {
	in_client python3 -B - "$vip" "$other" <<-END
		import socket, sys
		sys.path.insert(0, "$here")
		from ftp_client import Control, check
		first, second = (Control(host) for host in sys.argv[1:3])
		listener = socket.create_server(("$client", 0))
		listener.settimeout(20)
		port = listener.getsockname()[1]

		def ask(session):
		    reply = session.say(f"PORT {'$client'.replace('.', ',')},{port >> 8},{port & 255}")
		    check(reply.startswith("200"), reply)

		def fetch(session):
		    session.send("RETR whoami")
		    data, (address, _) = listener.accept()
		    check(address == session.host, f"data of {session.host} comes from {address}")
		    content = b"".join(iter(lambda: data.recv(4096), b""))
		    data.close()
		    check(content == b"rs1\n", f"{content!r}")
		    for begin in "150", "226":
		        reply = session.reply()
		        check(reply.startswith(begin), reply)

		ask(first)	# and does not use it
		ask(second)
		fetch(second)
		ask(first)
		fetch(first)
		ask(second)
		first.quit()
		fetch(second)
	END
}
for ports in "" --any-port; do
	lab_server vsftpd rs1 $ports
	for forwarding in ipvs conntrack; do
		gateway_start "forwarding = \"$forwarding\";"
		talk || lab_fail "forwarding = $forwarding, server $ports"
		gateway_stop
	done
	lab_kill vsftpd-rs1
done
lab_down
