#!/bin/bash
# The examples in campaigns/examples, shortened: what follows what, on whom, and how long after.
# Leans on time: a kill of a leader waits for one, at most 1.9 s; else on when what was due, not on when it came.
# first: six campaigns, one after the other
. "$(dirname "$0")/lib.sh"
. "$root/tests/e2e/faults.sh"

# Where the load is none of the example's, it is cut: most of what a run takes is etcd's, of three members and
# for holds as short as they come.
one_member='$ a cluster { members = 1 }'
long_holds='s/^\(arm .*\) }$/\1  work = "300ms .. 600ms" }/'

example() # name duration [sed-program]
{
	sed "${3-}" "$root/campaigns/examples/$1.conf" >"$1.conf"
	run_unprivileged "$1.conf" --duration "$2"
	like "$status" '^[012]$' "$1.conf runs" || diag "$(tail -20 run.log)"
	is "$(ask 'SELECT text FROM note WHERE breaks')" '' "$1.conf: nothing broke"
	is "$(ask 'SELECT count(*) FROM fault WHERE ended_ns IS NULL')" 0 "$1.conf: every fault ended"
	ok "$1.conf: every block bit" [ "$(ask "SELECT count(DISTINCT block) FROM schedule s JOIN fault f
		ON f.schedule = s.id WHERE bitten")" = "$(grep -c '^fault' campaign.conf)" ] ||
		diag "$(ask 'SELECT DISTINCT kind, target, bitten FROM fault' && tail -20 run.log)"
}

# The follower's faults are each due so many ms after the `began_ns` or `ended_ns` of one of the leader's in
# the same lane, on the same host, and begin then at the earliest: how much later is up to the machine.
follows_same() # leader follower began_ns|ended_ns ms
{
	ok "$2 comes after each $1, when it is due" [ "$(count_faults "$1" 1)" -gt 0 -a \
		"$(count_faults "$2" 1)" -gt 0 ]
	always "$2" "EXISTS (SELECT 1 FROM fault l JOIN schedule t ON t.id = l.schedule WHERE
		t.block = '$1' AND l.host = f.host AND l.lane IS f.lane AND
		f.planned_ns - l.$3 = $4 * 1000000 AND f.began_ns >= f.planned_ns)" \
		"on the same host, due $4 ms later and not before"
}

leftovers_snapshot
example stop-go-stop 6s "$one_member"
follows_same stop stop-again ended_ns 30
always stop 'length_ns = 600000000' 'stops for 0.6 TTL'
always stop-again 'f.length_ns = 1500000000' 'then for 1.5 TTL'
always stop-again 'f.process = (SELECT process FROM fault l WHERE l.host = f.host AND
	l.began_ns < f.began_ns ORDER BY l.began_ns DESC LIMIT 1)' 'the very process'
ok 'stop-go-stop: the holder lost its lock by it' [ "$(ask 'SELECT sum(exposures) FROM coverage')" -gt 0 ]

example kill-leader-every-half-ttl 13s "$long_holds"
ok 'kill-leader: five times at least' [ "$(count_faults kill-leader 1)" -ge 5 ]
# One that finds no leader waits for it: late, and never early.
always kill-leader 'f.began_ns - f.planned_ns BETWEEN 0 AND 1900000000' 'comes when it is due or a leader is there'
like "$(ask "SELECT group_concat(DISTINCT s.at_ns - p.at_ns) FROM schedule s JOIN schedule p ON
	p.block = s.block AND json_extract(p.plan, '$.occasion') + 1 = json_extract(s.plan, '$.occasion')
	WHERE s.block = 'kill-leader'")" '^2000000000$' 'kill-leader: is due every half TTL'
ok 'kill-leader: each time another one leads, in a later term' [ "$(ask "SELECT count(DISTINCT
	substr(detail, instr(detail, 'term'))) FROM fault WHERE target = 'leader'")" -ge 5 ]
ok 'the lock of a holder that is gone is not passed on after a TTL' [ "$(ask "
	SELECT max(returned_ns - began_ns) > 6000000000 FROM op, fault WHERE fault.kind = 'kill-for-good'
	AND op.lane = fault.lane AND op.f = 3 AND op.outcome = 1 AND
	returned_ns = (SELECT min(returned_ns) FROM op o WHERE o.lane = fault.lane AND o.f = 3 AND
	o.outcome = 1 AND o.returned_ns > fault.began_ns)")" != 0 ]

