#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package on a director: `quickstart install` gives a running service, which finds the
# virtual service that IPVS gets afterwards; an upgrade keeps configuration and queues; a purge
# leaves nothing.
# The package that check_systemd has built is used: inside an emulated machine it would take minutes.
# shellcheck disable=SC2016 # conditions for lab_wait_for
# shellcheck source=tests/systemd/unit.sh
. "$(dirname "$0")/unit.sh"
package=$(find "$LAB_BUILD/package" -name 'ftpalgd_*.deb' 2>/dev/null || true)
[[ -n $package ]] || lab_skip "the package was not built: no debhelper"

# Left in an image by the container it was made from: packages could not start services.
rm -f /usr/sbin/policy-rc.d
# All that it depends on is here. Emulated, reading what else there is takes minutes.
mount -t tmpfs lists /var/lib/apt/lists
rm -f /var/lib/man-db/auto-update
# A checkout among temporary files is read-only here.
if [[ ! -w $LAB_TOP ]]; then
	mkdir -p /run/checkout/upper /run/checkout/work
	mount -t overlay -o "lowerdir=$LAB_TOP,upperdir=/run/checkout/upper,workdir=/run/checkout/work" overlay "$LAB_TOP"
fi
directory=$LAB_TOP/build/release/package
[[ $directory -ef $LAB_BUILD/package ]] || { mkdir -p "$directory"; cp -p "$package" "$directory"; }

trap 'status=$?; ipvsadm -C; (exit $status); unit_end' EXIT
config=/etc/ftpalgd/ftpalgd.conf
queues=/proc/net/netfilter/nfnetlink_queue
heard() { journalctl --sync; journal -o cat | grep "$@" >/dev/null; }
is_running() { [[ $(systemctl is-enabled ftpalgd)/$(systemctl is-active ftpalgd) == enabled/active ]]; }

# upgraded NAME: the package as its next version would be.
upgraded() {
	dpkg-deb -R "$package" "$LAB_STATE/tree"
	sed -i 's/^Version: .*/&.1/' "$LAB_STATE/tree/DEBIAN/control"
	echo "# the next version's" >>"$LAB_STATE/tree$config"
	dpkg-deb -Znone -b "$LAB_STATE/tree" "$1"
}

stage "quickstart install"
mkdir -p "$LAB_STATE"
run "$LAB_TOP/quickstart" install
run is_running
run test "$(sysctl -n net.ipv4.vs.conntrack)" = 1
ipvsadm -A -t 192.0.2.10:21 -s rr
ipvsadm -a -t 192.0.2.10:21 -r 10.0.0.2:21 -m
lab_wait_for 'heard "serving 192.0.2.10:21"' 20 || give_up "does not find the service"

stage "upgrade"
echo '// mine' >>$config
upgraded "$LAB_STATE/next.deb"
pid=$(property MainPID)
before=$(awk '{ print $1, $2 }' $queues)
run env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold -i "$LAB_STATE/next.deb"
run is_running
run test "$(property MainPID)" != "$pid"
run test -n "$before"
run test "$(awk '{ print $1, $2 }' $queues)" = "$before"
run grep -q '// mine' $config

stage "purge"
mapfile -t files < <(dpkg -L ftpalgd)
run dpkg -P ftpalgd
run test "$(property ActiveState)" = inactive
run test -z "$(cat $queues)"
! nft list table inet ftpalgd || give_up "the table stays"
! getent passwd ftpalgd || give_up "the user stays"
left=$(find /etc /run /var/lib/systemd -name '*ftpalgd*' ! -path "$LAB_STATE*" ! -path '/run/checkout/*')
for file in "${files[@]}"; do
	[[ -d $file || ! -e $file ]] || left+=" $file"
done
[[ -z $left ]] || give_up "left behind: $left"
