#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Started by root's hand: every thread keeps CAP_NET_ADMIN and nothing else, and all still works:
# transfers, reload, repair of the ruleset, the textfile. Nothing stays behind at the end.
. "$(dirname "$0")/gateway.sh"

ctl=$LAB_BUILD/src/ctl/ftpalgctl
control=$LAB_STATE/run/control
textfile=$LAB_STATE/metrics/ftpalgd.prom
[[ ! -x $LAB_BUILD/tests/kernel/check_confine ]] || "$LAB_BUILD/tests/kernel/check_confine" || lab_fail "check_confine"

gateway_up families=4 capture=no
mkdir "$LAB_STATE/metrics"
transfer() {
	passive_curl -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || lab_fail "no transfer $1"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "other content $1"
}
config="control = { socket = \"$control\"; group = \"root\"; };
metrics = { textfile = \"$textfile\"; interval = 2; };"
gateway_start "$config"
pid=$(<"$LAB_STATE/ftpalgd.pid")
lab_wait_for "grep -q 'CapBnd:.*0000000000001000' /proc/$pid/status" 20
for status in /proc/"$pid"/task/*/status; do
	for set in "CapInh 0000000000000000" "CapPrm 0000000000001000" "CapEff 0000000000001000" \
		"CapBnd 0000000000001000" "CapAmb 0000000000000000" "NoNewPrivs 1"; do
		grep -q "^${set% *}:	${set#* }$" "$status" || { grep ^Cap "$status"; lab_fail "$status: not $set"; }
	done
done
(($(ls /proc/"$pid"/task | wc -l) >= 2)) || lab_fail "no worker has been looked at"
transfer "with one capability"
"$ctl" -s "$control" metrics >"$LAB_STATE/metrics.txt" || lab_fail "ftpalgctl metrics"
grep -q '^ftpalgd_openings_total{mode="PASV"} 1$' "$LAB_STATE/metrics.txt" || lab_fail "metrics know of no transfer"
lab_wait_for "grep -q '^ftpalgd_openings_total{mode=\"PASV\"} 1\$' $textfile" 20
diff <(sed 's/ .*//' "$textfile") <(sed 's/ .*//' "$LAB_STATE/metrics.txt") || lab_fail "the textfile has other metrics"
[[ $(stat -c %a "$textfile") == 644 && $(ls "$LAB_STATE/metrics") == ftpalgd.prom ]] || lab_fail "$(ls -l "$LAB_STATE/metrics")"

printf '%s\nguard = true;\n' "$config" >"$LAB_STATE/ftpalgd.conf"
"$ctl" -s "$control" reload | grep 'guard: false -> true' >/dev/null || lab_fail "no reload with one capability"
in_director nft flush ruleset
lab_wait_for "in_director nft list set inet ftpalgd services4 | grep '$vip . 21' >/dev/null" 30
transfer "after all that"
gateway_stop
[[ ! -e $control && ! -e $textfile ]] || lab_fail "files stay behind: $(ls "$LAB_STATE/run" "$LAB_STATE/metrics")"

# A directory that is not there: said once, and nothing else is the worse.
rmdir "$LAB_STATE/metrics"
gateway_start "$config"
lab_wait_for "grep -q 'cannot write the metrics to $textfile: No such file' $LAB_STATE/ftpalgd.log" 20
transfer "without the textfile"
gateway_stop
lab_down
