#!/bin/bash
# Bad input gets one clear error that names the place and the remedy, and the exit code of the design.
. "$(dirname "$0")/lib.sh"

complaint() # status pattern name command...
{
	local expected=$1 pattern=$2 name=$3 output status

	shift 3
	output=$("$@" 2>&1 >/dev/null)
	status=$?
	is "$status" "$expected" "$name: exit $expected"
	like "$output" "$pattern" "$name: says so"
}

complaint 64 "did you mean 'run'" 'an unknown command' fencepost rn
complaint 64 usage 'no command' fencepost
complaint 64 'unrecognized option' 'an unknown option' fencepost run --sede 3
complaint 64 'seed' 'a seed that is no number' fencepost run --seed abc
complaint 64 'duration' 'a duration that is none' fencepost run --duration soon
complaint 64 'nowhere.conf' 'a campaign that is not there' fencepost run nowhere.conf
printf 'arm a {\n\tguard = tokn\n}\n' >bad.conf
complaint 64 "bad.conf:2:.*did you mean 'token'" 'a misspelt word in a campaign' fencepost run bad.conf
printf 'arm a { }\n' >good.conf
complaint 69 "no etcd 'nosuchetcd'" 'an etcd that is not there' fencepost run good.conf --etcd nosuchetcd
complaint 69 'is .*true an etcd' 'an etcd that is none' fencepost run good.conf --etcd /bin/true
complaint 64 'endpoint' 'an endpoint that is no URL' fencepost run good.conf --endpoints localhost:2379
complaint 64 'runs/latest' 'nothing to check' fencepost check
head -c 5000 /dev/urandom >noise.db
complaint 64 'noise.db' 'a history that is none' fencepost check noise.db
sqlite3 future.db <"$root/history/schema.sql"
sqlite3 future.db 'PRAGMA user_version = 99'
complaint 64 'future.db.*99' 'a history from the future' fencepost check future.db
mkdir readonly && chmod a-w readonly
if [ "$(id -u)" != 0 ]; then
	complaint 64 'readonly' 'a place that cannot be written' fencepost run good.conf -o readonly/runs
else
	pass "a place that cannot be written (root may write anywhere)"
fi
for command in doctor run check report version; do
	exits 0 "$command --help" fencepost "$command" --help
done
exits 0 'fencepost --help' fencepost --help
like "$(fencepost version)" '^fencepost [0-9.]+$' 'the version'
like "$(fencepost doctor)" 'user namespaces' 'doctor speaks of user namespaces'
done_testing
