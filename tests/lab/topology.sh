# SPDX-License-Identifier: GPL-2.0-or-later
# topology.sh: sourced by tests. A director with IPVS between a client and two
# real servers, in namespaces, none of which leads anywhere else.
#
#   ftpalg-client          ftpalg-director                        ftpalg-rs1, -rs2
#   198.51.100.2 ───────── 198.51.100.1            10.0.0.1 ──┬── 10.0.0.2
#   2001:db8:1::2          2001:db8:1::1            fd00::1   └── 10.0.0.3
#      eth0        outside                 inside (bridge)          eth0   fd00::2, fd00::3
#                          VIP 192.0.2.10, 2001:db8::10
#                          IPVS, port 21, masquerading, rr
#
# The client has a route to the VIP and to nothing behind it: a data
# connection that the gateway has not mended fails, and does not find its own
# way by IP forwarding. The real servers reach the world through the director.
#
#   lab_up [NAME=VALUE]...     see lab_defaults for the names
#   in_client COMMAND...       (in_director, in_rs1, in_rs2) at most 60 s, LAB_COMMAND_LIMIT
#   lab_spawn NAME WHERE COMMAND...   in the background, output in $LAB_STATE/NAME.log
#   lab_kill NAME [SIGNAL]     the same process, and waits for its end
#   lab_server KIND rs1|rs2 [OPTION]...   an FTP server on all addresses, see servers/start
#   lab_wait_for 'CONDITION' [SECONDS]    polls, fails in plain words
#   lab_dump                   everything one wants to see after a failure
#   lab_skip REASON            ends the test as skipped
#
# A test that ends badly is dumped, and every test cleaned up after, by a trap on EXIT.
# shellcheck shell=bash
set -euo pipefail

lab_directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
LAB_TOP=$(cd "$lab_directory/../.." && pwd -P)
LAB_BUILD=${LAB_BUILD:-$LAB_TOP}
LAB_STATE=${LAB_STATE:-/run/ftpalgd-lab}
LAB_PREFIX=${LAB_PREFIX:-ftpalg}
lab_places=(client director rs1 rs2)
export LAB_TOP LAB_BUILD LAB_STATE LAB_PREFIX

lab_defaults() {
	families="4 6" capture=yes
	vip=192.0.2.10 vip6=2001:db8::10
	client=198.51.100.2 client6=2001:db8:1::2
	rs1=10.0.0.2 rs2=10.0.0.3 rs1_6=fd00::2 rs2_6=fd00::3
	port=21 server_port=21		# of the virtual service, of the real servers
	scheduler=rr ipvs=yes		# ipvs=no: no service is made
}

# nsenter, not "ip netns exec": a third of the time where every process is dear.
in_namespace() {
	timeout --foreground -k 5 "${LAB_COMMAND_LIMIT:-60}" nsenter --net="/run/netns/$LAB_PREFIX-$1" "${@:2}"
}
in_client() { in_namespace client "$@"; }
in_director() { in_namespace director "$@"; }
in_rs1() { in_namespace rs1 "$@"; }
in_rs2() { in_namespace rs2 "$@"; }

# Neighbours on a /24 or /64 with one of the topology's addresses: the gateway.
lab_gateway() {
	case $1 in
	*:*) echo "${1%:*}:1" ;;
	*) echo "${1%.*}.1" ;;
	esac
}
lab_bracket() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac }

# The lines for "ip -batch" and "ipvsadm -R", namespace by namespace: a process
# for each command would take longer than most tests.
declare -A lab_batch
lab_say() { lab_batch[$1]+="${*:2}"$'\n'; }

lab_family() {	# VIP CLIENT RS1 RS2
	local gateway server where host=32 length=24 nodad=''
	case $1 in *:*) host=128 length=64 nodad=nodad ;; esac
	gateway=$(lab_gateway "$2")
	lab_say client address add "$2/$length" dev eth0 $nodad
	lab_say client route add "$1/$host" via "$gateway"
	lab_say director address add "$gateway/$length" dev outside $nodad
	lab_say director address add "$1/$host" dev outside $nodad
	gateway=$(lab_gateway "$3")
	lab_say director address add "$gateway/$length" dev inside $nodad
	[[ $ipvs != yes ]] || lab_say ipvs "-A -t $(lab_bracket "$1"):$port -s $scheduler"
	for where in rs1 rs2; do
		server=$3
		[[ $where == rs1 ]] || server=$4
		lab_say $where address add "$server/$length" dev eth0 $nodad
		lab_say $where route add default via "$gateway"
		[[ $ipvs != yes ]] || lab_say ipvs "-a -t $(lab_bracket "$1"):$port -r $(lab_bracket "$server"):$server_port -m"
	done
}

