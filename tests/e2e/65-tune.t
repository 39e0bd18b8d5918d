#!/bin/bash
# A small sweep on a real cluster: its figures are those of the histories, it goes on after an interruption, and
# what others ran is merged to the same result.
# Leans on time: a second after its history is there, the first run of the sweep is in its midst: it takes 4 s and more.
. "$(dirname "$0")/lib.sh"

cat >small.conf <<'CONF'
name = "small"
duration = "4s"
settle = "3s"
cluster { members = 1 }
arm other { lanes = 64 }
arm mine { lanes = 3  workers = 3  ttl = "2s"  heartbeat = "500ms"  work = "50ms .. 150ms" }
fault pause { do = pause  target = holder  when = between  length = "1.2 ttl"  first = "300ms"  every = "1s"  lanes = 2 }
CONF

of_cells() # filter
{
	jq -r ".cells[] | $1" sweep/tune.json
}

# What a cell of the sweep is, as its run's own result says.
as_checked() # run arm
{
	fencepost check --json "$1" 2>check.log | jq -r --arg arm "$2" '.arms[] | select(.name == $arm) |
		[.ttl_ms / 1000, .heartbeat_ms / 1000, .retries, .exposures, .violations["stale-write"].definite,
		.failover.measured, .failover.cut_off, .failover.measured + .failover.cut_off + .failover.unwanted,
		(if .failover.cut_off > 0 then "-" else .failover.median_s end)] | @tsv'
}

leftovers_snapshot

# Interrupted, and gone on with.
fencepost tune small.conf --arm mine --ttl 1,2 --heartbeat 0.3,1 --seed 7 --at-once 2 -o sweep >out 2>log &
pid=$!
until compgen -G 'sweep/runs/1/001/*/history.db' >/dev/null || ! kill -0 "$pid"; do
	sleep 0.1
done
sleep 1
kill -INT "$pid"
wait "$pid"
is $? 130 'interrupted: exit 130' || diag "$(cat log)"
like "$(tail -1 log)" 'fencepost tune -o sweep. goes on' 'it says how to go on'
is "$(of_cells .state | sort | uniq -c | xargs)" '1 left out 3 not run' 'there is a page of what came until then'
like "$(cat log)" 'left out: t1h1000r3: heartbeat 1000 ms must be less than the TTL of 1 s' 'what cannot be is named'
fencepost tune -o sweep >out 2>log
is $? 0 'it goes on to the end' || diag "$(cat log)"
like "$(cat log)" 'run 1 of 2, [0-9]+ s left: t1h300r3.*run 2 of 2, ' 'and says how far it is, and for how long'
like "$(cat out)" '4 cells: 3 measured, 0 broken, 0 not run, 1 left out.*sweep/index.html' 'in the end what came of it'
is "$(find sweep/runs -name history.db | wc -l)" 3 'the interrupted run stays, and was run again'
is "$(jq -r '.campaign, .arm, .guard, .seeds[0], .own.ttl_s, .duration_s' sweep/tune.json | xargs)" \
	'small mine none 7 2 4' 'it tells what was swept'

# Figures.
looked=0
while read -r folder arm told; do
	looked=$((looked + 1))
	is "$told" "$(as_checked "sweep/$folder" "$arm" | tr '\t' ' ')" "$arm: its figures are those of its history"
	ok "$arm: and its run's page is there" [ -s "sweep/$folder/report.html" ]
done < <(of_cells 'select(.state == "measured") | [.runs[0].folder, .runs[0].arm, .ttl_s, .heartbeat_s, .retries,
	.exposures, .stale_writes, .failovers, .failovers_cut_off, .lost,
	(if .failovers_cut_off > 0 then "-" else .figures["failover.p50"].value end)] | join(" ")')
is "$looked" 3 'each of three cells was looked at'
is "$(of_cells 'select(.state == "measured") | .held_s > 4 and .held_s < 3 * 5 and .measured_s > 3.9' | xargs)" \
	'true true true' 'three locks were held for most of the time'
