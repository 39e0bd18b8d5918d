#!/bin/bash
# SIGKILL of the supervisor at 20 random moments, of the first seconds while everything starts and of those
# under load in turns, or more, until 15 runs had begun a history: nothing is left, and the history can be checked.
. "$(dirname "$0")/lib.sh"
few_locks

leftovers_snapshot
unreadable=0 checked=0
for ((round = 1; round <= 20 || (checked + unreadable < 15 && round <= 60); round++)); do
	fencepost run default.conf --duration 30s >run.log 2>&1 &
	pid=$!
	if [ $((round % 2)) = 0 ]; then # under load, however long the start takes
		for _ in $(seq 600); do
			! grep -q 'the cluster serves' run.log || break
			sleep 0.1
		done
	fi
	sleep "$((RANDOM % 2)).$((RANDOM % 10))"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	for db in runs/*/history.db; do
		[ -e "$db" ] || continue
		fencepost check "$db" >check.log 2>&1
		case $? in
		70) checked=$((checked + 1)) ;; # BROKEN: the run was not sealed
		*)
			unreadable=$((unreadable + 1))
			diag "round $round: $(cat check.log)"
			;;
		esac
	done
	rm -rf runs
done
leftovers_check 'nothing is left after as many SIGKILLs'
is "$unreadable" 0 'every history that was begun can be checked, and says that its run was BROKEN'
ok 'enough runs had begun one' [ "$checked" -ge 15 ]
done_testing
