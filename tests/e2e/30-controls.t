#!/bin/bash
# Negative controls: for each violation name a planted bug, on real etcd, that must be found by name.
# Two names have hand-made histories only (tests/unit/checker_*_test.c), since no client or operator
# can make a right etcd do such a thing: divergence and overlap-granted.
. "$(dirname "$0")/lib.sh"

found() # name...: how many definite violations of these names each; 0 for none
{
	local name

	for name; do
		sqlite3 -batch runs/latest/history.db \
			"SELECT '$name', ifnull(sum(definite), 0) FROM tally WHERE name = '$name'"
	done
}

control() # campaign name...
{
	local campaign=$1 name count

	shift
	fencepost run "$root/tests/e2e/controls/$campaign.conf" >run.log 2>&1 ||
		diag "$campaign ended with $?: $(tail -5 run.log)"
	while IFS='|' read -r name count; do
		ok "control $campaign: $name is found" [ "$count" -gt 0 ] ||
			diag "$(sqlite3 runs/latest/history.db 'SELECT * FROM tally WHERE definite + possible > 0')"
	done < <(found "$@")
}

control overlap overlap overlap-safe lost-update not-linearizable
control stale-write overlap stale-write
control ghost-grant ghost-grant
control token-regression token-regression
control stuck stuck
control wrong-release wrong-release early-expiry
control dead-keepalive dead-keepalive
control false-gone false-gone
control stale-read stale-read
control fence-breach fence-breach stale-write
control late-write fence-breach late-write
is "$(sqlite3 runs/latest/history.db "SELECT verdict FROM verdict WHERE subject = 'planted'")" UNSAFE \
	'a breached guard makes its arm UNSAFE'
is "$(sqlite3 runs/latest/history.db "SELECT level, verdict FROM exclusion WHERE subject = 'planted'")" \
	$'client|failed\nservice|held' \
	'a paused holder makes client-level exclusion fail, and the service keeps its own'
exits 1 'an acquire-within that is not kept is no success' \
	fencepost run "$root/tests/e2e/controls/within.conf"
is "$(sqlite3 runs/latest/history.db \
	"SELECT subject, value > 0 FROM measure WHERE name = 'late-acquires' ORDER BY subject")" \
	$'kept|0\nlate|1' 'and is counted; one that is kept is not'
one_account 'whatever is planted, there is one account of every hold' runs/2*/history.db
done_testing
