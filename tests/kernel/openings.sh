# SPDX-License-Identifier: GPL-2.0-or-later
# Run by hand: now and then a control connection of the test, not of the daemon, does not come about.
# Openings in the kernel: passive ones in a row and active ones, both
# families, both ways of forwarding, each used as soon as it is said to be ready.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lab/topology.sh"

program=${LAB_KERNEL_TESTS:-$LAB_BUILD/tests/kernel}/openings
[[ -x $program ]] || lab_skip "not built: $program"

lab_up capture=no
for family in 4 6; do
	for forwarding in ipvs conntrack; do
		echo "=== IPv$family, $forwarding"
		in_director "$program" $forwarding $family "${OPENINGS:-100}"
	done
done
