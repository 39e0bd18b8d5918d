#!/bin/bash
# What `fencepost predict` says beside what a real etcd did: 4 TTLs by 4 heartbeats, holders paused for
# lengths about their TTL, holders killed. SECONDS_EACH (90) for each of the four runs, a TTL each.
set -u -o pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-build/release}
[[ $BUILD == /* ]] || BUILD=$root/$BUILD
each=${SECONDS_EACH:-90}
scratch=$(mktemp -d)
trap 'cd / && rm -rf "$scratch"' EXIT
cd "$scratch" || exit 70

# Holds as long as a lease lives, so that a fault finds its renewals at any phase.
campaign() # TTL in s
{
	echo "name = \"grid-$1\" duration = \"${each}s\" settle = \"8s\" cluster { election = \"500ms\" }"
	for percent in 15 20 25 30; do
		echo "arm h$percent { guard = token lanes = 4 workers = 3 ttl = \"$1s\" retries = 3"
		echo "heartbeat = \"$((percent * $1 * 10))ms\" work = \"$1s .. $((2 * $1))s\" rest = \"20ms\" }"
	done
	echo "fault paused { do = pause target = holder when = now length = \"0.65 ttl .. 1.05 ttl\""
	echo "first = \"2s\" every = \"3 ttl\" jitter = \"1s\" }"
	echo "fault killed { do = kill target = holder length = \"1s\" first = \"5s\" every = \"7 ttl\" jitter = \"1s\" }"
}

printf '%-24s %s\n' 'TTL, heartbeat' 'lost per pause: predicted, measured (of); failover p50: predicted, measured (of)'
for ttl in 2 3 4 5; do
	campaign $ttl >grid.conf
	"$BUILD/fencepost" run grid.conf >run.log 2>&1 || [ $? -lt 3 ] || { cat run.log >&2 && exit 1; }
	"$BUILD/fencepost" predict --from runs/latest --json | jq -r '.[] | def two: if . == null then "-" else (. * 1000 | round / 1000) end;
		"\(.ttl_s) s, \(.heartbeat_s) s" + " " * 12 +
		"\(.figures["loss-per-pause"] | two)  \(.measured["loss-per-pause"] | two) (\(.of["loss-per-pause"]))    " +
		"\(.figures["failover.p50"] | two)  \(.measured["failover.p50"] | two) (\(.of["failover.p50"]))"'
done
