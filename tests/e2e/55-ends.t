#!/bin/bash
# However a part of a run fails to end, the run does: whoever stands still is named, everything is
# torn down, the exit code is 70 and the run BROKEN.
. "$(dirname "$0")/lib.sh"

cat >small.conf <<'END'
duration = "6s"
settle = "2s"
cluster { members = 1 }
arm a { ttl = "1s"  heartbeat = "300ms"  lanes = 1  workers = 2  work = "50ms .. 100ms" }
fault pause { do = pause  target = holder  every = "1s"  length = "200ms" }
END

# The process of a role in the run below $1, as this machine numbers it: its history has the number
# inside the sandbox.
find_pid() # directory role
{
	local inside file

	inside=$(sqlite3 -readonly "$1"/*/history.db \
		"SELECT os_pid FROM process WHERE name = '$2'" 2>/dev/null)
	[ -n "$inside" ] || return
	grep -lazs "^ROLE_STOPPED=$2$" /proc/[0-9]*/environ | while read -r file; do
		awk -v inside="$inside" '$1 == "NSpid:" && NF > 2 && $NF == inside { exit 1 }' \
			"${file%environ}status" 2>/dev/null || basename "$(dirname "$file")"
	done
}

# Runs small.conf and stops that process for good once the load has begun; on a busy machine it takes seconds to find.
run_and_stop() # role
{
	local run stopped=

	ROLE_STOPPED=$1 fencepost run small.conf --duration 20s --output "runs-$1" >"$1.log" 2>&1 &
	run=$!
	for _ in $(seq 300); do
		sleep 0.1
		grep -q 'the cluster serves' "$1.log" || continue
		stopped=$(find_pid "runs-$1" "$1")
		[ -z "$stopped" ] || break
	done
	sleep 1
	kill -STOP "$stopped"
	wait "$run"
	echo $? >"$1.status"
}

leftovers_snapshot
# 40 s until the conductor calls it standing still: what follows them is tried meanwhile. What runs below this
# script is none of its leftovers.
for role in nemesis recorder store witness; do
	run_and_stop "$role" &
done

# The conductor ends with a status of its own making: no verdict may be read from it.
fencepost run small.conf --output runs-abort >abort.log 2>&1 &
run=$!
for _ in $(seq 600); do
	! grep -q 'the cluster serves' abort.log || break
	sleep 0.1
done
sleep 1
kill -ABRT "$(pgrep -P "$run")"
wait "$run"
is $? 70 'a conductor that aborts: 70' || diag "$(cat abort.log)"
is "$(sqlite3 runs-abort/latest/history.db "SELECT group_concat(DISTINCT verdict) FROM verdict")" \
	BROKEN 'and BROKEN'
leftovers_check 'and nothing is left'

# Plots: a gnuplot that hangs, and that has left a child in a session of its own.
mkdir fake
cat >fake/gnuplot <<'END'
#!/bin/sh
setsid sleep 300 &
echo begun >>gnuplot.log
sleep 300
END
chmod +x fake/gnuplot
PATH=$scratch/fake:$PATH fencepost report runs-abort/latest >report.log 2>&1
like "$(cat report.log)" 'no plots' 'a gnuplot that hangs costs only the plots' || diag "$(cat report.log)"
is "$(wc -l <gnuplot.log)" 1 'and is asked once'
leftovers_check 'and neither it nor its child is left'

rm gnuplot.log
PATH=$scratch/fake:$PATH fencepost report runs-abort/latest >report.log 2>&1 &
for _ in $(seq 100); do
	[ ! -s gnuplot.log ] || break
	sleep 0.1
done
kill -KILL $!
wait $! 2>/dev/null
leftovers_check 'nor when the report is killed meanwhile'

# What stood still.
wait
for role in nemesis recorder store witness; do
	is "$(cat "$role.status")" 70 "a $role that stands still: the run ends, with 70" ||
		diag "$(cat "$role.log")"
	like "$(sqlite3 "runs-$role"/latest/history.db 'SELECT group_concat(text) FROM note WHERE breaks')" \
		"$role (stands still|did not end)" "a note names the $role"
	is "$(sqlite3 "runs-$role"/latest/history.db "SELECT group_concat(DISTINCT verdict) FROM verdict")" \
		BROKEN 'and no verdict is drawn'
	ok 'but it is reported' [ -s "runs-$role/latest/report.html" ]
done
leftovers_check 'and nothing is left'
done_testing
