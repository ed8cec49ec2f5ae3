#!/bin/bash
# Run by hand: slow on an emulated machine.
# The service in the hands of systemd: what is installed starts, serves, reloads, restarts and stops
# without an error in the journal, and comes back after a crash and after a hang.
#
# $LAB_OUT/install holds the installed files (make install DESTDIR=...), see check_systemd. The
# daemon runs in the director's namespace by a drop-in; all else is the unit as it is shipped.
# shellcheck disable=SC2016 # conditions for lab_wait_for
# shellcheck source=tests/netns/gateway.sh
. "$(dirname "$0")/../netns/gateway.sh"
[[ -d /run/systemd/system ]] || lab_skip "systemd does not run"

property() { systemctl show -P "$1" ftpalgd; }
journal() { journalctl -q --no-pager -u ftpalgd "$@"; }
stage() { echo "=== $*"; }
give_up() { systemctl status --no-pager -l ftpalgd || true; journal -n 80 || true; lab_fail "$@"; }
run() { "$@" || give_up "$*"; }

transfer() {
	passive_curl -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || give_up "no transfer $*"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || give_up "other content $*"
}
# A process that a restart has put in the place of the one named.
replaced() {
	[[ $(property ActiveState) == active && $(property MainPID) != 0 && $(property MainPID) != "$1" ]]
}

stage "installation"
run test -d "${LAB_OUT:?}/install"
tar -C "$LAB_OUT/install" -c . | tar -C / -x --keep-directory-symlink
run systemd-sysusers
run getent passwd ftpalgd
mkdir -p /run/systemd/system/ftpalgd.service.d
cat >/run/systemd/system/ftpalgd.service.d/lab.conf <<-END
	[Service]
	NetworkNamespacePath=/run/netns/$LAB_PREFIX-director
END
run systemctl daemon-reload
run systemd-analyze verify ftpalgd.service
run systemd-analyze security --offline=true --threshold=15 --no-pager ftpalgd.service
run systemctl restart systemd-modules-load

lab_up families=4 capture=no
lab_server vsftpd rs1
lab_server vsftpd rs2
# The unit brings the setting along, whatever it was.
in_director sysctl -qw net.ipv4.vs.conntrack=0

stage "the ruleset before the daemon, as nftables.service loads it"
program=$(property ExecStart | sed -n 's/^{ path=\([^ ]*\) .*/\1/p')
config=$("$program" --check | sed 's/: fine$//')
run in_director nft -f "${config%.conf}.nft"
! passive_curl -o /dev/null "ftp://test:test@$vip/big" || give_up "works without the gateway"

stage "start"
run systemctl start ftpalgd
run test "$(in_director sysctl -n net.ipv4.vs.conntrack)" = 1
run test "$(ps -o user= -p "$(property MainPID)")" = ftpalgd
for i in 1 2; do transfer "after start, $i"; done

stage "reload"
pid=$(property MainPID)
run systemctl reload ftpalgd
run test "$(property MainPID)" = "$pid"
transfer "after reload"

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
journal -o cat | grep -q "serving $vip:21" || give_up "the journal has no line of the service"
errors=$(journal -o cat -p err _COMM=ftpalgd)
[[ -z $errors ]] || give_up "errors in the journal: $errors"

stage "killed"
run systemctl start ftpalgd
pid=$(property MainPID)
kill -KILL "$pid"
lab_wait_for "replaced $pid" 30 || give_up "not started again after SIGKILL"
transfer "after SIGKILL"

stage "hung: the watchdog"
pid=$(property MainPID)
kill -STOP "$pid"
lab_wait_for "replaced $pid" 90 || give_up "not started again by the watchdog"
journal -o cat | grep -qi watchdog || give_up "the journal does not name the watchdog"
transfer "after the watchdog"

run systemctl stop ftpalgd
lab_down
