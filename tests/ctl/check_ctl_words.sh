#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command and option of ftpalgctl is in its manual page and in both completions, every reason in
# the page; every option of ftpalgd in its page; every manual page is named by those it names.
set -euo pipefail
top=${srcdir:-.}
ctl=src/ctl/ftpalgctl
failed=0
missing() { echo "$1 is not in $2" >&2; failed=1; }

commands=$("$ctl" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
[[ $(wc -w <<<"$commands") -ge 14 ]] || { echo "the help names few commands: $commands" >&2; exit 1; }
for command in $commands; do
	grep -Eq "^\.It Cm $command( |$)" "$top/man/ftpalgctl.8" || missing "$command" man/ftpalgctl.8
	grep -Eq "commands=.*[ \"]${command}[ \"]" "$top/completions/bash/ftpalgctl" || missing "$command" completions/bash
	grep -q "^		'$command:" "$top/completions/zsh/_ftpalgctl" || missing "$command" completions/zsh
done
for reason in $(sed -n 's/^	\[REASON_[A-Z_]*\] = { "\([a-z_]*\)".*/\1/p' "$top/src/core/reason.c"); do
	grep -q "^\.It Li $reason$" "$top/man/ftpalgctl.8" || missing "$reason" man/ftpalgctl.8
done

for option in $("$ctl" --help | grep -o -- '--[a-z][a-z]*' | sort -u); do
	grep -q -- "Fl -${option#--}\( \|$\)" "$top/man/ftpalgctl.8" || missing "$option" man/ftpalgctl.8
	grep -q -- "$option\b" "$top/completions/bash/ftpalgctl" || missing "$option" completions/bash
	grep -q -- "$option\b" "$top/completions/zsh/_ftpalgctl" || missing "$option" completions/zsh
done
for option in $(src/daemon/ftpalgd --help | grep -o -- '--[a-z][a-z-]*' | sort -u); do
	grep -q -- "Fl -${option#--}\( \|$\)" "$top/man/ftpalgd.8" || missing "$option" man/ftpalgd.8
done
# Our own pages name each other.
pages=$(cd "$top/man" && echo *.[1-8])
for page in $pages; do
	for other in $pages; do
		[[ $page == "$other" ]] || grep -q "^\.Xr ${other%.*} ${other##*.}" "$top/man/$page" || missing "$other" "man/$page"
	done
done

# What import drafts, as JSON: the keys that the page names.
drafted=$("$ctl" --json import <<<'-A -t 192.0.2.10:21 -s rr
-a -t 192.0.2.10:21 -r 10.0.0.2:21 -m')
[[ $drafted == *'"services": 1,'*'"draft": "services = ('*'192.0.2.10:21'* ]] || { echo "import drafts $drafted" >&2; failed=1; }

# Every finding of doctor, and no other, is in the page.
sources=$(cat "$top"/src/doctor/*.c "$top"/src/control/{health,view_doctor}.c "$top"/src/ctl/{doctor,probe}.c)
found=$({
	tr '\n' ' ' <<<"$sources" | grep -oP 'doctor_report\([^;]*?"\K[a-z_0-9]+(?=",)'
	sed -n 's/.*\[PROBE_[A-Z0-9_]*\] = { "\([a-z0-9_]*\)".*/\1/p' <<<"$sources"
	grep -oP 'find\(&?p, "\K[a-z_]+' <<<"$sources"
	grep -oP 'add\(findings, "[a-z]+", "\K[a-z_]+' <<<"$sources"
} | sort -u)
listed=$(sed -n '/^\.Sh FINDINGS/,/^\.Sh PROTOCOL/s/^\.It Li //p' "$top/man/ftpalgctl.8" | sort -u)
[[ $(wc -l <<<"$found") -ge 30 && $found == "$listed" ]] || { diff <(echo "$found") <(echo "$listed") >&2; failed=1; }

# The completion itself, as bash would call it.
. "$top/completions/bash/ftpalgctl"
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ftpalgctl; echo "${COMPREPLY[*]:-}"; }
expect() { [[ $1 == "$2" ]] || { echo "completed to '$1', not to '$2'" >&2; failed=1; }; }
expect "$(complete_words ftpalgctl sta)" "status stats"
expect "$(complete_words ftpalgctl --json -s /x log w)" "warning"
expect "$(complete_words ftpalgctl sessions --s)" "--socket --service --server"
expect "$(complete_words ftpalgctl status --c)" ""
exit $failed
