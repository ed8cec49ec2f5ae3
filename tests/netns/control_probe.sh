#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ftpalgctl doctor --probe, where a client is: fine with the gateway, and without it says what fails.
. "$(dirname "$0")/gateway.sh"

probe() {
	FTPALGCTL_PASSWORD="test" in_client "$LAB_BUILD/src/ctl/ftpalgctl" doctor --probe "$vip" --user test
}

gateway_up families=4
gateway_start
probe || lab_fail "the probe fails with the gateway"
gateway_stop

status=0
probe >"$LAB_STATE/doctor" || status=$?
cat "$LAB_STATE/doctor"
((status == 2)) && grep -q "$vip:21 names 10.0.0" "$LAB_STATE/doctor" || lab_fail "the probe without the gateway"
lab_down
