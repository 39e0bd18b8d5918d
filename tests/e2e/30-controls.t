#!/bin/bash
# Negative controls: for each violation name a planted bug, on real etcd, that must be found by name.
# Two names have hand-made histories only (tests/unit/checker_*_test.c), since no client or operator
# can make a right etcd do such a thing: divergence and overlap-granted.
. "$(dirname "$0")/lib.sh"

ask() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

control() # campaign: it runs
{
	fencepost run "$root/tests/e2e/controls/$1.conf" >run.log 2>&1 ||
		diag "$1 ended with $?: $(tail -5 run.log)"
}

# Definite violations of these names are found of the arm.
finds() # arm name...
{
	local arm=$1 name

	shift
	for name; do
		ok "control $arm: $name is found" [ "$(ask "SELECT ifnull(sum(definite), 0) FROM tally
			WHERE subject = '$arm' AND name = '$name'")" -gt 0 ] ||
			diag "$(ask 'SELECT * FROM tally WHERE definite + possible > 0')"
	done
}

control clients
finds overlap overlap overlap-safe lost-update not-linearizable
finds stale-write overlap stale-write
finds ghost-grant ghost-grant
finds token-regression token-regression
finds stuck stuck
finds wrong-release wrong-release
finds early-expiry early-expiry
finds dead-keepalive dead-keepalive
finds false-gone false-gone
is "$(ask "SELECT count(*) FROM violation WHERE subject = 'service'")" 0 'the service is accused of none of it'
control stale-read
finds stale-read stale-read
control stores
finds fence-breach fence-breach stale-write
finds late-write fence-breach late-write
is "$(ask "SELECT verdict FROM verdict WHERE subject = 'late-write'")" UNSAFE \
	'a breached guard makes its arm UNSAFE'
is "$(ask "SELECT level, verdict FROM exclusion WHERE subject = 'late-write'")" \
	$'client|failed\nservice|held' \
	'a paused holder makes client-level exclusion fail, and the service keeps its own'
exits 1 'an acquire-within that is not kept is no success' \
	fencepost run "$root/tests/e2e/controls/within.conf"
is "$(ask "SELECT subject, value > 0 FROM measure WHERE name = 'late-acquires' ORDER BY subject")" \
	$'kept|0\nlate|1' 'and is counted; one that is kept is not'
one_account 'whatever is planted, there is one account of every hold' runs/2*/history.db
done_testing
