#!/bin/bash
# Random faults of every kind, and a nemesis that is killed in the middle of them: the cluster heals
# each time, every lane is acquired again within the bound, and the host is clean.
# HEAL_ROUNDS=20 makes some 200 faults of it; in every second round the nemesis is killed.
# first: each round takes half a minute
. "$(dirname "$0")/lib.sh"
few_locks

rounds=${HEAL_ROUNDS:-2}

# The process of this test whose output goes to nemesis.log.
find_nemesis()
{
	find /proc/[0-9]*/fd/1 -maxdepth 0 -lname "$scratch/*/nemesis.log" 2>/dev/null |
		cut -d / -f 3
}

one_round() # seed kill?
{
	local pid nemesis=

	rm -rf runs
	fencepost run default.conf --explore --for 1s --duration 12s --seed "$1" \
		>run.log 2>&1 &
	pid=$!
	if [ "$2" = 1 ]; then
		for _ in $(seq 600); do
			[ -z "$(find_nemesis)" ] || break
			sleep 0.1
		done
		sleep "$((3 + $1 % 6)).$((RANDOM % 10))"
		nemesis=$(find_nemesis | head -n 1)
		[ -z "$nemesis" ] || kill -KILL "$nemesis"
	fi
	wait "$pid"
	[ "$2" = 0 ] || [ -n "$nemesis" ] || diag "seed $1: no nemesis was found"
	[ -z "$nemesis" ] || killed=$((killed + 1))
}

asks() # sql
{
	sqlite3 -readonly runs/*/history.db "$1"
}

leftovers_snapshot
faults=0 bitten=0 killed=0 healed=0 troubles=
for ((round = 1; round <= rounds; round++)); do
	one_round "$((4000 + round))" "$((round % 2))"
	if [ "$(asks "SELECT value FROM run WHERE key = 'sealed'")" != 1 ]; then
		troubles+="round $round is not sealed: $(tail -n 3 run.log)"$'\n'
		continue
	fi
	faults=$((faults + $(asks 'SELECT count(*) FROM fault')))
	bitten=$((bitten + $(asks 'SELECT count(*) FROM fault WHERE bitten')))
	healed=$((healed + $(asks "SELECT count(*) FROM note WHERE text LIKE 'healed what the nemesis left%'")))
	troubles+=$(asks "SELECT 'round $round: ' || topic || ': ' || text FROM note
		WHERE (breaks OR topic IN ('heal', 'audit')) AND text NOT LIKE 'healed what%'
		AND text NOT LIKE 'nemesis ended unexpectedly%'
		UNION ALL SELECT 'round $round: ' || summary FROM violation WHERE name = 'stuck'")
done
leftovers_check 'nothing is left on the machine'
is "$troubles" '' "after $faults faults, $bitten bitten, everything healed and every lane lived"
ok 'there were faults' [ "$bitten" -ge "$((3 * rounds))" ]
is "$healed" "$killed" 'each time the nemesis was killed, what it left was healed at once'
ok 'and it was killed' [ "$killed" -ge "$((rounds / 2))" ]
done_testing
