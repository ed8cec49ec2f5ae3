# Openings in the kernel: 200 passive ones in a row and active ones, both
# families, both ways of forwarding, each used as soon as it is said to be ready.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lab/topology.sh"

lab_up
for family in 4 6; do
	for forwarding in ipvs conntrack; do
		echo "=== IPv$family, $forwarding"
		in_director "${LAB_KERNEL_TESTS:-$LAB_BUILD/tests}/kernel-openings" $forwarding $family "${OPENINGS:-200}"
	done
done
