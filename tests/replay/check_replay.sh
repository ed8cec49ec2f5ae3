#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs check_replay.py, which needs Python only; with tshark it checks more.

command -v python3 >/dev/null || { echo "python3 is missing: skipped"; exit 77; }
command -v tshark >/dev/null || echo "tshark is missing: the captures written are not checked with it"
exec python3 "${srcdir:-.}/tests/replay/check_replay.py" "$@"
