#!/bin/bash
# Negative controls: for each violation name a planted bug, on real etcd, that must be found by name.
# Which campaign shows which, the rows of history/violation.h say.
. "$(dirname "$0")/lib.sh"

# "overlap clients", one a line; without a second word where histories made by hand show it.
rows=$(sed -n 's/^\tX([A-Z_]*, "\([a-z-]*\)", [A-Z]*, [0-9]*, "\([a-z-]*\)",.*/\1 \2/p' \
	"$root/history/violation.h")
is "$(wc -l <<<"$rows")" "$(fencepost help violations --markdown | grep -c '^| `')" 'each row names its control'
is "$(sort -k2 <<<"$rows" | awk '$2 == ""' | xargs)" 'divergence overlap-granted' \
	'two names have none, since nobody can make a right etcd do such a thing'

ask() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
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

# What a planted recipe predicts, as "overlap, overlap-safe".
predicted() # recipe
{
	fencepost help recipes --markdown | sed -n "s/^| \`$1\` | .* | \(.*\) |$/\1/p"
}

control() # campaign: it runs, and what it is the control of is found
{
	local word shows arm recipe

	fencepost run "$root/tests/e2e/controls/$1.conf" >run.log 2>&1 ||
		diag "$1 ended with $?: $(tail -5 run.log)"
	while read -r word shows; do
		[ "$shows" = "$1" ] || continue
		ok "control $1: $word is found" [ "$(ask "SELECT ifnull(sum(definite), 0) FROM tally
			WHERE name = '$word' AND subject <> 'service'")" -gt 0 ] ||
			diag "$(ask 'SELECT * FROM tally WHERE definite + possible > 0')"
	done <<<"$rows"
	while IFS='|' read -r arm recipe; do
		IFS=', ' read -r -a predictions < <(predicted "$recipe")
		finds "$arm" "${predictions[@]:-nothing}"
		planted+=("$recipe")
	done < <(ask 'SELECT name, recipe FROM arm WHERE planted & 1')
	shown+=("$1")
}

control clients
finds overlap lost-update
finds stale-write overlap
is "$(ask "SELECT count(*) FROM violation WHERE subject = 'service'")" 0 'the service is accused of none of it'
control stale-read
control stores
finds fence-breach fence-breach stale-write
finds late-write fence-breach late-write
finds txn fence-breach
is "$(ask "SELECT verdict FROM verdict WHERE subject = 'late-write'")" UNSAFE \
	'a breached guard makes its arm UNSAFE'
is "$(ask "SELECT level, verdict FROM exclusion WHERE subject = 'late-write'")" \
	$'client|failed\nservice|held' \
	'a paused holder makes client-level exclusion fail, and the service keeps its own'
fencepost run "$root/tests/e2e/controls/habits.conf" >run.log 2>&1 || diag "habits ended with $?: $(tail -5 run.log)"
# All but the one that a scripted service shows.
# shellcheck disable=SC2016 # the backquotes are the table's
while IFS='|' read -r habit predicts; do
	IFS=', ' read -r -a predictions <<<"$predicts"
	finds "$habit" "${predictions[@]}"
done < <(fencepost help habits --markdown | sed -n 's/^| `\([a-z-]*\)` | .* | \([a-z].*\) |$/\1|\2/p' | grep -v '^unlocks-again|')
is "$(ask "SELECT count(*) FROM violation WHERE subject = 'service'")" 0 'no habit accuses the service'
is "$(sort -u <<<"$(printf '%s\n' "${shown[@]}")")" "$(awk '$2 { print $2 }' <<<"$rows" | sort -u)" \
	'every control was run'
is "$(printf '%s\n' "${planted[@]}" | sort)" \
	"$(fencepost help recipes --markdown | sed -n "s/^| \`\(broken-[a-z-]*\)\`.*/\1/p" | sort)" \
	'every planted recipe was run, and does what it predicts'
exits 1 'an acquire-within that is not kept is no success' \
	fencepost run "$root/tests/e2e/controls/within.conf"
is "$(ask "SELECT subject, value > 0 FROM measure WHERE name = 'late-acquires' ORDER BY subject")" \
	$'kept|0\nlate|1' 'and is counted; one that is kept is not'
one_account 'whatever is planted, there is one account of every hold' runs/2*/history.db
done_testing