example stall-kill-restart 9s
follows_same stall power-off began_ns 600
follows_same stall-leader power-off-leader began_ns 600
for block in power-off power-off-leader; do
	always $block "EXISTS (SELECT 1 FROM process p WHERE p.host = f.host AND p.started_ns BETWEEN
		f.began_ns + f.length_ns AND f.ended_ns + 1000000000)" 'started again when the power is back'
done
shows power-off "EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND what = 'bytes of the WAL lost' AND
	count > 0)" 'what was not synced is lost'

example late-write 9s "$one_member"
ok 'late-write: a later holder had written before' [ "$(ask "SELECT definite FROM tally WHERE
	subject = 'none' AND name = 'stale-write'")" -gt 0 ]
is "$(ask "SELECT ifnull(sum(definite), 0) FROM tally WHERE subject = 'token' AND name = 'stale-write'")" 0 \
	'late-write: the store refused what was old'

example one-way 9s
always mute-leader "EXISTS (SELECT 1 FROM fault l JOIN schedule t ON t.id = l.schedule WHERE
	t.block = 'deaf-leader' AND f.planned_ns - l.ended_ns = 2000000000 AND f.began_ns >= f.planned_ns)" \
	'two seconds after the other direction'

example presets 31s
while read -r preset; do
	shows "$preset" 1 'the preset bites'
done < <(sed -n 's/^\tX("\([^"]*\)".*/\1/p' "$root/campaign/presets.c")
is "$(ask "SELECT group_concat(DISTINCT host) FROM (SELECT host FROM fault f JOIN schedule s ON
	s.id = f.schedule WHERE block = 'rolling' ORDER BY f.began_ns)")" '0,1,2' \
	'rolling: one member after the other'
leftovers_check 'nothing is left'

ok 'the examples are installed' make -s -C "$root" install DESTDIR="$scratch/installed" PREFIX=/usr
is "$(cd installed/usr/share/fencepost/campaigns/examples && ls)" \
	"$(cd "$root/campaigns/examples" && ls)" 'all of them'

# By name -----------------------------------------------------------------------------------------
fencepost=$scratch/installed/usr/bin/fencepost
is "$("$fencepost" campaigns | sed -n 's/^  \([^ ][^ ]*\) .*/\1/p' | sort)" \
	"$(find "$root/campaigns" -name '*.conf' -printf '%f\n' | sed 's/[.]conf$//' | sort)" \
	'fencepost campaigns lists what came with it'
like "$("$fencepost" campaigns | tr -s ' \n' ' ')" 'ghost-grant etcd #11456: a lock call answers ok although its lease died in the queue. lost' \
	'with the first sentence of each'
mkdir elsewhere && cd elsewhere || exit 70
campaign_of() # word
{
	"$fencepost" run "$1" --duration 1s --no-faults --output runs 2>&1 |
		sed -n 's/^campaign \(.*\), seed.*/\1/p; s/^fencepost: //p' | head -1
}
is "$(campaign_of late-write)" 'a write that arrives late' 'a campaign by its name alone'
is "$(campaign_of campaigns/examples/late-write.conf)" 'a write that arrives late' 'as it is called in the source'
is "$(campaign_of known-bugs/ghost-grant)" ghost-grant 'with a folder'
printf 'name = "mine"\narm a { lanes = 1 }\n' >late-write.conf
is "$(campaign_of late-write)" mine "a file of the user's comes first"
# shellcheck disable=SC2016 # no expansion is meant
is "$(campaign_of late-wite)" 'there is no campaign late-wite: no such file, and none of that name came with fencepost (near it: late-write; `fencepost campaigns` lists them)' \
	'what is not there: the nearest'
exits 64 'and 64' "$fencepost" run late-wite
mkdir closed && chmod 555 closed && chmod 711 "$scratch"
if [ "$(id -u)" = 0 ]; then
	said=$(cd closed && setpriv --reuid 65534 --regid 65534 --clear-groups "$fencepost" run late-write 2>&1)
else
	said=$(cd closed && "$fencepost" run late-write 2>&1)
fi
like "$said" 'cannot make the directory runs: Permission denied; -o DIR names another place for runs' \
	'a folder that cannot be written'
cd "$scratch" || exit 70

ok 'uninstalled' make -s -C "$root" uninstall DESTDIR="$scratch/installed" PREFIX=/usr
is "$(find installed -type f)" '' 'nothing is left'
done_testing
