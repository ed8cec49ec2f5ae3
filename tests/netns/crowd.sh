#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Forty sessions at once over both address families, each in another mode with every transfer: a download and
# an upload. TURNS (1): how often each session does both. The servers are forking ones: with twenty clients at a
# time pyftpdlib forgets some of their data connections, also without a director in between.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up capture=no
lab_server vsftpd rs1
lab_server vsftpd rs2 --any-port
gateway_start
LAB_COMMAND_LIMIT=1500 in_client python3 -B - "$here" "$vip" "$vip6" "${TURNS:-1}" <<'END' || lab_fail "see above"
import sys, threading
here, vip, vip6, turns = sys.argv[1:]
sys.path.insert(0, here)
import mixed
SESSIONS = 40
failures = []
all_are_in = threading.Barrier(SESSIONS)

def session(number):
    host = vip if number % 3 else vip6
    modes = mixed.modes_of(host)
    what = "login"
    try:
        ftp = mixed.Session(host, 60)
        all_are_in.wait()
        for turn in range(int(turns)):
            name, content = f"upload-{number}-{turn}", b"%d\n" % number * 5000
            what = modes[(number + turn) % len(modes)]
            ftp.use(what)
            if ftp.get("small") != mixed.CONTENT:
                failures.append(f"session {number}, {what}: other content")
            what = modes[(number + turn + 1) % len(modes)]
            ftp.use(what)
            ftp.put(name, content)
            if ftp.size(name) != len(content):
                failures.append(f"session {number}, {what}: the upload is not whole")
        ftp.quit()
    except threading.BrokenBarrierError:
        pass
    except Exception as error:
        all_are_in.abort()
        failures.append(f"session {number}, {host}, {what}: {error!r}")

threads = [threading.Thread(target=session, args=(n,)) for n in range(SESSIONS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{SESSIONS} sessions at once, {2 * SESSIONS * int(turns)} transfers")
sys.exit("\n".join(failures) if failures else 0)
END
for mode in PASV EPSV PORT EPRT; do
	grep -q "debug: $mode: " "$LAB_STATE/ftpalgd.log" || lab_fail "no $mode among them"
done
gateway_stop
lab_down
