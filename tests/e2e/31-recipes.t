#!/bin/bash
# campaigns/recipes.conf, shortened: on real etcd no right recipe harms what a token guards, each planted one is
# caught by the name that its row predicts, and etcd is blamed for nothing but what is its own. How many occasions
# there are in so short a time is left to the machine: INCONCLUSIVE (exit 2) will do.
. "$(dirname "$0")/lib.sh"

etcd=$("$root/scripts/fetch-etcd" 3.5.30) || skip_all 'there is no etcd 3.5.30'
sed -e 's/^duration = .*/duration = "20s"/' -e 's/^min-exposures = .*/min-exposures = 1/' \
	"$root/campaigns/recipes.conf" >recipes.conf

ask() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

# "recipe|what it predicts" of all but those that tests/e2e/controls/ shows.
rows=$(fencepost help recipes --markdown | sed -n 's/^| `\([a-z-]*\)` | .* | *\(.*[^ ]\)\? *|$/\1|\2/p' |
	grep -v '^broken-')
fencepost run recipes.conf --etcd "$etcd" >run.log 2>&1
status=$?
ok 'the run goes as expected' [ "$status" = 0 -o "$status" = 2 ] || diag "exit $status: $(cat run.log)"
is "$(ask "SELECT name, verdict FROM arm JOIN verdict ON subject = name
	WHERE NOT planted AND verdict NOT IN ('SAFE', 'INCONCLUSIVE')")" '' 'no right recipe is UNSAFE'
is "$(ask 'SELECT recipe FROM arm ORDER BY 1')" "$(cut -d'|' -f1 <<<"$rows" | sort)" 'each recipe has its arm'
while IFS='|' read -r recipe predicts; do
	subject=$(ask "SELECT name FROM arm WHERE recipe = '$recipe'")
	IFS=', ' read -r -a names <<<"$predicts"
	is "$(ask "SELECT planted FROM arm WHERE recipe = '$recipe'")" "$((${#names[@]} > 0))" \
		"$recipe: who is to be caught is planted, nobody else"
	for name in "${names[@]}"; do
		ok "$recipe: $name is found" [ "$(ask "SELECT ifnull(sum(definite), 0) FROM tally
			WHERE subject = '$subject' AND name = '$name'")" -gt 0 ] ||
			diag "$(ask "SELECT * FROM tally WHERE subject = '$subject' AND definite + possible > 0")"
	done
done <<<"$rows"
# What a leader that gets no processor does to leases is its own, too (campaigns/known-bugs/paused-leader-revokes).
is "$(ask "SELECT DISTINCT v.name, a.recipe FROM violation v JOIN lane l ON l.id = v.lane
	JOIN arm a ON a.id = l.arm WHERE v.subject = 'service' AND NOT a.planted" |
	grep -vxE 'ghost-grant\|election|early-expiry\|.*')" '' \
	'of the service there is at most what its election API promises too much'
is "$(ask "SELECT count(*) FROM violation v JOIN lane l ON l.id = v.lane JOIN arm a ON a.id = l.arm
	WHERE v.subject = 'service' AND a.planted")" 0 'and nothing that a planted one brought about'
# One lease for many attempts, and one for each. (3: acquire, 1: ok.)
holds_of_a_lease() # recipe: the most
{
	ask "SELECT max(n) FROM (SELECT count(*) AS n FROM op o JOIN arm a ON a.id = o.arm
		WHERE a.recipe = '$1' AND o.f = 3 AND o.outcome = 1 GROUP BY o.process, o.lease)"
}
is "$(holds_of_a_lease key-txn)" 1 'key-txn has a lease for each hold'
for recipe in try-lock queue election-queue; do
	ok "$recipe keeps one lease for many holds" [ "$(holds_of_a_lease "$recipe")" -gt 1 ]
done
one_account 'there is one account of every hold' runs/2*/history.db
done_testing
