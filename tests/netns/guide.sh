#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doc/guide: every command of every page, where the page says; keepalived's page has its own test.
. "$(dirname "$0")/guide_page.sh"

guide_up ipvs=no
guide_page ipvsadm.md
guide_down
for page in nftables firewall ranges troubleshooting; do
	guide_up
	[[ $page != troubleshooting ]] || PATH=$LAB_STATE/bin:$PATH in_director systemctl enable --now ftpalgd
	guide_page $page.md
	guide_down
done
