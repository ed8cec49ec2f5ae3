#!/bin/bash
# Forty sessions at once, each with transfers in every mode over both address families. Run by hand:
# an emulated machine takes long over it.
. "$(dirname "$0")/gateway.sh"

lab_up
lab_server vsftpd rs1
lab_server pyftpdlib rs2
gateway_start
LAB_COMMAND_LIMIT=600 in_client python3 - "$vip" "$vip6" "$LAB_STATE/big" <<'END' || lab_fail "see above"
import ftplib, sys, threading
vip, vip6, original = sys.argv[1:]
content = open(original, "rb").read()
failures = []

def session(number):
    host = vip if number % 3 else vip6
    try:
        ftp = ftplib.FTP(timeout=120)
        ftp.trust_server_pasv_ipv4_address = True
        ftp.connect(host, 21)
        ftp.login("test", "test")
        for turn in range(6):
            ftp.set_pasv((number + turn) % 2 == 0)
            name = "small" if turn else "big"
            got = bytearray()
            ftp.retrbinary("RETR " + name, got.extend)
            wanted = content if name == "big" else b"a small file\n"
            if got != wanted:
                failures.append(f"{host} {name}: {len(got)} bytes")
        ftp.quit()
    except Exception as error:
        failures.append(f"session {number}, {host}: {error!r}")

threads = [threading.Thread(target=session, args=(n,)) for n in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("\n".join(failures) if failures else 0)
END
for mode in PASV EPSV PORT EPRT; do
	grep -q "debug: $mode: " "$LAB_STATE/ftpalgd.log" || lab_fail "no $mode among them"
done
gateway_stop
lab_down
