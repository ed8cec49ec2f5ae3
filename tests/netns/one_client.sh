#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # addresses come from lab_up
# Twelve sessions of one address ask for eight transfers each, in active and in passive mode, and use none, while
# the kernel's table of expectations is small. It is that address alone whose oldest openings are closed; another
# client's transfers go on, guarded or not, and nobody is shown an inside address. That address has more sessions
# than it may have, too: its older ones make room, and nothing of the other client's is refused.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)
other=198.51.100.3

gateway_up families=4 capture=no
in_client ip address add $other/24 dev eth0
usual=$(</proc/sys/net/netfilter/nf_conntrack_expect_max)
echo 24 >/proc/sys/net/netfilter/nf_conntrack_expect_max
talk() {	# FORWARDING
	LAB_COMMAND_LIMIT=120 in_client python3 -B - "$vip" "$client" "$other" "$1" <<-END
		import socket, sys
		sys.path.insert(0, "$here")
		from ftp_client import Control, check
		vip, client, other, forwarding = sys.argv[1:]

		class From(Control):
		    """A session of an address of our own."""
		    def __init__(self, address):
		        connect = socket.create_connection
		        socket.create_connection = lambda to, limit, own: connect(to, limit, (address, own[1]))
		        try:
		            super().__init__(vip)
		        finally:
		            socket.create_connection = connect
		        self.address = address

		    def connect(self, endpoint):
		        return socket.create_connection(endpoint, 10, (self.address, 0))

		def ask_and_not_use(session, number):
		    host, port = session.passive()
		    check(host == vip, f"a reply shows {host}")
		    for i in range(8):
		        port = 40000 + number * 8 + i
		        reply = session.say(f"PORT {client.replace('.', ',')},{port >> 8},{port & 255}")
		        check(reply.startswith("200"), reply)

		honest = From(other)
		waiting = From(other)
		endpoint = waiting.passive()	# and it is used at the end
		check(honest.download("small") == b"a small file\n", "before")
		greedy = []
		for number in range(12):
		    greedy.append(From(client))
		    ask_and_not_use(greedy[-1], number)
		    check(honest.download("small") == b"a small file\n", f"beside {number + 1} greedy sessions")
		check(waiting.fetch("small", waiting.connect(endpoint)) == b"a small file\n", "an older opening of the other client")
		# Its older sessions are picked up in the middle: their servers have no named range.
		check(greedy[-1].download("small") == b"a small file\n", "the greedy client's newest session")
		for session in greedy + [honest, waiting]:
		    session.quit()
	END
}
for settings in 'forwarding = "ipvs"; guard = true;' 'forwarding = "conntrack";'; do
	gateway_start "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; passive_ports = \"50000-50999\"; fail = \"closed\"; } );
		limits = { openings_per_client = 12; sessions_per_client = 5; }; queues = { count = 1; };
		control = { socket = \"$LAB_STATE/run/control\"; group = \"root\"; }; $settings"
	talk "$settings" || lab_fail "$settings"
	said=$("$LAB_BUILD/src/ctl/ftpalgctl" -s "$LAB_STATE/run/control" explain "$client")
	for what in 'too many unused openings of one client address' 'too many sessions of one client address'; do
		[[ $said == *"$what"* ]] || lab_fail "not explained: $what"
	done
	! "$LAB_BUILD/src/ctl/ftpalgctl" -s "$LAB_STATE/run/control" explain $other | grep 'refused: ' >/dev/null ||
		lab_fail "something of the other client was refused"
	gateway_stop
	: >"$LAB_STATE/ftpalgd.log"
done
echo "$usual" >/proc/sys/net/netfilter/nf_conntrack_expect_max
lab_down
