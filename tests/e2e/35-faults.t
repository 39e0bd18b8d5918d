#!/bin/bash
# Faults of workers, links and the store on real etcd, as an ordinary user: each bites, proves it, and
# is aimed at the moment and the target that its block names.
# Then what must not pass: a fault that met nothing, and words that nobody knows.
# Leans on time: on stamps of one clock; and that from a moment to the aim at it no more than 30 ms pass, 60 where
# the worker may be held up.
. "$(dirname "$0")/lib.sh"
. "$root/tests/e2e/faults.sh"

conf=$root/tests/e2e/faults/workers.conf
leftovers_snapshot
run_unprivileged "$conf"
like "$status" '^[02]$' 'a run of faults of workers and links' || diag "$(tail -20 run.log)"
blocks_bite "$conf"

# Moments. The attempt's operations and those of the others, by their stamps. A moment is that of aimed_ns:
# how long it takes from there until the fault is in force (began_ns) is up to the machine.
attempt_did() # function condition
{
	echo "EXISTS (SELECT 1 FROM op WHERE op.attempt = f.attempt AND op.outcome = 1 AND
		op.f = (SELECT id FROM function WHERE name = '$1') AND $2)"
}
waits='op.f = 3 AND op.lane = f.lane AND op.invoked_ns < f.aimed_ns AND
	(op.returned_ns IS NULL OR op.returned_ns > f.aimed_ns)'
is_between="$(attempt_did read 'returned_ns < f.began_ns') AND NOT
	$(attempt_did write 'invoked_ns < f.began_ns')"
# All the while: one who is releasing shows it just before he asks for it.
holds_lock='EXISTS (SELECT 1 FROM hold h WHERE h.lane = f.lane AND h.began_ns < f.aimed_ns AND
	(h.ended_ns IS NULL OR h.ended_ns > f.began_ns))'
always contended "$(attempt_did acquire 'returned_ns < f.began_ns')" 'whom it hits has acquired'
shows contended "NOT $(attempt_did write 'invoked_ns < f.began_ns')" 'and has not written yet'
always contended "EXISTS (SELECT 1 FROM op WHERE $waits AND op.attempt <> f.attempt)" 'while somebody waits'
# 30 ms after it was told, and as many for a worker that is held up between the stamp and the telling.
always granted "$(attempt_did acquire 'returned_ns BETWEEN f.aimed_ns - 60000000 AND f.began_ns')" \
	'after-grant is within 30 ms of the grant'
always renewed "$(attempt_did keepalive 'returned_ns BETWEEN f.aimed_ns - 60000000 AND f.began_ns')" \
	'after-renewal is within 30 ms of a renewal'
# `after` is 900 ms of a TTL of 1 s: the last renewal known of was sent 100 ms ago, less 20 for the stamps. Of one
# that returned within 60 ms its worker may not have told yet, but not each time.
always expiring "NOT $(attempt_did keepalive \
	'returned_ns < f.aimed_ns - 60000000 AND invoked_ns > f.aimed_ns - 80000000')" \
	'before-expiry is not after a renewal that is known'
shows expiring "NOT $(attempt_did keepalive 'returned_ns < f.aimed_ns AND invoked_ns > f.aimed_ns - 80000000')" \
	'before-expiry is not right after a renewal'
shows between "$is_between" 'the holder has read and not written'
shows acquiring "NOT $holds_lock" 'acquiring is when nobody holds'
always waited "EXISTS (SELECT 1 FROM op WHERE $waits AND op.attempt = f.attempt)" 'a waiter waits'
shows acquiring "f.attempt = (SELECT attempt FROM op WHERE $waits ORDER BY invoked_ns LIMIT 1)" \
	'it waits longest'
shows newest "f.attempt = (SELECT attempt FROM op WHERE $waits ORDER BY invoked_ns DESC LIMIT 1)" \
	'it came last'
always named "(SELECT name FROM host WHERE id = f.host) = 'a-2-1' AND f.target = 'a-2-1'" 'it is that host'

# What they did.
always contended "EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND what LIKE 'runs again%' AND holds)" \
	'it runs again'
shows contended "EXISTS (SELECT 1 FROM op WHERE op.attempt = f.attempt AND op.f IN (6, 9) AND
	invoked_ns > f.began_ns + f.length_ns)" 'and writes, or learns that it lost the lock'
always kill 'EXISTS (SELECT 1 FROM process p WHERE p.host = f.host AND p.started_ns > f.began_ns)' \
	'a new process follows'
always for-good 'NOT EXISTS (SELECT 1 FROM process p WHERE p.host = f.host AND p.started_ns > f.began_ns)' \
	'no process follows'
shows clock-slow "EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND holds AND count < 0)" \
	'its clock fell behind, by its own word'
shows clock-fast "EXISTS (SELECT 1 FROM proof WHERE fault = f.id AND holds AND count > 500000)" \
	'its clock is ahead by more than it was set'
