#!/bin/bash
# A check that cannot fail is a defect: without faults there is nothing to find, and fencepost says
# that it cannot tell, not that all is well.
. "$(dirname "$0")/lib.sh"

exits 2 'without faults the default campaign is inconclusive' \
	fencepost run "$root/campaigns/default.conf" --no-faults --duration 10s
sum() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}
is "$(sum "SELECT group_concat(subject || ' ' || verdict, ', ') FROM verdict WHERE arm IS NOT NULL")" \
	'none INCONCLUSIVE, token INCONCLUSIVE' 'both arms are INCONCLUSIVE' ||
	diag "$(sum 'SELECT subject, why FROM verdict')"
is "$(sum 'SELECT count(*) FROM violation')" 0 'no violation is reported' ||
	diag "$(sum 'SELECT name, summary FROM violation LIMIT 5')"
is "$(sum 'SELECT sum(exposures) FROM verdict')" 0 'there was no exposure'
ok 'though there was load' [ "$(sum 'SELECT count(*) FROM hold')" -gt 100 ]
is "$(sum 'SELECT count(*) FROM note WHERE breaks')" 0 'nothing broke'
done_testing
