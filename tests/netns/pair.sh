# SPDX-License-Identifier: GPL-2.0-or-later
# pair.sh: sourced by the tests of two directors. Each has keepalived (VRRP, lvs_sync_daemon) and, where a
# test starts it, ftpalgd; the addresses go to where keepalived says.
#
#   ftpalg-client            ftpalg-wire              ftpalg-director, -director2          ftpalg-wire
#   198.51.100.2 ─────────── outside (bridge) ─┬─ 198.51.100.11   10.0.0.11 ─┬─ inside (bridge) ── rs1 10.0.0.2
#                                              └─ 198.51.100.12   10.0.0.12 ─┘                 └─ rs2 10.0.0.3
#                     VIP 198.51.100.10, with IPVS       gateway 10.0.0.1
#
#   pair_up                    namespaces, addresses and services; the director is meant to be the first
#   pair_echo                  a service that is not FTP, on port 7 of the VIP
#   pair_keepalived N          starts it; pair_priority N NUMBER (from -99 to 99) hands over
#   pair_is_master N           waits until that director has both addresses
#   pair_gateway N [CONFIG]    starts ftpalgd; pair_stop N [SIGNAL]
#   pair_ctl N COMMAND...      ftpalgctl
#   in_director2 COMMAND...    pair_in N COMMAND...
# shellcheck shell=bash
# shellcheck disable=SC2034 # what topology.sh reads
# shellcheck source=tests/netns/gateway.sh
. "$(dirname "${BASH_SOURCE[0]}")/gateway.sh"

lab_places=(client director director2 rs1 rs2 wire)
vip=198.51.100.10 client=198.51.100.2 rs1=10.0.0.2 rs2=10.0.0.3
server_port=21

in_director2() { in_namespace director2 "$@"; }
pair_name() { [[ $1 == 1 ]] && echo director || echo director2; }
pair_in() { in_namespace "$(pair_name "$1")" "${@:2}"; }

pair_plug() {	# PLACE BRIDGE INTERFACE ADDRESS
	local port=$1-${2:0:1}
	lab_say wire link add "$port" type veth peer name "$3" netns "$LAB_PREFIX-$1"
	lab_say wire link set "$port" master "$2" up
	lab_say "$1" address add "$4/24" dev "$3"
	lab_say "$1" link set "$3" up
}

pair_services() {	# N
	pair_in "$1" ipvsadm -R <<-END
		-A -t $vip:21 -s rr
		-a -t $vip:21 -r $rs1:21 -m
		-a -t $vip:21 -r $rs2:21 -m
		-A -t $vip:7 -s rr
		-a -t $vip:7 -r $rs1:7 -m
		-a -t $vip:7 -r $rs2:7 -m
	END
}

pair_up() {
	local name
	mkdir -p "$LAB_STATE" /run/netns
	modprobe -qa ip_vs ip_vs_rr nf_conntrack_netlink nfnetlink_queue nfnetlink_cthelper nft_queue 2>/dev/null || true
	lab_batch=()
	lab_say wire link add outside type bridge
	lab_say wire link set outside up
	lab_say wire link add inside type bridge
	lab_say wire link set inside up
	pair_plug client outside eth0 $client
	pair_plug director outside outside 198.51.100.11
	pair_plug director2 outside outside 198.51.100.12
	pair_plug director inside inside 10.0.0.11
	pair_plug director2 inside inside 10.0.0.12
	for name in rs1 rs2; do
		pair_plug $name inside eth0 "${!name}"
		lab_say $name route add default via 10.0.0.1
	done
	for name in client director director2 rs1 rs2; do
		lab_say $name link set lo up
	done
	for name in "${lab_places[@]}"; do
		echo "netns add $LAB_PREFIX-$name"
	done | ip -batch -
	for name in wire client director director2 rs1 rs2; do
		in_namespace $name ip -batch - <<<"${lab_batch[$name]}"
	done
	for name in 1 2; do
		pair_in $name sh -c 'cd /proc/sys/net/ipv4; echo 1 | tee ip_forward vs/conntrack >/dev/null'
		pair_services $name
		echo 0 >"$LAB_STATE/priority$name"
	done
	lab_server vsftpd rs1
	lab_server vsftpd rs2
}

# What is sent to port 7 of a real server comes back.
pair_echo() {
	local server
	for server in rs1 rs2; do
		lab_spawn "echo-$server" $server python3 -B -c "
import socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(64):
            self.request.sendall(data)
socketserver.ThreadingTCPServer(('', 7), Echo).serve_forever()"
		lab_wait_listen $server 7
	done
}

