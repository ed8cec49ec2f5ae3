#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every server of the lab, without a director between: passive and active,
# download and upload, IPv4 and IPv6, its passive ports.
# shellcheck source=tests/lab/topology.sh
. "$(dirname "$0")/../topology.sh"

lab_up ipvs=no capture=no
# shellcheck disable=SC2154 # rs1 and its like: lab_defaults
for kind in ${LAB_SERVERS:-vsftpd proftpd pureftpd pyftpdlib inetutils}; do
	lab_server "$kind" rs1 --passive 50000-50009
	for address in "$rs1" "[$rs1_6]"; do
		for how in --disable-epsv --epsv "--ftp-port - --disable-eprt" "--ftp-port - --eprt"; do
			case $address$how in [[]*--disable*) continue ;; esac
			# shellcheck disable=SC2086 # options are words
			in_director curl -sS --max-time 20 $how -v -o "$LAB_STATE/got" "ftp://test:test@$address/big" 2>"$LAB_STATE/curl.log" ||
				lab_fail "$kind: no download from $address with $how"
			cmp "$LAB_STATE/got" "$LAB_STATE/big" || lab_fail "$kind: other content"
			# shellcheck disable=SC2086
			in_director curl -sS --max-time 20 $how -T "$LAB_STATE/big" "ftp://test:test@$address/new" || lab_fail "$kind: no upload to $address with $how"
			cmp "$LAB_STATE/$kind-rs1.root/new" "$LAB_STATE/big" || lab_fail "$kind: upload has other content"
			case $how in
			--disable-epsv) grep -Eq '227 .*,195,8[0-9]\)' "$LAB_STATE/curl.log" || lab_fail "$kind: passive port out of range" ;;
			--epsv) grep -Eq '229 .*\|5000[0-9]\|' "$LAB_STATE/curl.log" || lab_fail "$kind: extended passive port out of range" ;;
			esac
			rm -f "$LAB_STATE/got" "$LAB_STATE/$kind-rs1.root/new"
		done
	done
	[[ $(in_director curl -sS --max-time 20 "ftp://$rs1/whoami") == rs1 ]] || lab_fail "$kind: no anonymous download"
	lab_kill "$kind-rs1"
	lab_wait_for "! in_rs1 ss -Hltn 'sport = :21' | grep . >/dev/null" 5 || lab_fail "$kind lives on"
	echo "$kind works"
done
