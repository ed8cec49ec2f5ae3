# Every module of src/kernel against the kernel, with what it should refuse.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lab/topology.sh"

program=${LAB_KERNEL_TESTS:-$LAB_BUILD/tests/kernel}/interfaces
[[ -x $program ]] || lab_skip "not built: $program"

lab_up capture=no
cd "$LAB_TOP"
LAB_COMMAND_LIMIT=110 in_director "$program"
