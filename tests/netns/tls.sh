#!/bin/bash
# tls = "deny": AUTH is refused towards the client, in any segmentation, and the session goes on in
# clear text. tls = "allow": an encrypted dialogue passes untouched.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up families=4
for n in 1 2; do
	address=rs$n
	lab_spawn "odd$n" "rs$n" "$here/odd_server.py" "${!address}" 21
	lab_wait_for "in_rs$n ss -Hltn 'sport = 21' | grep -q ." 30
done

talk() {
	in_client python3 - "$vip" "$1" <<END || lab_fail "tls = $1"
import sys
sys.path.insert(0, "$here")
from ftp_client import Control, check
vip, tls = sys.argv[1:]
for how in ("whole", "bytes"):
    control = Control(vip, login=False)
    control.say("USER usual+whole")
    if how == "whole":
        reply = control.say("AUTH TLS")
    else:
        for byte in b"auth TLS\r\n":
            control.socket.sendall(bytes([byte]))
        reply = control.reply()
    if tls == "deny":
        check(reply.startswith("504"), f"{how}: {reply}")
        check(len(control.download("x")) > 1000, how)
    else:
        check(reply.startswith("234"), f"{how}: {reply}")
        # What looks like an announcement is none any more: nobody can see the command.
        reply = control.say("UNSOLICITED")
        check("10,0,0,2,200,200" in reply, f"{how}: touched: {reply}")
    control.quit()
END
}
for tls in deny allow; do
	gateway_start "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; tls = \"$tls\"; } );"
	talk $tls
	gateway_stop
done
lab_down