lab_up() {
	local name
	lab_defaults
	for name in "$@"; do
		declare -g "${name%%=*}=${name#*=}"
	done
	mkdir -p "$LAB_STATE" /run/netns
	modprobe -qa ip_vs "ip_vs_$scheduler" nf_conntrack_netlink nfnetlink_queue nfnetlink_cthelper nft_queue 2>/dev/null || true

	lab_batch=()
	lab_say director link add inside type bridge
	lab_say director link set inside up
	lab_say director link add outside type veth peer name eth0 netns "$LAB_PREFIX-client"
	lab_say director link set outside up
	for name in rs1 rs2; do
		lab_say director link add $name type veth peer name eth0 netns "$LAB_PREFIX-$name"
		lab_say director link set $name master inside up
	done
	for name in client rs1 rs2; do
		lab_say $name link set lo up
		lab_say $name link set eth0 up
	done
	lab_say director link set lo up
	case $families in *4*) lab_family "$vip" "$client" "$rs1" "$rs2" ;; esac
	case $families in *6*) lab_family "$vip6" "$client6" "$rs1_6" "$rs2_6" ;; esac

	for name in "${lab_places[@]}"; do
		echo "netns add $LAB_PREFIX-$name"
	done | ip -batch -
	# The detection of duplicate addresses delays link-local ones by a second.
	for name in client director rs1 rs2; do
		# shellcheck disable=SC2016 # for the inner shell
		in_namespace $name sh -c 'for i in all default; do echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad; done'
	done
	in_director sh -c 'cd /proc/sys/net; echo 1 | tee ipv4/ip_forward ipv6/conf/all/forwarding ipv4/vs/conntrack >/dev/null'
	for name in director client rs1 rs2; do
		in_namespace $name ip -batch - <<<"${lab_batch[$name]}"
	done
	[[ -z ${lab_batch[ipvs]:-} ]] || in_director ipvsadm -R <<<"${lab_batch[ipvs]}"

	if [[ $capture == yes ]]; then
		lab_spawn capture director tcpdump -i any -Z root -n -U -s 300 -c 20000 -w "$LAB_STATE/capture.pcap" tcp
		# shellcheck disable=SC2016
		lab_wait_for '[[ -s $LAB_STATE/capture.pcap ]]' 20
	fi
}

lab_down() {
	local file name
	for file in "$LAB_STATE"/*.pid; do
		[[ -e $file ]] || continue
		file=${file##*/}
		lab_kill "${file%.pid}" KILL || true
	done
	for name in "${lab_places[@]}"; do
		[[ -e /run/netns/$LAB_PREFIX-$name ]] || continue
		ip netns del "$LAB_PREFIX-$name"
	done
	rm -rf "$LAB_STATE"
}

lab_spawn() {
	local name=$1 where=$2
	shift 2
	nsenter --net="/run/netns/$LAB_PREFIX-$where" "$@" </dev/null >>"$LAB_STATE/$name.log" 2>&1 &
	echo $! >"$LAB_STATE/$name.pid"
}

# A process and what it forked (FTP servers fork per session).
lab_kill() {
	local name=$1 signal=${2:-TERM} pid
	[[ -e $LAB_STATE/$name.pid ]] || return 0
	pid=$(<"$LAB_STATE/$name.pid")
	rm -f "$LAB_STATE/$name.pid"
	[[ ! -e $LAB_STATE/$name.root ]] || pkill "-$signal" -P "$pid" || true
	kill "-$signal" "$pid" 2>/dev/null || true
	lab_wait_for "lab_gone $pid" 10
}
# A zombie counts as gone: bash reaps it when it likes.
lab_gone() { [[ ! -e /proc/$1 ]] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

lab_server() { "$lab_directory/servers/start" "$1" "$2" any "$server_port" "${@:3}"; }

lab_wait_for() {
	local end=$((${EPOCHREALTIME/./} + ${2:-10} * 1000000))
	until eval "$1" >/dev/null 2>&1; do
		if ((${EPOCHREALTIME/./} > end)); then
			echo "lab: still not after ${2:-10} s: $1" >&2
			return 1
		fi
		sleep 0.05
	done
}

# Until something listens there. Behind a pipe grep must not be told -q: it would end before its
# writer, which pipefail takes for a failure.
lab_wait_listen() { lab_wait_for "in_$1 ss -Hltn 'sport = $2' | grep . >/dev/null" 30; }	# HOST PORT

lab_fail() { echo "FAILED: $*" >&2; exit 1; }
lab_skip() { echo "$*"; exit 77; }

lab_section() {
	local title=$1
	shift
	echo "--- $title"
	"$@" 2>&1 | tail -n "${LAB_DUMP_LINES:-60}" || true
}
lab_dump() {
	local log
	[[ -e /run/netns/$LAB_PREFIX-director ]] || return 0
	lab_section "ruleset" in_director nft list ruleset
	lab_section "conntrack" in_director conntrack -L
	lab_section "expectations" in_director conntrack -L expect
	lab_section "IPVS services" in_director ipvsadm -Ln
	lab_section "IPVS entries" in_director ipvsadm -Lnc
	lab_section "queues" cat /proc/net/netfilter/nfnetlink_queue
	for log in "$LAB_STATE"/*.log; do
		[[ ! -s $log ]] || lab_section "${log##*/}" cat "$log"
	done
	[[ ! -s $LAB_STATE/capture.pcap ]] || lab_section "capture" tcpdump -nr "$LAB_STATE/capture.pcap" tcp
}

lab_end() {
	local status=$?
	trap - EXIT
	set +e
	if ((status != 0 && status != 77)); then lab_dump >&2; fi
	lab_down
	exit "$status"
}
trap lab_end EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
