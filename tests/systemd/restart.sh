#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Restarts under load: not one transfer fails, and sessions in which sequence numbers are being
# corrected go on. RESTARTS: how many. Then other queues, and a crash, which these sessions survive, too; a
# stop lets go of the queues.
# shellcheck disable=SC2016,SC2317 # conditions for lab_wait_for; called by them
# shellcheck source=tests/systemd/unit.sh
. "$(dirname "$0")/unit.sh"
here=$(cd "$(dirname "$0")" && pwd -P)
export PATIENCE=240
queues=/proc/net/netfilter/nfnetlink_queue
loads=()

# ---- load ----

# Transfers one after the other as long as $LAB_STATE/load is there. What fails is told beside it.
downloads() {	# NAME FILE
	local count=0
	while [[ -e $LAB_STATE/load ]]; do
		if ! timeout 300 nsenter --net="/run/netns/$LAB_PREFIX-client" curl -sS --connect-timeout 120 --max-time 240 \
			--disable-epsv --no-ftp-skip-pasv-ip -o "$LAB_STATE/$1.got" "ftp://test:test@$vip/$2" ||
			! cmp "$LAB_STATE/$1.got" "$LAB_STATE/vsftpd-rs1.root/$2"; then
			echo "transfer $((count + 1)) of $1" >>"$LAB_STATE/failed"
		fi
		count=$((count + 1))
		echo "$count" >"$LAB_STATE/$1.count"
	done
}
long_session() {	# NAME WORDING
	LAB_COMMAND_LIMIT=3600 in_client "$here/long_session.py" "$vip" 2121 "$2" "$LAB_STATE/$1.end" "$LAB_STATE/$1.count" ||
		echo "session $1" >>"$LAB_STATE/failed"
	rm -f "$LAB_STATE/$1.count"
}
begin() {	# NAME COMMAND...
	"${@:2}" >"$LAB_STATE/$1.log" 2>&1 &
	loads+=($!)
	lab_wait_for "[[ -s $LAB_STATE/$1.count ]]" 240 || give_up "$1 makes no transfer"
}
count() { cat "$LAB_STATE/$1.count" 2>/dev/null || echo -1; }	# -1: it has ended
# Another transfer has begun and ended since.
progress() {	# NAME
	local before
	before=$(count "$1")
	lab_wait_for "(( \$(count $1) > $before + 1 ))" 240 || give_up "$1 does not go on"
	[[ ! -e $LAB_STATE/failed ]] || give_up "$(cat "$LAB_STATE/failed")"
}
finish() {	# NAME
	touch "$LAB_STATE/$1.end"
	lab_wait_for "[[ ! -e $LAB_STATE/$1.count ]]" 240 || give_up "$1 does not end"
}

# Number, socket and losses of each queue.
sockets() { in_director awk '{ print $1, $2, $6, $7 }' $queues | sort; }
configure() { printf '%s\n' "services = ( { name = \"odd\"; virtual = \"$vip:2121\"; } );" "$@" >/etc/ftpalgd/ftpalgd.conf; }
heard() { journalctl --sync; journal -o cat | grep "$@" >/dev/null; }

# ---- the director, and a service whose replies grow ----

unit_install "[Unit]" "StartLimitIntervalSec=0"
lab_up families=4 capture=no vip=203.200.113.110 rs1=1.0.0.2 rs2=1.0.0.3 ipvs=no
lab_server vsftpd rs1
in_director ipvsadm -R <<<"-A -t $vip:21 -s rr
-a -t $vip:21 -r $rs1:21 -m
-A -t $vip:2121 -s rr
-a -t $vip:2121 -r $rs1:2121 -m"
lab_spawn odd rs1 "$LAB_TOP/tests/netns/odd_server.py" "$rs1" 2121
lab_wait_listen rs1 2121
configure 'queues = { count = 2; };'
run systemctl start ftpalgd

touch "$LAB_STATE/load"
begin small downloads small small
begin big downloads big big
begin usual long_session usual usual
begin adjusted long_session adjusted tight

stage "${RESTARTS:=5} restarts"
before=$(sockets)
for ((i = 0; i < RESTARTS; i++)); do
	run systemctl restart ftpalgd
	progress adjusted
done
run test "$(sockets)" = "$before"
journalctl --sync
run test "$(journal -o cat | grep -c 'taken over from the daemon before: 2 queues')" = "$RESTARTS"
echo "$(count small) small, $(count big) big, $(count usual) and $(count adjusted) in a session; queues $before"

stage "other queues"
configure 'queues = { first = 3000; count = 2; };'
run systemctl restart ftpalgd
progress adjusted
progress usual
run test "$(sockets | cut -d' ' -f1 | xargs)" = "3000 3001"
finish adjusted
configure 'queues = { first = 3000; count = 1; };'
run systemctl restart ftpalgd
progress usual
run test "$(sockets | cut -d' ' -f1 | xargs)" = "3000"
run heard "no longer as many"

stage "killed"
begin survivor long_session survivor tight
before=$(sockets)
for i in 1 2; do
	pid=$(property MainPID)
	kill -KILL "$pid"
	lab_wait_for "replaced $pid" 240 || give_up "not started again"
	progress usual
	progress survivor
	progress small
done
finish survivor
run test "$(sockets | cut -d' ' -f-2)" = "$(cut -d' ' -f-2 <<<"$before")"

stage "the end of the load"
finish usual
rm "$LAB_STATE/load"
wait "${loads[@]}"
[[ ! -e $LAB_STATE/failed ]] || give_up "$(cat "$LAB_STATE/failed")"

stage "stop"
run systemctl stop ftpalgd
lab_wait_for '[[ -z $(sockets) ]]' 20 || give_up "the queues stay after a stop"
run passive_curl -o /dev/null --head "ftp://test:test@$vip/small"
