#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doc/guide/keepalived.md: its commands, with keepalived itself.
. "$(dirname "$0")/guide_page.sh"
command -v keepalived >/dev/null || lab_skip "keepalived is not here (package keepalived)"

guide_up ipvs=no
guide_page keepalived.md
guide_down
