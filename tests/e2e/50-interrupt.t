#!/bin/bash
# The first Ctrl-C heals, seals and reports; the second ends at once.
. "$(dirname "$0")/lib.sh"
few_locks

begin() # starts a run and waits until a fault of it is in force
{
	rm -rf runs
	fencepost run default.conf --duration 60s >run.log 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		in_force=$(sqlite3 -readonly runs/*/history.db \
			'SELECT count(*) FROM fault WHERE ended_ns IS NULL' 2>/dev/null)
		[ "${in_force:-0}" = 0 ] || break
		sleep 0.1
	done
}

leftovers_snapshot
begin
ok 'a fault is in force' [ "${in_force:-0}" -gt 0 ]
kill -INT "$pid"
wait "$pid"
is $? 130 'a first SIGINT ends the run with 130' || diag "$(cat run.log)"
is "$(sqlite3 runs/latest/history.db "SELECT value FROM run WHERE key = 'sealed'")" 1 'sealed'
is "$(sqlite3 runs/latest/history.db 'SELECT count(*) FROM fault WHERE ended_ns IS NULL')" 0 'healed'
ok 'and reported' [ -s runs/latest/report.html ]
like "$(cat run.log)" $'\n INTERRUPTED: ' 'the summary begins with that it was interrupted'
like "$(tail -n 2 run.log)" 'interrupted, .*: exit 130' 'and ends with the exit code'
leftovers_check 'and nothing is left'

begin
kill -INT "$pid"
kill -INT "$pid"
sleep 0.2
kill -INT "$pid" 2>/dev/null
wait "$pid"
is $? 130 'a second SIGINT ends it at once'
leftovers_check 'and nothing is left then either'
exits 70 'what was recorded can be checked' fencepost check runs/*/history.db
like "$(fencepost check runs/*/history.db)" '^ (BROKEN|NOT SEALED): ' 'and is told first to be no whole run'
done_testing