dropped_on() # direction: it dropped packets between its target and a member
{
	local from=src to=dst

	[ "$1" = out ] || from=dst to=src
	echo "EXISTS (SELECT 1 FROM dropped JOIN host ON host.id = $to WHERE dropped.fault = f.id AND
		$from = f.host AND role = 'member')"
}
always cut-out "$(dropped_on out)" 'what the target sent was dropped'
always cut-out "NOT $(dropped_on in)" 'and nothing that was sent to it'
always cut-in "$(dropped_on in)" 'what was sent to the target was dropped'
always cut-in "NOT $(dropped_on out)" 'and nothing that it sent'
shows cut-both "$(dropped_on out) AND $(dropped_on in)" 'both ways were dropped'
capture_agrees cut-out out "'member'"
capture_agrees cut-in in "'member'"
capture_agrees cut-both both "'member', 'store'"
during='op.process = f.process AND op.invoked_ns BETWEEN f.began_ns AND f.ended_ns'
shows delay "EXISTS (SELECT 1 FROM op WHERE $during AND op.f IN (5, 6) AND
	returned_ns - invoked_ns > 100000000)" 'a request took longer than the delay'
shows duplicate "EXISTS (SELECT 1 FROM op WHERE $during AND op.f = 6 AND outcome = 1)" \
	'TCP goes on: a write of a duplicated link succeeded'
is "$(count_faults duplicate "EXISTS (SELECT 1 FROM op WHERE $during AND error IS NOT NULL
	AND op.f IN (5, 6) AND outcome <> 1)")" 0 'duplicate: no request of it failed'
# Its end is stamped when all is delivered: a write counts as late that was sent before and decided
# after the length was over.
late="EXISTS (SELECT 1 FROM op JOIN decision d ON d.op = op.id WHERE op.f = 6 AND accepted AND
	op.invoked_ns BETWEEN f.began_ns AND f.began_ns + f.length_ns / 2 AND
	d.decided_ns >= f.began_ns + f.length_ns"
shows late "$late AND op.process = f.process)" 'a write was decided when the fault was over'
shows store-late "$late)" 'so was one of somebody else, at the store'
always revoke 'f.ended_ns - f.began_ns < 5000000000' 'is over when it is done'
is "$(ask "SELECT ifnull(sum(definite), 0) FROM tally WHERE name = 'early-expiry'")" 0 \
	'what an operator revoked is not blamed on etcd'

# A fault that met nothing: two workers never talk to one another.
ok 'idle-link: it was injected' [ "$(ask "SELECT count(*) FROM fault f JOIN schedule s
	ON s.id = f.schedule WHERE block = 'idle-link' AND ended_ns IS NOT NULL")" -gt 0 ]
is "$(count_faults idle-link 1)" 0 'idle-link: it did not bite'
is "$(ask "SELECT DISTINCT holds, count FROM proof p JOIN fault f ON f.id = p.fault
	JOIN schedule s ON s.id = f.schedule WHERE block = 'idle-link'")" '0|0' 'idle-link: its proof says 0 packets'
like "$(cat run.log)" 'never happened: cut waited' 'idle-link: the summary says so'
leftovers_check 'nothing is left'

# Nothing that a block can say is left out of the campaigns of 35 to 37.
confs=$(grep -hv '# control' "$root"/tests/e2e/faults/*.conf)
uses() # option word
{
	like "$confs" "$1 = $2[ 	]" "$1 = $2 is tried"
}
for topic in faults targets moments links shapes; do
	ok "there are $topic" [ "$(words_of "$topic" | grep -c .)" -gt 5 ]
done
for kind in $(words_of faults); do
	uses 'do' "$kind"
done
for target in $(words_of targets); do
	case $target in
	cluster) ;; # of kinds without a target
	host) uses target m2 && uses target a-2-1 ;;
	*) uses target "$target" ;;
	esac
done
for moment in $(words_of moments); do
	[ "$moment" = now ] || uses when "$moment"
done
for direction in both out in; do
	uses direction "$direction"
done
for from in $(words_of links); do
	uses from "$from"
done
for shape in $(words_of shapes); do
	uses shape "$shape"
done
for scope in wal all; do
	uses scope "$scope"
done

# Words that nobody knows, and what cannot be.
refuses() # options pattern
{
	printf 'arm a { }\nfault f {\n\t%s\n}\n' "$1" >bad.conf
	like "$(fencepost run bad.conf 2>&1)" "$2" "refused: $1"
	exits 64 "with a usage error: $1" fencepost run bad.conf
}
refuses 'do = pauze' "bad.conf:3: .*did you mean 'pause'"
refuses 'do = pause target = holdr' "bad.conf:3: .*did you mean 'holder'"
refuses 'do = pause target = holder when = contendet' "bad.conf:3: .*did you mean 'contended'"
refuses 'do = cut target = holder from = clusters' "bad.conf:3: .*did you mean 'cluster'"
refuses 'do = cut target = holder direction = inn' "bad.conf:3: .*did you mean 'in'"
refuses 'do = partition shape = rng' "bad.conf:3: .*did you mean 'ring'"
refuses 'do = stall target = leader scope = wall' "bad.conf:3: .*did you mean 'wal'"
refuses 'preset = gc-ful' "bad.conf:3: .*did you mean 'gc-full'"
refuses 'do = pause target = holder lenth = 2s' "bad.conf:3: .*did you mean 'length'"
refuses 'do = pause target = m9' "fault f: there is no host 'm9'"
refuses 'do = stall target = holder' 'fault f: do = stall cannot be aimed at holder; at: '
refuses 'do = pause target = holder shape = ring' "fault f: 'shape' means nothing to do = pause"
refuses 'do = pause target = same' "fault f: target = same goes with 'follows'"
refuses 'do = pause target = holder follows = g' "fault f: follows = 'g' is no fault block before"
done_testing