# The first one has 110, and the other one 100, to which is added what its file says.
pair_keepalived() {
	cat >"$LAB_STATE/keepalived$1.conf" <<-END
		global_defs {
		    router_id director$1
		    lvs_sync_daemon inside OUT id 51
		    vrrp_garp_master_delay 1
		    vrrp_garp_master_refresh 2
		}
		vrrp_track_file priority {
		    file $LAB_STATE/priority$1
		}
		vrrp_sync_group GATE {
		    group {
		        OUT
		        IN
		    }
		    sync_group_tracking_weight
		    track_file {
		        priority weight 1
		    }
		}
		vrrp_instance OUT {
		    interface outside
		    virtual_router_id 51
		    state BACKUP
		    priority $((120 - 10 * $1))
		    advert_int 1
		    virtual_ipaddress {
		        $vip/32 dev outside
		    }
		}
		vrrp_instance IN {
		    interface inside
		    virtual_router_id 52
		    state BACKUP
		    priority $((120 - 10 * $1))
		    advert_int 1
		    virtual_ipaddress {
		        10.0.0.1/24 dev inside
		    }
		}
	END
	lab_spawn "keepalived$1" "$(pair_name "$1")" keepalived -n -l -D -P -f "$LAB_STATE/keepalived$1.conf" \
		-p "$LAB_STATE/run.keepalived$1" -r "$LAB_STATE/run.vrrp$1"
}
pair_priority() { echo "$2" >"$LAB_STATE/priority$1"; }

pair_has_addresses() { pair_in "$1" ip -4 address | grep -c "$vip/32\|10.0.0.1/24" | grep -x 2; }
pair_is_master() {
	lab_wait_for "pair_has_addresses $1" 180 || lab_fail "director $1 does not get the addresses"
	lab_wait_for "! pair_has_addresses $((3 - $1))" 180 || lab_fail "both directors have the addresses"
	lab_wait_for "pair_is_known $1" 90 || lab_fail "director $1 has the addresses, and its neighbours do not know"
}
# Nobody has the other one for a neighbour by the addresses that move.
pair_is_known() {
	pair_neighbour "$1" client outside $vip && pair_neighbour "$1" rs1 inside 10.0.0.1 &&
		pair_neighbour "$1" rs2 inside 10.0.0.1
}
pair_neighbour() {	# N PLACE INTERFACE ADDRESS
	local known
	known=$(in_namespace "$2" ip neighbour show "$4" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
	[[ -z $known ]] || pair_in "$1" ip link show "$3" | grep "$known"
}

pair_gateway() {
	local before=0 log=$LAB_STATE/ftpalgd$1.log
	printf 'control = { socket = "%s"; group = "root"; };\n%s\n' "$LAB_STATE/control$1" "${2:-}" >"$LAB_STATE/ftpalgd$1.conf"
	[[ ! -e $log ]] || before=$(grep -c serving "$log" || true)
	lab_spawn "ftpalgd$1" "$(pair_name "$1")" "$ftpalgd" -v -c "$LAB_STATE/ftpalgd$1.conf"
	lab_wait_for "(( \$(grep -c serving $log) > $before ))" 180 || lab_fail "ftpalgd $1 does not get ready"
}
pair_stop() { lab_kill "ftpalgd$1" "${2:-TERM}"; }
pair_ctl() { pair_in "$1" "$LAB_BUILD/src/ctl/ftpalgctl" -s "$LAB_STATE/control$1" "${@:2}"; }

# "INTERFACE ID" of a thread, or nothing.
pair_thread() {	# N master|backup
	pair_in "$1" ipvsadm -L --daemon | sed -n "s/^$2 sync daemon (mcast=\\(.*\\), syncid=\\([0-9]*\\).*/\\1 \\2/p"
}
pair_has_threads() {	# N MASTER BACKUP: "-" is none
	local master backup
	master=$(pair_thread "$1" master) backup=$(pair_thread "$1" backup)
	[[ ${master:--} == "$2" && ${backup:--} == "$3" ]]
}
pair_expect_threads() {	# N MASTER BACKUP WHEN
	pair_has_threads "$1" "$2" "$3" || pair_other_threads "$@"
}
pair_wait_threads() {	# the same: keepalived, or ftpalgd when it looks next, sees to it
	lab_wait_for "pair_has_threads $1 '$2' '$3'" 90 || pair_other_threads "$@"
}
pair_other_threads() {
	lab_fail "$4: director $1 has these threads: $(pair_in "$1" ipvsadm -L --daemon)"
}
