#!/bin/bash
# The default campaign, shortened, on the etcd versions that 10-chaos.t did not run: those which
# scripts/fetch-etcd has in its cache, or gets.
# Leans on time: in 14 s a holder of four lanes is paused for long enough to write late.
# first: a campaign of each
# shellcheck disable=SC2034 # read by lib.sh
network=machine
. "$(dirname "$0")/lib.sh"
few_locks

for version in 3.3.25 3.4.23 3.5.16 3.5.30; do
	if [[ "$(etcd --version)" == *"etcd Version: $version"* ]]; then
		pass "etcd $version is the one on PATH"
		continue
	fi
	if ! path=$("$root/scripts/fetch-etcd" "$version" 2>fetch.log); then
		skip "etcd $version" "not to be had: $(tail -1 fetch.log)"
		continue
	fi
	fencepost run default.conf --etcd "$path" --duration 14s >run.log 2>&1
	like $? '^[02]$' "etcd $version: the campaign runs" || diag "$(tail run.log)"
	is "$(sqlite3 runs/latest/history.db "SELECT verdict FROM verdict WHERE subject = 'none'")" UNSAFE \
		"etcd $version: arm none is UNSAFE"
	is "$(sqlite3 runs/latest/history.db "SELECT ifnull(sum(definite), 0) FROM tally
		WHERE subject = 'token' AND name = 'fence-breach'")" 0 "etcd $version: no fence-breach"
	like "$(sqlite3 runs/latest/history.db "SELECT value FROM run WHERE key = 'etcd'")" "^$version" \
		"etcd $version: it was this version"
done
done_testing
