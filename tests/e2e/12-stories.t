#!/bin/bash
# What the page's stories and its twin show is what the history holds, and their commands can be typed where the
# run was started.
. "$(dirname "$0")/lib.sh"

cat >known.conf <<'CONF'
duration = "6s"
settle = "1s"
cluster { members = 1 }
arm none { ttl = "1s"  lanes = 6  workers = 3  work = "100ms .. 200ms" }
arm token { guard = token  ttl = "1s"  lanes = 6  workers = 3  work = "100ms .. 200ms" }
fault stop-holder { do = pause  target = holder  when = between  length = "1.5 ttl .. 2.5 ttl"  first = "500ms"  every = "1500ms" }
CONF

ask() # SQL
{
	sqlite3 -readonly -separator $'\t' runs/latest/history.db "$1"
}
shown() # kind: its lines, without it
{
	sed -n "s/^$1\t//p" shown.txt
}

leftovers_snapshot
fencepost run known.conf --seed 5 >run.log 2>&1
perl "$root/tests/e2e/stories.pl" runs/latest/report.html >shown.txt

like "$(ask "SELECT count(*) FROM violation WHERE name = 'stale-write'")" '^[1-9]' 'there are stale writes' ||
	diag "$(cat run.log)"
is "$(shown name | grep -v 'refused write' | sort -u)" \
	"$(ask 'SELECT DISTINCT subject, name FROM violation ORDER BY 1, 2' | sort -u)" \
	'each name of each subject has a story'
like "$(shown name)" $'token\trefused write' 'so has the arm whose guard refused a write'
ok 'there are at most 20' [ "$(grep -c '^sentences' shown.txt)" -le 20 ]
is "$(shown sentences | awk '$1 < 4 || $1 > 12')" '' 'each is told in some ten sentences'

# All that is cited for the stories' violations, which their pages name by id.
ids=$(grep -o 'view story, id [0-9]*' runs/latest/report.html | grep -o '[0-9]*$' | paste -sd,)
missing=$(comm -23 <(ask "SELECT DISTINCT kind || ' ' || ref FROM evidence WHERE violation IN ($ids)" | sort) \
	<(shown evidence | sort -u))
is "$missing" '' 'every row of their evidence has its number in the drawing'
is "$(shown evidence | while read -r kind id; do
	case $kind in op | decision | fault | key_event) ask "SELECT '$kind $id' WHERE NOT EXISTS
		(SELECT 1 FROM $kind WHERE id = $id)" ;; esac done)" '' 'and no number cites a row that is not there'

like "$(shown paused)" '[1-9]' 'there is a story of a paused holder, with the packets that it sent'
is "$(shown paused | awk '$2 > 0')" '' 'none of which lies in its pause'
like "$(shown packets | sort -n | head -1)" '^[0-9]{2}' 'its requests are shown as messages'
is "$(shown packets | awk '$2 > 0')" '' 'none of which it sends in its pause'
like "$(LC_ALL=C fencepost story 2>&1)" 'A>[B-Z] write' 'fencepost story shows them, too'

twins=$(ask "WITH p AS (SELECT f.schedule s, l.arm a, substr(l.name, instr(l.name,'/')+1) ix, f.id fid, f.attempt att
	FROM fault f JOIN lane l ON l.id=f.lane WHERE f.kind='pause'),
	harm AS (SELECT DISTINCT e.ref fid FROM evidence e JOIN violation v ON v.id=e.violation
		WHERE e.kind='fault' AND v.name IN ('stale-write','lost-update','late-write')),
	refused AS (SELECT DISTINCT op.attempt att FROM decision d JOIN op ON op.id=d.op WHERE d.accepted=0)
	SELECT sum(n.fid IN harm AND t.att IN refused), sum(n.fid IN harm), count(*)
	FROM p n JOIN p t ON n.s=t.s AND n.ix=t.ix WHERE n.a=0 AND t.a=1")
is "$(shown twins)" "$twins" 'so many twins are told as the history has'
like "$(shown outcome | head -1)" '^APPLIED' 'the twin ends in a write applied in the one arm'
like "$(shown outcome | tail -1)" '^REFUSED: token [0-9]+ < [0-9]+' 'and refused in the other'

# As printed, where the run was started.
replay=$(shown command | grep -m1 ' replay ') shrink=$(shown command | grep -m1 ' shrink ')
bash -c "$replay" >replay.log 2>&1
status=$?
like "$status" '^[02]$' 'the command to repeat a story can be typed as it stands' || diag "$replay: $(cat replay.log)"
timeout --preserve-status -s INT 4 bash -c "exec $shrink" >shrink.log 2>&1
is "$?" 130 'so can the one to shrink it' || diag "$shrink: $(cat shrink.log)"
leftovers_check 'nothing is left behind'
done_testing
