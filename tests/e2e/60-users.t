#!/bin/bash
# The same run for everybody: an ordinary user without any privilege, and root.
. "$(dirname "$0")/lib.sh"

few_locks
cp "$BUILD/fencepost" .
chmod 755 .
# Two faults that meet somebody however little the workers come to on a busy machine, often and of one lane: a pause
# in each of many takes seconds there, and who stops later than its proof waits has not been paused.
cat >>default.conf <<'END'
fault pause-any { do = pause  target = worker  length = "300ms"  first = "500ms"  every = "800ms"  lane = {0} }
fault cut-peers { do = cut  target = m1  from = peers  length = "1s"  first = "1s"  every = "2s" }
END

short_run() # command in front...
{
	"$@" ./fencepost run default.conf --duration 5s -o "runs-$1" >run.log 2>&1
	local status=$?

	is "$(sqlite3 -batch "runs-$1/latest/history.db" 'SELECT count(*) FROM note WHERE breaks')" 0 \
		"$*: a run that is not BROKEN" || diag "status $status: $(cat run.log)"
	ok "$*: with faults of the network and of processes" [ "$(sqlite3 -batch \
		"runs-$1/latest/history.db" 'SELECT count(DISTINCT kind) FROM fault WHERE bitten')" -ge 2 ]
	ok "$*: with a packet capture" [ -s "runs-$1/latest/capture.pcap" ]
}

leftovers_snapshot
short_run env
if [ "$(id -u)" = 0 ]; then
	mkdir runs-setpriv
	chown nobody: runs-setpriv
	short_run setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
		--bounding-set=-all
	is "$(stat -c %U runs-setpriv/latest/history.db)" nobody 'whose files are its own'
fi
leftovers_check 'nothing is left of either'
done_testing
