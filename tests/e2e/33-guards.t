#!/bin/bash
# campaigns/guards.conf, shortened: what each guard lets through of the same faults, and what it does not.
# Leans on time: of some 30 holders an arm that are stopped or whose write is kept for two TTLs, some write when a
# later one has written, and some between another's read and write.
# first: it runs for half a minute
. "$(dirname "$0")/lib.sh"

found() # arm name...
{
	definite runs/latest/history.db "$@"
}

leftovers_snapshot
# A third of its workers, for other tests run beside it.
sed 's/lanes = 6  workers = 4/lanes = 3  workers = 3/; s/lanes = 6  workers = 3/lanes = 2  workers = 3/; s/lanes = [53]$/lanes = 2/' "$root/campaigns/guards.conf" >campaign.conf
fencepost run campaign.conf --duration 24s --seed 2 >run.log 2>&1
like $? '^[012]$' 'all guards run side by side' || diag "$(tail -30 run.log)"
[ "$(found none stale-write)" -gt 0 ] || diag "$(tail -40 run.log)"
is "$(sqlite3 runs/latest/history.db 'SELECT text FROM note WHERE breaks')" '' 'nothing broke'
harm=(stale-write late-write lost-update)
none=$(found none "${harm[@]}") deadline=$(found deadline "${harm[@]}")
ok 'none: stale holders write' [ "$(found none stale-write)" -gt 0 -a "$(found none late-write)" -gt 0 ]
ok "deadline: fewer do ($deadline of $none), and some" [ "$deadline" -gt 0 -a "$deadline" -lt "$none" ]
ok 'token-writes: between read and write some get in' [ "$(found token-writes late-write)" -gt 0 ]
is "$(found token-writes stale-write)" 0 'token-writes: after a write none does'
ok 'idempotent: whoever writes first is in' [ "$(found idempotent stale-write late-write)" -gt 0 ]
is "$(found idempotent lost-update)" 0 'idempotent: no update is lost'
is "$(found token "${harm[@]}")" 0 'token: nothing gets through'
is "$(found txn "${harm[@]}")" 0 'txn: nothing gets through'
for arm in token-writes idempotent token txn; do
	is "$(found $arm fence-breach)" 0 "$arm: keeps what it promises"
	ok "$arm: was tested" [ "$(jq ".arms[] | select(.name == \"$arm\") | .measures[\"guard-tests\"]" \
		runs/latest/result.json)" -gt 0 ]
done
ok 'lease-id-order: the stale come after the holders' [ "$(found lease-id-order late-write)" -gt 0 ]
ok 'lease-id-order: which it means to stop' [ "$(found lease-id-order fence-breach)" -gt 0 ]
is "$(sqlite3 runs/latest/history.db "SELECT max(writers) > 1, sum(refused) > 0 FROM (
	SELECT count(DISTINCT decision.token) FILTER (WHERE accepted) writers, sum(NOT accepted) refused
	FROM decision JOIN lane ON lane.id = decision.lane JOIN arm ON arm.id = lane.arm
	WHERE guard = 'lease-id-equal' AND f = 6 GROUP BY lane)")" '0|1' \
	'lease-id-equal: only the first writer is ever taken, whoever holds'
leftovers_check 'nothing is left'
done_testing
