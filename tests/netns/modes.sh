#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every mode of both address families, with both ways of forwarding: from servers whose active data
# connections leave port 20 (vsftpd) and any port (pyftpdlib).
. "$(dirname "$0")/gateway.sh"

declare -A options=(
	[PASV]="--disable-epsv --no-ftp-skip-pasv-ip"
	[EPSV]=""
	[PORT]="--ftp-port - --disable-eprt"
	[EPRT]="--ftp-port -"
)

download() {	# MODE HOST
	local host=$2
	[[ $host != *:* ]] || host="[$host]"
	# shellcheck disable=SC2086 # options are several words
	in_client curl -sS --connect-timeout 5 --max-time 60 ${options[$1]} -o "$LAB_STATE/got" \
		"ftp://test:test@$host/big" || lab_fail "$1 over $2, forwarding $forwarding"
	cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "$1 over $2: other content"
}

lab_up
lab_server vsftpd rs1
lab_server pyftpdlib rs2
for forwarding in ipvs conntrack; do
	gateway_start "forwarding = \"$forwarding\";"
	# Twice each: the scheduler takes the two servers in turn.
	for mode in PASV EPSV PORT EPRT; do
		for _ in 1 2; do download $mode "$vip"; done
	done
	for mode in EPSV EPRT; do
		for _ in 1 2; do download $mode "$vip6"; done
	done
	gateway_stop
done
lab_down
