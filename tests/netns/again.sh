#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A client that leaves without a word and comes again from the same port: at once, and when IPVS has
# forgotten the connection and takes the next real server. Each time it gets its data, although
# conntrack may give every connection the same id.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

gateway_up families=4
gateway_start

# Prints the name of the server that sent the data.
visit() {
	in_client timeout 60 python3 - "$vip" <<-END
		import socket, struct, sys
		sys.path.insert(0, "$here")
		from ftp_client import Control
		session = Control(sys.argv[1], own_port=40000)
		print(session.fetch("whoami", session.connect(session.passive())).decode().strip())
		session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	END
}
forgotten() { ! in_director ipvsadm -Lnc | grep ':40000 ' >/dev/null; }

for _ in 1 2 3 4; do last=$(visit); done
lab_wait_for forgotten 90 || lab_fail "IPVS does not forget the connection"
next=$(visit)
[[ -n $next && $next != "$last" ]] || lab_fail "data of $next, after that of $last"
gateway_stop
lab_down
