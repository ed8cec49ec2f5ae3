#!/bin/bash
# A thousand passive transfers, one after the other: none refused, none repeated.
. "$(dirname "$0")/gateway.sh"
here=$(cd "$(dirname "$0")" && pwd)
transfers=${TRANSFERS:-1000}

gateway_up families=4 capture=no
gateway_start
LAB_COMMAND_LIMIT=3000 in_client python3 - "$vip" "$transfers" <<END || lab_fail "see above"
import sys, time
sys.path.insert(0, "$here")
from ftp_client import Control, check
vip, transfers = sys.argv[1], int(sys.argv[2])
begin = time.monotonic()
done = 0
while done < transfers:
    session = Control(vip)
    session.say("TYPE I")
    for _ in range(50):
        check(session.download("small") == b"a small file\n", f"transfer {done}")
        done += 1
    session.quit()
print(f"{done} transfers in {time.monotonic() - begin:.1f} s")
END
gateway_stop
lab_down
