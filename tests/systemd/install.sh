#!/bin/bash
# Run by hand: slow on an emulated machine.
# `quickstart install` on a director that systemd runs: the service is enabled and running, and finds
# the virtual service that IPVS gets afterwards; doing it again keeps the configuration.
# What quickstart has built is used: inside an emulated machine the build would take minutes.
# shellcheck disable=SC2016 # conditions for lab_wait_for
# shellcheck source=tests/lab/topology.sh
. "$(dirname "$0")/../lab/topology.sh"
[[ -d /run/systemd/system ]] || lab_skip "systemd does not run"
[[ -x $LAB_TOP/build/release/src/daemon/ftpalgd ]] || lab_skip "not built by quickstart"

# A checkout among temporary files is read-only here.
if [[ ! -w $LAB_TOP/build ]]; then
	mkdir -p /run/install/upper /run/install/work
	mount -t overlay -o "lowerdir=$LAB_TOP,upperdir=/run/install/upper,workdir=/run/install/work" overlay "$LAB_TOP"
fi

trap 'systemctl disable --now ftpalgd; ipvsadm -C' EXIT
give_up() { systemctl status --no-pager -l ftpalgd || true; journalctl -q --no-pager -u ftpalgd -n 40; lab_fail "$@"; }

"$LAB_TOP/quickstart" install || give_up "first time"
[[ $(systemctl is-enabled ftpalgd)/$(systemctl is-active ftpalgd) == enabled/active ]] || give_up "not enabled or not active"
[[ $(sysctl -n net.ipv4.vs.conntrack) == 1 ]] || give_up "net.ipv4.vs.conntrack is 0"

ipvsadm -A -t 192.0.2.10:21 -s rr
ipvsadm -a -t 192.0.2.10:21 -r 10.0.0.2:21 -m
lab_wait_for 'journalctl -q -u ftpalgd -o cat | grep "serving 192.0.2.10:21"' 20 || give_up "does not find the service"

echo '// mine' >>/etc/ftpalgd/ftpalgd.conf
"$LAB_TOP/quickstart" install || give_up "second time"
grep -q '// mine' /etc/ftpalgd/ftpalgd.conf || lab_fail "the configuration was overwritten"
[[ $(systemctl is-active ftpalgd) == active ]] || give_up "not active"
