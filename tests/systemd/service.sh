#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The service in the hands of systemd: what is installed starts, serves, reloads, restarts and stops
# without an error in the journal, and comes back after a crash and after a hang.
# shellcheck disable=SC2016 # conditions for lab_wait_for
# shellcheck source=tests/systemd/unit.sh
. "$(dirname "$0")/unit.sh"

transfer() {
	passive_curl -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || give_up "no transfer $*"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || give_up "other content $*"
}

# released RESULT STATUS: the service has failed for good, nothing waits in a queue.
released() {
	run test "$(property ActiveState)/$(property Result) $(property ExecMainStatus)" = "failed/$1"
	lab_wait_for '[[ -z $(in_director cat /proc/net/netfilter/nfnetlink_queue) ]]' 20 || give_up "the queues stay"
	run passive_curl -o /dev/null --head "ftp://test:test@$vip/small"
}

stage "installation"
# Emulated, a start takes seconds: five of them would not come within the half minute of the unit.
unit_install "[Unit]" "StartLimitIntervalSec=300"
run getent passwd ftpalgd
run systemd-analyze verify ftpalgd.service
run systemd-analyze security --offline=true --threshold=15 --no-pager ftpalgd.service

gateway_up families=4 capture=no
# The unit brings the setting along, whatever it was.
in_director sysctl -qw net.ipv4.vs.conntrack=0

stage "the ruleset before the daemon, as nftables.service loads it"
program=$(property ExecStart | sed -n 's/^{ path=\([^ ]*\) .*/\1/p')
config=$("$program" --check | sed 's/: fine$//')
textfile=/run/ftpalgd/ftpalgd.prom
echo "metrics = { textfile = \"$textfile\"; interval = 2; };" >>"$config"
run in_director nft -f "${config%.conf}.nft"
! passive_curl -o /dev/null "ftp://test:test@$vip/big" || give_up "works without the gateway"

stage "start"
run systemctl start ftpalgd
run test "$(in_director sysctl -n net.ipv4.vs.conntrack)" = 1
run test "$(ps -o user= -p "$(property MainPID)")" = ftpalgd
for i in 1 2; do transfer "after start, $i"; done
journalctl --sync
! journal -o cat | grep -E "no Landlock|cannot give up privileges" || give_up "not confined"

stage "reload"
pid=$(property MainPID)
run systemctl reload ftpalgd
run test "$(property MainPID)" = "$pid"
transfer "after reload"
lab_wait_for 'grep "^ftpalgd_openings_total{mode=\"PASV\"} 3$" $textfile' 20 || give_up "the textfile is not written"

stage "restart"
run systemctl restart ftpalgd
run test "$(property MainPID)" != "$pid"
for i in 1 2; do transfer "after restart, $i"; done

stage "a reload with a fault in the configuration"
cp "$config" "$LAB_STATE/config"
echo 'discver = true;' >>"$config"
! systemctl reload ftpalgd || give_up "the fault is taken"
cp "$LAB_STATE/config" "$config"
run test "$(property ActiveState)" = active
transfer "after a reload that was refused"
run systemctl reload ftpalgd

stage "stop"
run systemctl stop ftpalgd
run test "$(property ActiveState)/$(property Result)" = inactive/success
! passive_curl -o /dev/null "ftp://test:test@$vip/big" || give_up "works without the gateway"
run passive_curl -o /dev/null --head "ftp://test:test@$vip/small"

stage "journal"
journalctl --sync
journal -o cat | grep "serving $vip:21" || give_up "the journal has no line of the service"
errors=$(journal -o cat -p err _COMM=ftpalgd)
[[ -z $errors ]] || give_up "errors in the journal: $errors"

stage "killed"
run systemctl start ftpalgd
pid=$(property MainPID)
kill -KILL "$pid"
lab_wait_for "replaced $pid" 30 || give_up "not started again after SIGKILL"
transfer "after SIGKILL"

stage "hung: the watchdog, and a transfer that is under way"
pid=$(property MainPID)
LAB_COMMAND_LIMIT=180 passive_curl --limit-rate 500k --max-time 150 -o "$LAB_STATE/slow" "ftp://test:test@$vip/big" &
slow=$!
lab_wait_for '[[ -s $LAB_STATE/slow ]]' 30 || give_up "no transfer before the hang"
kill -STOP "$pid"
lab_wait_for "replaced $pid" 90 || give_up "not started again by the watchdog"
wait $slow || give_up "the transfer broke off"
run cmp "$LAB_STATE/slow" "$LAB_STATE/big"
journalctl --sync
journal -o cat | grep -i watchdog || give_up "the journal does not name the watchdog"
transfer "after the watchdog"

stage "a restart with a fault in the configuration: not tried again, and as stopped"
run systemctl reset-failed ftpalgd
echo 'discver = true;' >>"$config"
! systemctl restart ftpalgd || give_up "started with a fault in the configuration"
released "exit-code 78"
cp "$LAB_STATE/config" "$config"
run systemctl start ftpalgd
transfer "after the repair"

stage "a restart on a machine that is not fit: the same"
in_director sysctl -qw net.ipv4.vs.backup_only=1
! systemctl restart ftpalgd || give_up "started although nothing would be forwarded"
in_director sysctl -qw net.ipv4.vs.backup_only=0
released "exit-code 78"
run systemctl start ftpalgd
transfer "on a machine that is fit again"

stage "a restart that fails otherwise: tried five times, then as stopped"
run systemctl reset-failed ftpalgd
# It may be that of the daemon that was killed, and would be used as it is.
in_director ipvsadm --stop-daemon backup
echo 'sync = { interface = "absent0"; };' >>"$config"
! systemctl restart ftpalgd || give_up "started without the backup thread"
lab_wait_for '[[ $(property ActiveState) == failed ]]' 60 || give_up "tried for ever"
released "exit-code 1"
run journalctl --sync
run test "$(journal -o cat | grep -c "backup thread on absent0")" = 5
cp "$LAB_STATE/config" "$config"
run systemctl reset-failed ftpalgd
run systemctl start ftpalgd
transfer "after five starts that failed"
