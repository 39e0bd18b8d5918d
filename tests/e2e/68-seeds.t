#!/bin/bash
# campaigns/seeds, shortened: each ends as its head says.
# Leans on time: of some holders that are stopped for much longer than their leases live, one writes after another.
# first: one of them settles for 16 s
. "$(dirname "$0")/lib.sh"

begin() # campaign duration
{
	fencepost run "$root/campaigns/seeds/$1.conf" --duration "$2" --seed 1 -o "runs/$1" >"$1.log" 2>&1
	echo $? >"$1.status"
}

ended() # campaign
{
	cd "$scratch/runs/$1/latest" || exit 70
	# Of so short a run, some guard may not have been tried: that is 2.
	like "$(cat "$scratch/$1.status")" '^[02]$' "$1: nothing but what it expects" || diag "$(tail -30 "$scratch/$1.log")"
	is "$(ask 'SELECT text FROM note WHERE breaks')" '' "$1: nothing broke"
	ok "$1: every block bit" [ "$(ask 'SELECT count(DISTINCT block) FROM schedule s JOIN fault f
		ON f.schedule = s.id WHERE bitten')" = "$(grep -c "^fault" "$root/campaigns/seeds/$1.conf")" ] ||
		diag "$(ask 'SELECT DISTINCT kind, target, bitten FROM fault')"
}

ask() # SQL
{
	sqlite3 -batch history.db "$1"
}

found() # arm name...
{
	definite history.db "$@"
}

verdict() # arm
{
	jq -r ".arms[] | select(.name == \"$1\") | .verdict" result.json
}

harm=(stale-write late-write lost-update)
leftovers_snapshot
mkdir runs
begin three-retries 22s &
{ begin client-1-client-2 10s && begin put-and-mutex 8s; } &
begin four-that-print 9s
begin leader-that-asks 9s
wait

ended client-1-client-2
ok "client 1's write is taken, and stale" [ "$(found unvalidated stale-write late-write)" -gt 0 ]
is "$(ask "SELECT max(writers) FROM (SELECT count(DISTINCT decision.token) writers FROM decision
	JOIN lane ON lane.id = decision.lane JOIN arm ON arm.id = lane.arm
	WHERE arm.name = 'same-lease' AND f = 6 AND accepted GROUP BY lane)")" 1 \
	'one version is as good as one writer'
is "$(verdict fencing) $(found fencing "${harm[@]}")" 'SAFE 0' 'a token that grows stops client 1'
ok 'and lets client 2 write' [ "$(ask "SELECT count(DISTINCT decision.token) FROM decision JOIN lane ON lane.id = lane
	JOIN arm ON arm.id = lane.arm WHERE arm.name = 'fencing' AND f = 6 AND accepted")" -gt 2 ]
ok 'the lease was revoked, while client 1 stood still' [ "$(ask "SELECT count(*) FROM fault r JOIN fault p
	ON p.kind = 'pause' AND p.lane = r.lane AND r.began_ns BETWEEN p.began_ns AND p.ended_ns
	WHERE r.kind = 'revoke' AND r.bitten AND p.bitten")" -gt 0 ]

ended put-and-mutex
ok 'a put is no lock' [ "$(found put overlap-safe)" -gt 0 ]
is "$(verdict mutex) $(found mutex "${harm[@]}")" 'SAFE 0' 'a mutex is one, with a token'
is "$(found mutex overlap-safe)" 0 'whose holders do not overlap while their leases live'

ended four-that-print
is "$(found minute stuck) $(found seconds stuck) $(found renewed stuck)" '1 0 0' \
	'a dead one holds a lease of a minute, and one of seconds no more'
ok 'one that sleeps long is not alone' [ "$(found seconds overlap)" -gt 0 ]
is "$(found renewed "${harm[@]}")" 0 'the token stops what comes late'

ended three-retries
ok '8000, 3, 2000: two hold it' [ "$(found wrong overlap)" -gt 0 ]
is "$(verdict right) $(found right overlap "${harm[@]}")" 'SAFE 0' '8000, 3, 1000: nobody does'
ok 'each of its holders stopped in time' [ "$(jq '.arms[] | select(.name == "right") | .measures["stopped-in-time"]' \
	result.json)" -gt 0 ]

ended leader-that-asks
ok 'a leader that believes writes late' [ "$(found believes stale-write late-write)" -gt 0 ]
ok 'so does one that asks' [ "$(found asks stale-write late-write)" -gt 0 ]
is "$(found token "${harm[@]}")" 0 'the token stops both'

cd "$scratch" || exit 70
leftovers_check 'nothing is left'
done_testing
