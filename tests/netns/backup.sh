#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The backup thread of IPVS changes hands while sessions go on, as keepalived does it: each transfer
# works, through whatever thread there is, and only our own is stopped at the end. Where another's was once
# the next of ours is.
. "$(dirname "$0")/gateway.sh"

gateway_up families=4
thread() { in_director ipvsadm -L --daemon | sed -n 's/^backup sync daemon (\(.*\))$/\1/p'; }
is_thread() { [[ $(thread) == *"$1"* ]] || lab_fail "$2: the thread is '$(thread)', not '$1'"; }
change() {
	in_director ipvsadm --stop-daemon backup
	(($# == 0)) || in_director ipvsadm --start-daemon backup --mcast-interface "$1" --syncid "$2"
}
transfer() {
	passive_curl -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || lab_fail "no transfer $1"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "other content $1"
}

gateway_start "queues = { count = 1; };"
is_thread "" "nobody has transferred"
transfer "through our own thread"
is_thread "mcast=lo, syncid=0" "started"
change inside 7
transfer "after another has taken its place"
is_thread "mcast=inside, syncid=7" "theirs"
change inside 9
transfer "after that one was started anew"
change
transfer "after it has gone"
is_thread "mcast=inside, syncid=9" "none was left"
change inside 7
gateway_stop
is_thread "mcast=inside, syncid=7" "theirs, after the end"
in_director ipvsadm --stop-daemon backup
gateway_start
transfer "through a thread of our own again"
gateway_stop
[[ -z $(thread) ]] || lab_fail "our own thread stays behind"
! grep -E "error: |failed: " "$LAB_STATE/ftpalgd.log" || lab_fail "see above"
lab_down
