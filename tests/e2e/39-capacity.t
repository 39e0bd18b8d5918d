#!/bin/bash
# 60 lanes per arm, 360 workers: more than the kernel's table of neighbours bore (1,024 entries for all
# namespaces). Every worker reaches service and store; what the kernel counted is in the record.
# alone: 360 workers take both processors for themselves
. "$(dirname "$0")/lib.sh"

cat >run.conf <<'END'
duration = "10s"
settle = "20s"
cluster { heartbeat = "100ms"  election = "1s" }
arm none { guard = none  expect = any  lanes = 60  workers = 3  ttl = "3s"  heartbeat = "1s"  work = "50ms .. 100ms"  rest = "200ms" }
arm token { guard = token  expect = any  lanes = 60  workers = 3  ttl = "3s"  heartbeat = "1s"  work = "50ms .. 100ms"  rest = "200ms" }
END

asks() # sql
{
	sqlite3 -readonly runs/latest/history.db "$1"
}

leftovers_snapshot
fencepost run run.conf --seed 1 >run.log 2>&1
like "$?" '^[02]$' 'a run of 360 workers' || diag "$(tail -20 run.log)"
is "$(asks 'SELECT text FROM note WHERE breaks')" '' 'nothing broke'
is "$(asks "SELECT count(*) FROM process p WHERE role = 'worker' AND NOT EXISTS (SELECT 1 FROM op WHERE
	op.process = p.id AND f = 1 AND outcome = 1)")" 0 'each of them reached the service'
# On a busy machine not everybody's turn comes before the load ends.
is "$(asks "SELECT count(DISTINCT process) FROM op WHERE f = 5 AND process NOT IN (SELECT process FROM op
	WHERE f = 5 AND outcome = 1)")" 0 'each of them that asked the store reached it'
is "$(asks 'SELECT count(DISTINCT lane) FROM op WHERE f = 5 AND outcome = 1')" 120 'and somebody of each lane did'
# Requests give up after 3 s, and leases end after as many. A machine that let nothing run for a tenth of that,
# as the run itself tells, has 360 workers and the service wait for one another: nothing can be asked of it.
worst_ms=$(asks "SELECT value / 1000000 FROM run WHERE key = 'worst_gap_ns'")
if [ "$worst_ms" -lt 300 ]; then
	is "$(asks "SELECT count(*) FROM op WHERE outcome = 2 AND error IN ('Timeout was reached',
		'Couldn''t connect to server', 'Could not connect to server')")" 0 'no connection failed'
	is "$(asks "SELECT count(*) FROM verdict WHERE why LIKE '%starved%'")" 0 'nobody was starved'
else
	skip 'no connection failed' "the machine is busy: nothing ran for $worst_ms ms"
	skip 'nobody was starved' "the machine is busy: nothing ran for $worst_ms ms"
fi
is "$(asks 'SELECT count(*) FROM connection WHERE opened > 0')" \
	"$(asks "SELECT count(*) FROM host WHERE role IN ('member', 'worker', 'witness')")" \
	'the connections of each host are in the record'
ok 'so is the longest time that nothing ran' \
	[ "$(asks "SELECT value FROM run WHERE key = 'worst_gap_ns'")" -gt 0 ]
leftovers_check 'nothing is left'
done_testing
