#!/bin/bash
# Faults of members' disks and clocks, and what operators and neighbours do, on real etcd, as an
# ordinary user.
# Leans on time: a leader that cannot write for 1.5 s has lost its office 2 s after.
. "$(dirname "$0")/lib.sh"
. "$root/tests/e2e/faults.sh"

conf=$root/tests/e2e/faults/disks.conf
leftovers_snapshot
run_unprivileged "$conf"
like "$status" '^[02]$' 'a run of faults of disks' || diag "$(tail -20 run.log)"
blocks_bite "$conf"

proves() # block what condition name
{
	shows "$1" "EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND what = '$2' AND holds AND $3)" "$4"
}
restarted='EXISTS (SELECT 1 FROM process p WHERE p.host = f.host AND p.started_ns > f.began_ns)'
# By the witness: right after the heal, when the nemesis asks, there may be no leader yet.
shows stall 'EXISTS (SELECT 1 FROM leader l WHERE l.at_ns BETWEEN f.began_ns AND f.ended_ns + 2000000000 AND
	l.leader <> f.host AND l.term > (SELECT max(term) FROM leader WHERE at_ns < f.began_ns))' \
	'a leader that cannot write lost its office'
always sync-error "$restarted" 'the member ended itself and was started again'
always power-loss "$restarted" 'the member was started again'
always lost "f.host = (SELECT host FROM fault g JOIN schedule t ON t.id = g.schedule
	WHERE t.block = 'stalled')" 'the power of the very member goes whose disk stalls'
proves shifted 'seconds ahead of ours' 'count = 3600' 'its clock is an hour ahead'
proves shifted 'started again' 'count > 1' 'of a new process'
proves replace 'members left' 'count = 2' 'two members are left'
proves replace 'milliseconds until it served' 'count > 0' 'and three in the end'
always replace "$restarted" 'by a new process'
proves compact 'compacted at revision' 'count > 1' 'older revisions are refused'
proves writes 'writes acknowledged' 'count > 100' 'in hundreds'
is "$(ask 'SELECT value FROM run WHERE key = "sealed"')" 1 'every member serves in the end'
leftovers_check 'nothing is left'

# A member that has nothing to write is not bitten by what its disk does.
cat >idle.conf <<'CONF'
duration = "3s"
settle = "1s"
arm a { lanes = 1  workers = 1  work = "5s"  heartbeat = "900ms" }
fault idle { do = stall  target = follower  length = "300ms"  first = "2200ms" }
CONF
run_unprivileged idle.conf
is "$(ask "SELECT f.bitten, holds, count FROM fault f JOIN proof p ON p.fault = f.id")" '0|0|0' \
	'an idle disk is not bitten' || diag "$(tail -5 run.log)"
like "$(cat run.log)" 'never happened: stall now' 'and the summary says so'
done_testing
