#!/bin/bash
# An interrupted shrink keeps the smallest campaign that held.
# Leans on time: nothing has held 1.5 s after the begin, for the first candidate runs for 6 s.
. "$(dirname "$0")/lib.sh"

# Two holders at once, again and again: whatever candidate has the fault, shows it.
cat >often.conf <<'CONF'
duration = "6s"
settle = "1s"
cluster { members = 1 }
arm planted { recipe = broken-put  lanes = 1  work = "100ms .. 200ms" }
fault first { do = pause  target = holder  length = "0.3 ttl" }
fault second { do = pause  target = holder  length = "0.3 ttl"  first = "3s" }
CONF

begin() # options...: starts a shrink
{
	fencepost shrink --tries 3 --keep 1 --violation "$last" "$@" runs/latest >shrink.out 2>shrink.log &
	pid=$!
}

wait_for() # command...: at most 180 s, for as long as it runs
{
	for _ in $(seq 1800); do
		! "$@" || return 0
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

leftovers_snapshot
fencepost run often.conf --seed 3 >run.log 2>&1
last=$(sqlite3 runs/latest/history.db \
	"SELECT id FROM violation WHERE name = 'overlap' AND at_ns > (SELECT max(began_ns) FROM fault) ORDER BY at_ns LIMIT 1")
like "$last" '^[0-9]+$' 'there is a violation to shrink by, after both faults' || diag "$(cat run.log)"

begin --into small.conf
sleep 1.5
kill -INT "$pid"
wait "$pid"
is $? 130 'interrupted before anything held: exit 130' || diag "$(cat shrink.log)"
like "$(tail -1 shrink.log)" 'nothing smaller was kept yet: interrupted' 'it says so'
ok 'and leaves no file' [ ! -e small.conf ]

begin --into small.conf
wait_for [ -s small.conf ]
is $? 0 'a candidate that held is in the file at once'
sleep 0.5
kill -TERM "$pid"
wait "$pid"
is $? 130 'interrupted after that: exit 130' || diag "$(cat shrink.log)"
like "$(tail -1 shrink.log)" 'the smallest that held so far is in small.conf: interrupted' 'it says where'
like "$(head -3 small.conf)" 'Unfinished' 'and so does the file'
exits 69 'which can be run' fencepost run small.conf --etcd nosuchetcd

begin
wait_for grep -q '^holds' shrink.log
is $? 0 'without --into a candidate holds'
is "$(cat shrink.out)" '' 'and nothing is printed at first'
kill -INT "$pid"
wait "$pid"
like "$(cat shrink.out)" 'Unfinished.*arm planted' 'what held is printed in the end'
leftovers_check 'nothing is left'
done_testing
