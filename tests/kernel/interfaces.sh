# SPDX-License-Identifier: GPL-2.0-or-later
# Every module of src/kernel against the kernel, with what it should refuse. Run by hand: it counts
# packets, and TCP may send one again at any time.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lab/topology.sh"

program=${LAB_KERNEL_TESTS:-$LAB_BUILD/tests/kernel}/interfaces
STEPS=${STEPS:-}
[[ -x $program ]] || lab_skip "not built: $program"

lab_up capture=no
cd "$LAB_TOP" || exit
# A retransmission on a slow machine is a packet too many.
ip -n "$LAB_PREFIX-client" route change "$vip/32" via 198.51.100.1 rto_min 10s
ip -n "$LAB_PREFIX-client" -6 route change "$vip6/128" via 2001:db8:1::1 rto_min 10s
in_client sysctl -qw net.ipv4.tcp_early_retrans=0 # nor a probe for a lost tail
LAB_COMMAND_LIMIT=${LAB_TEST_LIMIT:-120} in_director "$program" $STEPS
