#!/bin/bash
# A check that cannot fail is a defect: without faults there is nothing to find, and fencepost says
# that it cannot tell, not that all is well.
# alone: a machine that others starve breaks something by itself
. "$(dirname "$0")/lib.sh"
few_locks

fencepost run default.conf --no-faults --duration 10s >run.log 2>&1
status=$?
sum() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}
# A machine that starves etcd or a holder for a TTL is a fault that nobody planned: leases end, and what comes
# of it is found and rightly told. The run itself knows: nothing ran for long, members held an election, or an
# operation that needs no waiting took a second.
disturbed=$(sum "SELECT 'nothing ran for ' || (value / 1000000) || ' ms' FROM run WHERE key = 'worst_gap_ns' AND
	value > 500000000 UNION ALL
	SELECT 'there was an election' WHERE (SELECT count(DISTINCT term) FROM leader) > 1 UNION ALL
	SELECT 'an operation took ' || (took / 1000000) || ' ms' FROM (SELECT max(returned_ns - invoked_ns) AS took
		FROM op WHERE f <> 3) WHERE took > 1000000000")
quiet() # name command...: if the machine let the run alone
{
	local name=$1

	shift
	if [ -n "$disturbed" ]; then skip "$name" "the machine is busy: ${disturbed//$'\n'/, }"; else "$@" "$name"; fi
}
quiet 'without faults the default campaign is inconclusive' is "$status" 2
quiet 'both arms are INCONCLUSIVE' is "$(sum "SELECT group_concat(subject || ' ' || verdict, ', ')
	FROM verdict WHERE arm IS NOT NULL")" 'none INCONCLUSIVE, token INCONCLUSIVE' ||
	diag "$(sum 'SELECT subject, why FROM verdict')"
quiet 'no violation is reported' is "$(sum 'SELECT count(*) FROM violation')" 0 ||
	diag "$(sum 'SELECT name, summary FROM violation LIMIT 5')"
quiet 'there was no exposure' is "$(sum 'SELECT sum(exposures) FROM verdict')" 0
ok 'though there was load' [ "$(sum 'SELECT count(*) FROM hold')" -gt 100 ]
is "$(sum 'SELECT count(*) FROM note WHERE breaks')" 0 'nothing broke'
done_testing
