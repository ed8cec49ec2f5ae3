#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One session with a transfer after each of: the daemon stopped, killed and started again, the
# ruleset flushed. While it is away the control connection goes on.
. "$(dirname "$0")/gateway.sh"

gateway_up families=4
gateway_start

# A client that is told on its standard input what to do next, and says how it went.
cat >"$LAB_STATE/session.py" <<'END'
import ftplib, sys
ftp = ftplib.FTP(timeout=30)
ftp.trust_server_pasv_ipv4_address = True
ftp.connect(sys.argv[1], 21)
ftp.login("test", "test")
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "get":
        count = []
        ftp.retrbinary("RETR big", lambda data: count.append(len(data)))
        print("got", sum(count), flush=True)
    else:
        print(ftp.sendcmd(line.strip()), flush=True)
END
coproc session { LAB_COMMAND_LIMIT=300 in_client python3 "$LAB_STATE/session.py" "$vip"; }
# shellcheck disable=SC2053 # a pattern
expect() { local line; read -r -t 60 line <&"${session[0]}" || lab_fail "no answer, but: $1"; [[ $line == $1 ]] || lab_fail "$line, not $1"; }
ask() { echo "$1" >&"${session[1]}"; expect "$2"; }

expect ready
ask get "got 5000000"
gateway_stop
ask NOOP "200*"
gateway_start
ask get "got 5000000"
gateway_stop KILL
ask NOOP "200*"
gateway_start
ask get "got 5000000"
in_director nft flush ruleset
lab_wait_for "in_director nft list table inet ftpalgd | grep queue >/dev/null" 30
ask get "got 5000000"
gateway_stop
lab_down
