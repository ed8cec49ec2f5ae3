#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A passive transfer fails without the gateway and works with it.
. "$(dirname "$0")/gateway.sh"

gateway_up families=4
! passive_curl -o /dev/null "ftp://test:test@$vip/big" || lab_fail "works without the gateway"

gateway_start
for i in 1 2 3 4; do
	passive_curl -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || lab_fail "download $i"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "other content"
done
in_director ipvsadm -Lnc
gateway_stop
lab_down
