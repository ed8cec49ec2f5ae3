#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A firewall on the director drops what makes IPVS entries, while sessions of both queues go on. With
# fail = "open" a reply then passes unchanged, with "closed" it waits for better times; either is told, no
# expectation stays behind, and all is well again when the firewall has gone.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

gateway_up families=4 capture=no
talk() {
	in_client python3 -B - "$vip" "$1" "$LAB_PREFIX" "$LAB_STATE/ftpalgd.log" <<-END || lab_fail "fail = $1"
		import subprocess, sys, time
		sys.path.insert(0, "$here")
		from ftp_client import Control, check
		vip, fail, prefix, log = sys.argv[1:]
		WALL = "table inet wall { chain input { type filter hook input priority 0; udp dport 8848 drop; }; }"

		def director(*command):
		    return subprocess.run(["nsenter", f"--net=/run/netns/{prefix}-director", *command],
		                          check=True, capture_output=True, text=True).stdout

		def told():
		    with open(log, encoding="latin-1") as file:
		        return "the kernel refused an opening" in file.read()

		sessions = [Control(vip) for _ in range(4 if fail == "open" else 1)]
		for session in sessions:
		    check(session.download("small") == b"a small file\n", "before")
		director("nft", WALL)
		if fail == "open":
		    for session in sessions:
		        session.send("PASV")
		    for session in sessions:
		        host, port = session.announced()
		        check(host.startswith("10.0.0."), f"a reply without its opening names {host}")
		    check(told(), "the failure is not told")
		else:
		    sessions[0].send("PASV")
		    while not told():
		        time.sleep(0.1)
		director("nft", "delete table inet wall")
		if fail == "closed":
		    reply = sessions[0].reply()
		    check(vip.replace(".", ",") in reply, f"what waited is {reply!r}")
		else:
		    check("src=" not in director("conntrack", "-L", "expect"), "an expectation stayed behind")
		for session in sessions:
		    check(session.download("small") == b"a small file\n", "afterwards")
		    session.quit()
	END
}
for fail in open closed; do
	gateway_start "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; fail = \"$fail\"; } ); queues = { count = 2; };"
	talk $fail
	gateway_stop
	: >"$LAB_STATE/ftpalgd.log"
done
lab_down
