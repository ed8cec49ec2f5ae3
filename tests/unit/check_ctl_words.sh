#!/bin/bash
# Every command of ftpalgctl is in its manual page and in both completions, every reason in the page.
set -euo pipefail
top=${srcdir:-.}
ctl=src/ctl/ftpalgctl
failed=0
missing() { echo "$1 is not in $2" >&2; failed=1; }

commands=$("$ctl" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
[[ $(wc -w <<<"$commands") -ge 14 ]] || { echo "the help names few commands: $commands" >&2; exit 1; }
for command in $commands; do
	grep -Eq "^\.It Cm $command( |$)" "$top/man/ftpalgctl.8" || missing "$command" man/ftpalgctl.8
	grep -Eq "commands=.*[ \"]$command[ \"]" "$top/completions/bash/ftpalgctl" || missing "$command" completions/bash
	grep -q "^		'$command:" "$top/completions/zsh/_ftpalgctl" || missing "$command" completions/zsh
done
for reason in $(sed -n 's/^	\[REASON_[A-Z_]*\] = { "\([a-z_]*\)".*/\1/p' "$top/src/core/reason.c"); do
	grep -q "^\.It Li $reason$" "$top/man/ftpalgctl.8" || missing "$reason" man/ftpalgctl.8
done

# The completion itself, as bash would call it.
. "$top/completions/bash/ftpalgctl"
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ftpalgctl; echo "${COMPREPLY[*]:-}"; }
expect() { [[ $1 == "$2" ]] || { echo "completed to '$1', not to '$2'" >&2; failed=1; }; }
expect "$(complete_words ftpalgctl sta)" "status stats"
expect "$(complete_words ftpalgctl --json -s /x log w)" "warning"
expect "$(complete_words ftpalgctl sessions --s)" "--socket --service --server"
expect "$(complete_words ftpalgctl status --c)" ""
exit $failed
