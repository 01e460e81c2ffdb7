# SPDX-License-Identifier: MIT
# How the long steps of a build speak: sourced, not run.
#
# say TEXT             one lasting line
# show TEXT            how far a step is: rewritten in place on a terminal, else at most one line
#                      in ten seconds
# fail WHY LOG ADVICE  names the step ($STEP), the reason, the log's last lines and what to do
#
# All of it goes to stderr: stdout belongs to the command that is being prepared.

STEP=${STEP:-mtia}
_shown_at=0
_shown=

_wipe() {
	[ -z "$_shown" ] || printf '\r\033[K' >&2
	_shown=
}

say() {
	_wipe
	printf '%s: %s\n' "$STEP" "$*" >&2
}

show() {
	if [ -t 2 ]; then
		printf '\r\033[K%s: %s' "$STEP" "$*" >&2
		_shown=1
	elif [ $((SECONDS - _shown_at)) -ge 10 ]; then
		printf '%s: %s\n' "$STEP" "$*" >&2
		_shown_at=$SECONDS
	fi
}

fail() {
	_wipe
	{
		printf '%s: FAILED: %s\n' "$STEP" "$1"
		if [ -n "${2:-}" ] && [ -s "$2" ]; then
			printf '  last lines of %s:\n' "$2"
			tail -n 12 "$2" | sed 's/^/  | /'
		fi
		[ -z "${3:-}" ] || printf '  what to do: %s\n' "$3"
	} >&2
	exit 1
}

# logged LOG WHAT ADVICE COMMAND…: runs a command with its output in LOG; counts the seconds.
logged() {
	local log=$1 what=$2 advice=$3 pid begin=$SECONDS
	shift 3
	"$@" >>"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		[ $((SECONDS - begin)) -lt 3 ] || show "$what, $((SECONDS - begin)) s"
		sleep 0.2
	done
	wait "$pid" || fail "$what" "$log" "$advice"
	_wipe
}
