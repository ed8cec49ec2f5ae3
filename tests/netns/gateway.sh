# SPDX-License-Identifier: GPL-2.0-or-later
# gateway.sh: sourced by the tests of this folder. Topology, servers, and the daemon under test.
#
#   gateway_up [NAME=VALUE]...   lab_up, then vsftpd on both real servers unless servers= says others
#   gateway_start [CONFIG]       the daemon in the director's namespace; CONFIG is libconfig text
#   gateway_stop [SIGNAL]
#   transfer CLIENT URL-HOST     a 5 MB download by that client, content compared
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lab/topology.sh"

ftpalgd=$LAB_BUILD/src/daemon/ftpalgd

gateway_start() {
	local before=0
	mkdir -p "$LAB_STATE"
	printf '%s\n' "${1:-}" >"$LAB_STATE/ftpalgd.conf"
	[[ ! -e $LAB_STATE/ftpalgd.log ]] || before=$(grep -c 'serving\|no virtual service' "$LAB_STATE/ftpalgd.log" || true)
	lab_spawn ftpalgd director "$ftpalgd" -v -c "$LAB_STATE/ftpalgd.conf"
	gateway_ready "$before" || lab_fail "ftpalgd does not get ready"
}
gateway_ready() {
	lab_wait_for "(( \$(grep -c 'serving\\|no virtual service' $LAB_STATE/ftpalgd.log) > $1 )) || lab_gone $(<"$LAB_STATE/ftpalgd.pid")" 60
	! lab_gone "$(<"$LAB_STATE/ftpalgd.pid")"
}
gateway_stop() { lab_kill ftpalgd "${1:-TERM}"; }

gateway_up() {
	local server1=vsftpd server2=vsftpd argument arguments=()
	for argument in "$@"; do
		case $argument in
		servers=*) server1=${argument#*=} server2=${argument#*=} ;;
		*) arguments+=("$argument") ;;
		esac
	done
	lab_up "${arguments[@]}"
	lab_server "$server1" rs1
	lab_server "$server2" rs2
}

# The client that takes the announced address at its word, and no other way.
passive_curl() {
	in_client curl -sS --connect-timeout 3 --max-time 30 --disable-epsv --no-ftp-skip-pasv-ip "$@"
}
