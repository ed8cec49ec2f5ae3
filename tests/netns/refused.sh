#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel refuses a part of an opening: its table of expectations is full, or a firewall on the director
# drops what makes IPVS entries. The other part carries the data connection then, in both forwardings. Where both
# are refused fail decides: "open" passes the reply unchanged, "closed" keeps it for better times. Each is told
# with the kernel's own word, no expectation stays behind, and all is well again afterwards.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)
full=/proc/sys/net/netfilter/nf_conntrack_expect_max

gateway_up families=4 capture=no
usual=$(<$full)
talk() {	# FORWARDING FAIL
	in_client python3 -B - "$vip" "$@" "$LAB_PREFIX" "$LAB_STATE" "$LAB_BUILD" "$full" "$usual" <<-END || lab_fail "forwarding = $1, fail = $2"
		import subprocess, sys, time
		sys.path.insert(0, "$here")
		from ftp_client import Control, check
		vip, forwarding, fail, prefix, state, build, full, usual = sys.argv[1:]
		WALL = "table inet wall { chain input { type filter hook input priority 0; udp dport 8848 drop; }; }"
		TABLE_FULL, SILENT = "Too many open files", "Connection timed out"
		EITHER = TABLE_FULL, SILENT  # the part that was refused first is the one that is told
		HALVED = "the kernel refused a part of an opening, the rest carries it"
		FAILED = "the kernel refused an opening"

		def director(*command):
		    return subprocess.run(["nsenter", f"--net=/run/netns/{prefix}-director", *command],
		                          check=True, capture_output=True, text=True).stdout

		# Another client, on the director, whose opening nobody uses: with room for one the table is full.
		HOLD = f"import sys; sys.path.insert(0, '$here'); from ftp_client import Control; s = Control('{vip}');" \
		       " s.passive(); print('held', flush=True); sys.stdin.read()"
		holder = subprocess.Popen(["nsenter", f"--net=/run/netns/{prefix}-director", "python3", "-B", "-c", HOLD],
		                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
		check(holder.stdout.readline() == "held\n", "the other client gets no opening")
		held = director("conntrack", "-L", "expect").count("master-src=")

		def set_room(expectations):
		    # Of the whole machine, and writable in its own namespace alone.
		    subprocess.run(["nsenter", "--target=1", "--net", "tee", full], input=f"{expectations}\n",
		                   text=True, check=True, stdout=subprocess.DEVNULL)

		def told(what, error):
		    with open(state + "/ftpalgd.log", encoding="latin-1") as file:
		        return f"{what} ({error})" in file.read()

		def explained(what, error):
		    said = subprocess.run([build + "/src/ctl/ftpalgctl", "-s", state + "/run/control", "explain",
		                           "$client"], check=True, capture_output=True, text=True).stdout
		    return f"refused: {what} ({error})" in said

		def works(when):
		    check(session.download("small") == b"a small file\n", when)

		session = Control(vip)
		works("before")
		set_room(1)
		works("the table of expectations is full")
		check(told(HALVED, TABLE_FULL), "the full table is not told")
		check(explained(HALVED, TABLE_FULL), "the full table is not explained")
		set_room(usual)
		director("nft", WALL)
		works("no entry comes about")
		if forwarding == "ipvs":
		    check(explained(HALVED, SILENT), "the missing entry is not explained")
		set_room(1)
		session.send("PASV")
		if fail == "open":
		    host, port = session.announced()
		    check(host.startswith("10.0.0."), f"a reply without its opening names {host}")
		    check(any(explained(FAILED, error) for error in EITHER), "the failure is not explained")
		else:
		    while not any(told(FAILED, error) for error in EITHER):
		        time.sleep(0.1)
		set_room(usual)
		if fail == "closed":
		    reply = session.reply()
		    check(vip.replace(".", ",") in reply, f"what waited is {reply!r}")
		else:
		    check(director("conntrack", "-L", "expect").count("master-src=") == held, "an expectation stayed behind")
		director("nft", "delete table inet wall")
		works("afterwards")
		session.quit()
		holder.communicate("")
	END
}
for forwarding in ipvs conntrack; do
	for fail in open closed; do
		gateway_start "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; fail = \"$fail\"; } );
			queues = { count = 2; }; timeouts = { opening = 1200; }; forwarding = \"$forwarding\";
			control = { socket = \"$LAB_STATE/run/control\"; group = \"root\"; };"
		talk $forwarding $fail
		gateway_stop
		: >"$LAB_STATE/ftpalgd.log"
	done
done
lab_down
