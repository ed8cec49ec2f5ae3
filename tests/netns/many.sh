#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Transfers one after the other, fifty in each session: none refused, none repeated. TRANSFERS (1000): how
# many. MODES=mixed: every mode, both address families, downloads and uploads, where it is passive ones
# over IPv4 otherwise.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up capture=no
lab_server vsftpd rs1
lab_server vsftpd rs2 --any-port
gateway_start
LAB_COMMAND_LIMIT=4000 in_client python3 -B - "$here" "$vip" "$vip6" "${TRANSFERS:-1000}" "${MODES:-passive}" <<'END' || lab_fail "see above"
import sys, time
here, vip, vip6, transfers, modes = sys.argv[1:]
sys.path.insert(0, here)
import mixed
from ftp_client import Control, check
IN_A_SESSION = 50

def passive(number):
    session = Control(vip)
    session.say("TYPE I")
    for turn in range(IN_A_SESSION):
        check(session.download("small") == mixed.CONTENT, f"session {number}, transfer {turn}")
    session.quit()

# Every mode in both directions, on both servers: each service deals its sessions out in turn.
def any_mode(number):
    host = vip6 if number % 2 else vip
    modes = mixed.modes_of(host)
    session = mixed.Session(host)
    content = b"%d\n" % number * 500
    for turn in range(IN_A_SESSION):
        what = modes[turn % len(modes)]
        told = f"session {number}, transfer {turn}, {host}, {what}"
        session.use(what)
        try:
            if (turn + turn // len(modes)) % 2:
                session.put("upload", content)
            else:
                check(session.get("small") == mixed.CONTENT, told)
        except mixed.ftplib.all_errors as error:
            sys.exit(f"{told}: {error!r}")
    check(session.get("upload") == content, f"session {number}: the upload came back as something else")
    session.quit()

begin = time.monotonic()
sessions = -(-int(transfers) // IN_A_SESSION)
for number in range(sessions):
    (passive if modes == "passive" else any_mode)(number)
    if number % 20 == 19:
        print(f"{(number + 1) * IN_A_SESSION} transfers in {time.monotonic() - begin:.0f} s", flush=True)
print(f"{sessions * IN_A_SESSION} transfers in {time.monotonic() - begin:.1f} s")
END
gateway_stop
lab_down
