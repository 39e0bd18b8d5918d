#!/bin/bash
# campaigns/recipes.conf, shortened: on real etcd no right recipe harms what a token guards, each planted one is
# caught by the name that its row predicts, and etcd is blamed for nothing but what is its own. How many occasions
# there are in so short a time is left to the machine: INCONCLUSIVE (exit 2) will do.
. "$(dirname "$0")/lib.sh"

etcd=$("$root/scripts/fetch-etcd" 3.5.30) || skip_all 'there is no etcd 3.5.30'

ask() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

# The arms that the sed program leaves, for a short time, on one member, since no fault is the cluster's; which their
# recipes are stands in $recipes.
short_run() # sed-program
{
	local status

	sed -e 's/^duration = .*/duration = "20s"/' -e 's/^min-exposures = .*/min-exposures = 1/' \
		-e 's/members = 3/members = 1/' -e "$1" \
		"$root/campaigns/recipes.conf" >recipes.conf
	fencepost run recipes.conf --etcd "$etcd" >run.log 2>&1
	status=$?
	ok 'the run goes as expected' [ "$status" = 0 -o "$status" = 2 ] ||
		diag "exit $status: $(cat run.log)"$'\n'"$(ask 'SELECT topic, text FROM note WHERE breaks')"
	recipes=$(ask 'SELECT recipe FROM arm ORDER BY 1')
}

# "recipe|what it predicts" of all but those that tests/e2e/controls/ shows.
# shellcheck disable=SC2016 # the backquotes are the table's
rows=$(fencepost help recipes --markdown | sed -n 's/^| `\([a-z0-9-]*\)` | .* | *\(.*[^ ]\)\? *|$/\1|\2/p' |
	grep -v '^broken-')

short_run '/^# The right ones/,/^# The planted ones/d'
is "$recipes" "$(grep -v '|$' <<<"$rows" | cut -d'|' -f1 | sort)" 'each planted recipe has its arm'
is "$(ask 'SELECT count(*) FROM arm WHERE planted & 1')" "$(wc -l <<<"$recipes")" 'and all of them are planted'
while IFS='|' read -r recipe predicts; do
	IFS=', ' read -r -a names <<<"$predicts"
	subject=$(ask "SELECT name FROM arm WHERE recipe = '$recipe'")
	for name in "${names[@]}"; do
		ok "$recipe: $name is found" [ "$(ask "SELECT ifnull(sum(definite), 0) FROM tally
			WHERE subject = '$subject' AND name = '$name'")" -gt 0 ] ||
			diag "$(ask "SELECT * FROM tally WHERE subject = '$subject' AND definite + possible > 0")"
	done
done <<<"$rows"
is "$(ask "SELECT count(*) FROM violation WHERE subject = 'service'")" 0 'etcd is blamed for none of it'

short_run '/^# The planted ones/,/^# The holder/d'
is "$recipes" "$(sed -n 's/|$//p' <<<"$rows" | sort)" 'each right recipe has its arm'
is "$(ask "SELECT name, verdict FROM arm JOIN verdict ON subject = name
	WHERE planted OR verdict NOT IN ('SAFE', 'INCONCLUSIVE') AND guard <> 'none'")" '' \
	'none is planted, and what is guarded is not UNSAFE'
is "$(ask "SELECT recipe FROM arm WHERE guard = 'none'")" semaphore 'only a semaphore is not guarded'
is "$(ask "SELECT verdict FROM exclusion WHERE subject IN ('semaphore', 'rwlock') AND level = 'service'")" \
	$'held\nheld' 'of what several hold the service grants as much as it may'
is "$(ask "SELECT recipe, min(mode), max(mode) FROM op JOIN arm ON arm.id = op.arm
	WHERE f = 3 AND recipe IN ('rwlock', 'semaphore', 'queue') GROUP BY 1")" \
	$'queue|0|0\nrwlock|0|1\nsemaphore|1|1' 'some share the lock, as it is theirs to do'
is "$(ask "SELECT count(*) FROM op WHERE f = 6 AND mode = 1")" 0 'who shares it does not write'
# What a leader that gets no processor does to leases is its own, too (campaigns/known-bugs/paused-leader-revokes).
is "$(ask "SELECT DISTINCT v.name, a.recipe FROM violation v JOIN lane l ON l.id = v.lane
	JOIN arm a ON a.id = l.arm WHERE v.subject = 'service'" |
	grep -vxE 'ghost-grant\|election|early-expiry\|.*')" '' \
	'of the service there is at most what its election API promises too much'
# One lease for many attempts, and one for each. (3: acquire, 1: ok.)
holds_of_a_lease() # recipe: the most
{
	ask "SELECT max(n) FROM (SELECT count(*) AS n FROM op o JOIN arm a ON a.id = o.arm
		WHERE a.recipe = '$1' AND o.f = 3 AND o.outcome = 1 GROUP BY o.process, o.lease)"
}
is "$(holds_of_a_lease key-txn)" 1 'key-txn has a lease for each hold'
for recipe in try-lock queue; do
	ok "$recipe keeps one lease for many holds" [ "$(holds_of_a_lease "$recipe")" -gt 1 ]
done
one_account 'there is one account of every hold' runs/2*/history.db
done_testing
