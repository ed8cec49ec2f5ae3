#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tls = "deny": AUTH is refused towards the client, in any segmentation, and the session goes on in
# clear text. tls = "allow": an encrypted dialogue passes untouched, and is rewritten again once CCC has
# brought it back to clear text, where the servers' ports are named.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)

lab_up families=4
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -keyout "$LAB_STATE/key" \
	-out "$LAB_STATE/crt" 2>/dev/null
cat "$LAB_STATE/key" "$LAB_STATE/crt" >"$LAB_STATE/certificate"
for n in 1 2; do
	address=rs$n
	lab_spawn "odd$n" "rs$n" "$here/odd_server.py" "${!address}" 21 "$LAB_STATE/certificate"
	lab_wait_listen "rs$n" 21
done

talk() {
	in_client python3 - "$vip" "$1" <<END || lab_fail "tls = $1"
import ssl, sys
sys.path.insert(0, "$here")
from ftp_client import Control, check
vip, tls = sys.argv[1:]

def denied(how):
    control = Control(vip, login=False)
    control.say("USER usual+whole")
    if how == "whole":
        reply = control.say("AUTH TLS")
    else:
        for byte in b"auth TLS\r\n":
            control.socket.sendall(bytes([byte]))
        reply = control.reply()
    check(reply.startswith("504"), f"{how}: {reply}")
    check(len(control.download("x")) > 1000, how)
    control.quit()

def use(control, socket):
    control.socket, control.file = socket, socket.makefile("rb")

def allowed():
    control = Control(vip, login=False)
    control.say("USER usual+whole")
    check(control.say("AUTH TLS").startswith("234"), "AUTH")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    use(control, context.wrap_socket(control.socket))
    endpoint = control.passive()
    check(endpoint[0] != vip, f"an encrypted reply was mended: {endpoint}")
    control.say("CCC")
    use(control, control.socket.unwrap())
    for _ in range(3):
        check(len(control.download("x")) > 1000, "after CCC")
    control.quit()

if tls == "deny":
    denied("whole")
    denied("bytes")
else:
    allowed()
END
}
# After CCC a session is in doubt: what passed under encryption was not seen.
servers=
for real in "$rs1" "$rs2"; do servers+="${servers:+, }{ real = \"$real\"; passive_ports = \"1024-65535\"; }"; done
for tls in deny allow; do
	gateway_start "services = ( { name = \"ftp\"; virtual = \"$vip:21\"; tls = \"$tls\"; servers = ( $servers ); } );"
	talk $tls
	gateway_stop
done
lab_down
