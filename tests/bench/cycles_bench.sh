#!/bin/bash
# Lock cycles per second of fencepost's workers, beside what etcdctl and a plain put loop reach on the
# same cluster (three members on loopback), and the time from the command to the first cycle of a run
# in the sandbox.
set -u -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-build/release}
[[ $BUILD == /* ]] || BUILD=$root/$BUILD
seconds=6
scratch=$(mktemp -d)
members=()
trap 'kill "${members[@]}" 2>/dev/null; wait; cd / && rm -rf "$scratch"' EXIT
cd "$scratch" || exit 70
export ETCDCTL_API=3

port=$((20000 + RANDOM % 8000))
client() { echo "http://127.0.0.1:$((port + $1))"; }
peer() { echo "http://127.0.0.1:$((port + 10 + $1))"; }
all=m1=$(peer 1),m2=$(peer 2),m3=$(peer 3)
for i in 1 2 3; do
	etcd --name m$i --data-dir m$i --listen-client-urls "$(client $i)" \
		--advertise-client-urls "$(client $i)" --listen-peer-urls "$(peer $i)" \
		--initial-advertise-peer-urls "$(peer $i)" --initial-cluster "$all" \
		--heartbeat-interval 50 --election-timeout 500 >m$i.log 2>&1 &
	members+=($!)
done
endpoints=$(client 1),$(client 2),$(client 3)
for _ in $(seq 100); do
	! etcdctl --endpoints "$endpoints" endpoint health >/dev/null 2>&1 || break
	sleep 0.1
done

campaign() # lanes
{
	cat <<END
duration = "${seconds}s"
arm bench { lanes = $1  workers = 1  work = "0ms"  rest = "0ms"  ttl = "5s"  heartbeat = "1s" }
END
}

cycles() # lanes: whole cycles per second
{
	campaign "$1" >"bench-$1.conf"
	"$BUILD/fencepost" run "bench-$1.conf" --endpoints "$endpoints" >/dev/null 2>run.log ||
		cat run.log >&2
	sqlite3 -batch runs/latest/history.db "SELECT CAST(count(*) * 1e9 / (SELECT value FROM run
		WHERE key = 'duration_ns') AS INTEGER) FROM op WHERE f = 7 AND outcome = 1"
}

etcdctl_cycles() # each is a process of its own, as scripts use it
{
	local n=0 end=$((SECONDS + seconds))

	while [ $SECONDS -lt $end ]; do
		etcdctl --endpoints "$(client 1)" lock bench true >/dev/null && n=$((n + 1))
	done
	echo $((n / seconds))
}

one=$(cycles 1) eight=$(cycles 8)
put_one=$("$BUILD/bench/put_loop" 1 $seconds "$(client 1)")
put_eight=$("$BUILD/bench/put_loop" 8 $seconds "$(client 1)" "$(client 2)" "$(client 3)")
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }
echo "one worker:    $one lock cycles/s; plain puts, one connection: $put_one/s (ratio $(ratio "$one" "$put_one"))"
echo "eight lanes:   $eight lock cycles/s; plain puts, eight connections: $put_eight/s (ratio $(ratio "$eight" "$put_eight"))"
echo "etcdctl lock, one process a cycle: $(etcdctl_cycles) cycles/s"

kill "${members[@]}"
campaign 1 | sed 's/duration.*/duration = "1s"/' >first.conf
read -r began _ </proc/uptime
"$BUILD/fencepost" run first.conf >/dev/null 2>run.log || cat run.log >&2
sqlite3 -batch runs/latest/history.db "SELECT printf('from the command to the first whole cycle, sandbox and three members included: %.1f s',
	((SELECT value FROM run WHERE key = 'start_monotonic_ns') + min(returned_ns)) / 1e9 - $began)
	FROM op WHERE f = 7 AND outcome = 1"