is "$(of_cells 'select(.state == "measured") | .exposures > 0' | xargs)" 'true true true' 'and sometimes lost'
renewals=$(sqlite3 -readonly "sweep/$(of_cells 'select(.heartbeat_s == 1 and .state == "measured") | .runs[0].folder')/history.db" \
	"SELECT count(*) FROM op JOIN process p ON p.id = op.process JOIN arm ON arm.id = p.arm
	WHERE f = 2 AND arm.name = 't2h1000r3' AND invoked_ns >= (SELECT value FROM run WHERE key = 'load_began_ns')
	AND invoked_ns < (SELECT value FROM run WHERE key = 'healed_ns')")
is "$(of_cells 'select(.heartbeat_s == 1 and .state == "measured") | .renewals')" "$renewals" 'renewals are those of the record'

# The same from the same histories.
cp sweep/tune.json first.json
cp sweep/index.html first.html
exits 0 'merged again' fencepost tune --merge sweep
ok 'it is the same result' cmp first.json sweep/tune.json
ok 'and the same page' cmp first.html sweep/index.html
is "$(fencepost tune --merge sweep --json 2>/dev/null | jq -c .)" "$(jq -c . first.json)" '--json prints it'
exits 64 'another sweep does not go there' fencepost tune small.conf --arm mine --ttl 1,3 -o sweep

# One cluster has one election time-out.
exits 0 'planned with two of them' fencepost tune small.conf --arm mine --ttl 1,2 --heartbeat 0.3 --election 0.5,1 \
	--at-once 9 --plan elections
is "$(grep -ho 'election = "[^"]*"\|^arm "*[^ "]*' elections/cells/1/*.conf | xargs)" \
	'election = 500ms arm t1h300r3 arm t2h300r3 election = 1000ms arm t2h300r3' 'each has a campaign, and what it does not grant is none'
exits 2 'none has run' fencepost tune --merge elections
is "$(jq -r '.cells[] | "\(.election_s) \(.ttl_s) \(.state)"' elections/tune.json | paste -sd,)" \
	'0.5 1 not run,0.5 2 not run,1 1 left out,1 2 not run' 'and each is a cell'

# Planned, and run by others.
exits 0 'planned' fencepost tune small.conf --arm mine --ttl 1,2 --heartbeat 0.3 --seed 7 --plan plan
is "$(wc -l <plan/cells.txt)" 2 'a command a cell'
exits 0 'its campaigns are campaigns' fencepost predict plan/cells/1/001.conf
exits 2 'what has not run yet is missing' fencepost tune --merge plan
is "$(jq -r '.cells[].state' plan/tune.json | xargs)" 'not run not run' 'and named'
if command -v parallel >/dev/null; then
	(cd / && parallel --will-cite -j 1 <"$scratch/plan/cells.txt" >"$scratch/parallel.log" 2>&1)
	is $? 0 'GNU parallel runs it, from anywhere' || diag "$(tail parallel.log)"
else
	skip 'GNU parallel runs it, from anywhere' 'there is no parallel'
	bash plan/cells.txt >parallel.log 2>&1
fi
exits 0 'merged' fencepost tune --merge plan
is "$(jq -r '.cells[] | .state + " " + .runs[0].arm' plan/tune.json | xargs)" \
	'measured t1h300r3 measured t2h300r3' 'both cells have come'
# The same cells under the same seed: the same schedule, whatever ran them.
schedule()
{
	sqlite3 -readonly "$1" 'SELECT id, block, at_ns, plan FROM schedule ORDER BY id'
}
is "$(schedule plan/runs/1/001/latest/history.db)" \
	"$(schedule "sweep/$(of_cells 'select(.state == "measured") | .runs[0].folder' | head -1)/history.db")" \
	'under the same faults as in the sweep'
cp plan/tune.json plan.json
exits 0 'tune on that folder has nothing to run' fencepost tune -o plan
ok 'and says the same' cmp plan.json plan/tune.json

# Bad values.
exits 64 'no values' fencepost tune small.conf
complaint=$(fencepost tune small.conf --ttl 2,x -o none 2>&1)
is "$?" 64 'a value that is none'
like "$complaint" '--ttl: ttl = .x.* is no length of time' 'is named with its place'
complaint=$(fencepost tune small.conf --ttl 2 --arm mind -o none 2>&1)
is "$?" 64 'an arm that is not there'
like "$complaint" "did you mean 'mine'" 'has a nearest one'
ok 'and nothing was begun' [ ! -e none ]
leftovers_check 'nothing is left'
done_testing
