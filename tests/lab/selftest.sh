#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's own test: it must be able to tell a gateway that works from one
# that does not. Without any, the control connection works and a passive
# transfer fails; with the kernel's ip_vs_ftp the same transfer succeeds.
# shellcheck source=tests/lab/topology.sh
. "$(dirname "$0")/topology.sh"
# In the module's own time: it attaches to namespaces when it is loaded.
[[ ! -e /sys/module/ip_vs_ftp ]] || lab_skip "ip_vs_ftp is loaded already"

lab_up capture=yes
lab_server vsftpd rs1
lab_server vsftpd rs2

# The client that takes the announced address at its word.
passive() { in_client curl -sS --connect-timeout 3 --max-time 20 --disable-epsv --no-ftp-skip-pasv-ip "$@"; }

for server in "$rs1" "$rs1_6"; do
	! in_client ping -c 1 -W 1 "$server" >/dev/null 2>&1 || lab_fail "the client reaches $server"
done
passive --head "ftp://test:test@$vip/small" | grep Content-Length >/dev/null || lab_fail "no control connection"
in_client curl -sS --max-time 20 --head "ftp://test:test@[$vip6]/small" | grep Content-Length >/dev/null || lab_fail "no control connection, IPv6"
! passive -o /dev/null "ftp://test:test@$vip/big" || lab_fail "works without a gateway"
! in_client curl -sS --connect-timeout 3 --max-time 20 -o /dev/null "ftp://test:test@[$vip6]/big" ||
	lab_fail "EPSV over IPv6 works without a gateway"

modprobe ip_vs_ftp || lab_skip "no ip_vs_ftp"
passive -o "$LAB_STATE/got" "ftp://test:test@$vip/big" || lab_fail "fails with ip_vs_ftp"
cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "other content"
passive "ftp://$vip/whoami" | grep rs >/dev/null || lab_fail "no anonymous download"
lab_down
rmmod ip_vs_ftp
