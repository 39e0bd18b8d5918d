#!/bin/bash
# A SAFE cannot be forged. Copies of a real, sealed history in which somebody deleted, swapped, shared
# or altered rows: each must be named (the subject that the row is about is not SAFE any more), refused
# (64) or BROKEN (70); none may be SAFE, none may end otherwise. FORGERIES says how many (100). What
# agrees with every other row (a time moved where nothing else happened) is no forgery of this kind.
. "$(dirname "$0")/lib.sh"

forgeries=${FORGERIES:-100}

cat >forge.conf <<'END'
duration = "6s"
settle = "3s"
min-exposures = 1
arm token { guard = token  ttl = "1s"  heartbeat = "250ms"  lanes = 4  work = "30ms .. 80ms" }
fault holder	{ do = pause  target = holder  when = between  length = "1.6 ttl"  first = "500ms"  every = "2s" }
fault killed	{ do = kill  target = worker  length = "300ms"  first = "3s"  lane = {0} }
fault follower	{ do = pause  target = follower  length = "200ms"  first = "1s"  every = "2s" }
END
fencepost run forge.conf --seed 8 >run.log 2>&1 || diag "$(cat run.log)"
cp runs/latest/history.db true.db

verdicts() # file; "token SAFE service SAFE", or nothing
{
	sqlite3 -batch "$1" "SELECT group_concat(subject || ' ' || verdict, ' ') FROM
		(SELECT * FROM verdict ORDER BY arm IS NULL)"
}

# The forger ----------------------------------------------------------------------------------
# Rows are picked by the seed alone, so that each forgery can be made again. It stands as SEED in what is
# written here once: to write it anew for each seed cost more than all the judging.

pick() # table condition [column]
{
	echo "(SELECT ${3:-id} FROM $1 WHERE $2" \
		"ORDER BY (id % 1000003 * 7919 + id / 4294967296 * 31 + SEED * 104729) % 1000003, id LIMIT 1)"
}

# kind|subject that the row is about|SQL
kinds()
{
	local op decision next attempt other mine='lane IS NOT NULL' # others prove nothing

	op=$(pick op 1) decision=$(pick decision 1)
	attempt=$(pick op 'f = 3 AND outcome = 1' attempt)
	other=$(pick op "f = 3 AND outcome = 1 AND attempt != $attempt" attempt)
	next='(SELECT min(id) FROM decision n WHERE n.id > chosen.d AND n.lane = '
	next+='(SELECT lane FROM decision WHERE id = chosen.d))'
	cat <<-END
	drop-op|token|DELETE FROM op WHERE id = $op
	drop-third|token|DELETE FROM op WHERE id % 3 = SEED % 3
	drop-attempt|token|DELETE FROM op WHERE attempt = $attempt
	drop-last-op|token|DELETE FROM op WHERE id = (SELECT max(id) FROM op WHERE process = $(pick op 1 process))
	drop-lane|token|DELETE FROM op WHERE lane = SEED % 4; DELETE FROM decision WHERE lane = SEED % 4
	drop-decision|token|DELETE FROM decision WHERE id = $decision
	drop-last-decision|token|DELETE FROM decision WHERE id = (SELECT max(id) FROM decision)
	drop-decisions|token|DELETE FROM decision WHERE id > $decision
	drop-refusals|token|DELETE FROM decision WHERE NOT accepted
	drop-key|service|DELETE FROM key_event WHERE id = $(pick key_event "$mine")
	drop-keys|service|DELETE FROM key_event WHERE id > $(pick key_event "$mine")
	drop-member|service|DELETE FROM key_event WHERE member = SEED % 3
	drop-fault|token|DELETE FROM fault WHERE id = $(pick fault 1)
	drop-proof|token|DELETE FROM proof WHERE id = $(pick proof 1)
	drop-process|token|DELETE FROM process WHERE id = $(pick process 1)
	drop-schedule|token|DELETE FROM schedule WHERE id = $(pick schedule 1)
	drop-note|token|DELETE FROM note WHERE id = $(pick note 1)
	drop-count|token|DELETE FROM recorded WHERE what = (SELECT what FROM recorded ORDER BY (length(what) * SEED) % 7 LIMIT 1)
	swap-ids|token|CREATE TEMP TABLE chosen AS SELECT $(pick decision 'id < (SELECT max(id) - 50 FROM decision)') d; CREATE TEMP TABLE pair AS SELECT d, $next n FROM chosen; UPDATE decision SET id = -id WHERE id IN (SELECT d FROM pair UNION SELECT n FROM pair); UPDATE decision SET id = (SELECT d + n FROM pair) + id WHERE id < 0
	swap-requests|token|CREATE TEMP TABLE pair AS SELECT $decision d, $(pick decision "id != $decision") n; CREATE TEMP TABLE held AS SELECT id, op FROM decision WHERE id IN (SELECT d FROM pair UNION SELECT n FROM pair); UPDATE decision SET op = (SELECT op FROM held WHERE held.id != decision.id) WHERE id IN (SELECT id FROM held)
	swap-times|token|CREATE TEMP TABLE pair AS SELECT $decision d, $(pick decision "id != $decision") n; CREATE TEMP TABLE held AS SELECT id, arrived_ns, decided_ns FROM decision WHERE id IN (SELECT d FROM pair UNION SELECT n FROM pair); UPDATE decision SET (arrived_ns, decided_ns) = (SELECT arrived_ns, decided_ns FROM held WHERE held.id != decision.id) WHERE id IN (SELECT id FROM held)
	swap-attempts|token|CREATE TEMP TABLE pair AS SELECT $attempt a, $other b; UPDATE op SET attempt = CASE attempt WHEN (SELECT a FROM pair) THEN (SELECT b FROM pair) ELSE (SELECT a FROM pair) END WHERE attempt IN (SELECT a FROM pair UNION SELECT b FROM pair)
	swap-words|service|CREATE TEMP TABLE pair AS SELECT $(pick key_event "$mine") d, $(pick key_event "$mine" 'id + 1') n; CREATE TEMP TABLE held AS SELECT id, key, revision FROM key_event WHERE id IN (SELECT d FROM pair UNION SELECT n FROM pair) AND (SELECT count(DISTINCT revision) FROM key_event WHERE id IN (SELECT d FROM pair UNION SELECT n FROM pair)) = 2; UPDATE key_event SET (key, revision) = (SELECT key, revision FROM held WHERE held.id != key_event.id) WHERE id IN (SELECT id FROM held)
	share-lease|token|UPDATE op SET lease = (SELECT max(lease) FROM op WHERE attempt = $other) WHERE attempt = $attempt AND lease IS NOT NULL
	share-lease-once|token|UPDATE op SET lease = (SELECT max(lease) FROM op WHERE attempt = $other) WHERE id = $(pick op "f = 2 AND attempt != $other")
	share-lease-word|service|UPDATE key_event SET lease = (SELECT max(lease) FROM op WHERE attempt = $attempt) WHERE id = $(pick key_event "$mine AND NOT deleted AND lease != (SELECT max(lease) FROM op WHERE attempt = $attempt)")
	accept|token|UPDATE decision SET accepted = 1, reason = NULL WHERE id = $(pick decision 'NOT accepted')
	refuse|token|UPDATE decision SET accepted = 0, reason = 'token missing' WHERE id = $(pick decision accepted)
	forget-token|token|UPDATE decision SET token = token - 1 WHERE id = $decision
	lower-bar|token|UPDATE decision SET greatest_token = greatest_token - 1 WHERE id = $(pick decision 'greatest_token > 0')
	change-version|token|UPDATE decision SET version_before = version_before + 1, version_after = version_after + 1 WHERE id = $decision
	change-value|token|UPDATE decision SET value = value + 1 WHERE id = $(pick decision accepted)
	change-base|token|UPDATE op SET base_version = base_version + 1 WHERE id = $(pick op 'f = 6')
	change-answer|token|UPDATE op SET version = version + 1 WHERE id = $(pick op 'f IN (5, 6) AND outcome = 1')
	fail-write|token|UPDATE op SET outcome = 2 WHERE id = $(pick op 'f = 6 AND outcome = 1')
	unfinish|token|UPDATE op SET outcome = 0, returned_ns = NULL WHERE id = $(pick op 'f IN (3, 4, 5) AND outcome = 1')
	earlier|token|UPDATE op SET invoked_ns = (SELECT b.invoked_ns FROM op b WHERE b.id = op.id - 1) - 1000 WHERE id = $(pick op 'id % 4294967296 > 1')
	other-worker|token|UPDATE op SET worker = (worker + 1) % 3 WHERE id = $op
	other-lane|token|UPDATE op SET lane = (lane + 1) % 4 WHERE id = $op
	other-key|service|UPDATE key_event SET key = replace(key, 'token/', 'tokem/') WHERE id = $(pick key_event "$mine")
	early-death|token|UPDATE process SET ended_ns = started_ns WHERE id = $(pick op 1 process)
	no-proof|token|UPDATE proof SET holds = 0 WHERE fault = $(pick fault 'bitten = 1')
	change-revision|service|UPDATE key_event SET revision = revision + 1 WHERE id = $(pick key_event "$mine")
	change-creation|service|UPDATE key_event SET create_revision = create_revision - 1 WHERE id = $(pick key_event "$mine AND deleted AND create_revision > 1")
	undelete|service|UPDATE key_event SET deleted = NOT deleted WHERE id = $(pick key_event "$mine")
	early-word|service|UPDATE key_event SET seen_ns = 0 WHERE id = $(pick key_event "$mine AND id > 3")
	no-number|token|UPDATE op SET invoked_ns = 'soon' WHERE id = $op
	no-member|service|UPDATE key_event SET member = -1 WHERE id = $(pick key_event "$mine")
	unseal|token|UPDATE run SET value = 0 WHERE key = 'sealed'
	no-audit|service|DELETE FROM run WHERE key = 'audit'
	audit-differs|service|UPDATE run SET value = 'differ' WHERE key = 'audit'
	END
	# Names of the checker's, each as soon as it knows it.
	knows stale-read && echo "stale-revision|service|UPDATE op SET revision = (SELECT max(b.revision) FROM op b WHERE b.returned_ns < op.invoked_ns AND b.outcome = 1 AND b.f IN (3, 4, 7)) - 1 WHERE id = $(pick op "f = 4 AND outcome = 1 AND EXISTS (SELECT 1 FROM op b WHERE b.returned_ns < op.invoked_ns AND b.f IN (3, 4, 7) AND b.outcome = 1 AND b.revision > 1)")"
	knows false-gone && echo "false-gone|service|UPDATE op SET ttl_ms = 0 WHERE id = $(pick op "f = 2 AND outcome = 1 AND ttl_ms > 0 AND EXISTS (SELECT 1 FROM op b WHERE b.attempt = op.attempt AND b.f = 8 AND b.outcome = 1 AND b.invoked_ns > op.returned_ns)")"
	return 0
}

knows() # name of a violation
{
	grep -q "\"$1\"" names.json
}

# Trying them ---------------------------------------------------------------------------------

cp true.db copy.db
fencepost check --json copy.db >names.json
is "$(verdicts copy.db)" 'token SAFE service SAFE' 'a copy that nobody forged keeps its verdicts: both are SAFE' ||
	diag "$(cat run.log)"

declare -A told
mapfile -t list < <(kinds)
tried=0 seed=0 unchanged=0 slipped=''
while [ "$tried" -lt "$forgeries" ] && [ "$seed" -lt $((2 * forgeries)) ]; do
	seed=$((seed + 1))
	IFS='|' read -r kind subject sql <<<"${list[seed % ${#list[@]}]}"
	sql=${sql//SEED/$seed}
	cp true.db copy.db
	# What changed nothing is no forgery.
	changes=$(sqlite3 -batch copy.db "PRAGMA synchronous = OFF; BEGIN; $sql; SELECT changes(); COMMIT" 2>&1)
	if [ "$changes" = 0 ]; then
		unchanged=$((unchanged + 1))
		continue
	fi
	[[ $changes =~ ^[0-9]+$ ]] || slipped+="$kind (seed $seed): cannot be made: $changes"$'\n'
	tried=$((tried + 1))
	fencepost check copy.db >check.log 2>&1
	status=$?
	case $status in
	64) told[refused]=$((${told[refused]:-0} + 1)) ;;
	70) told[BROKEN]=$((${told[BROKEN]:-0} + 1)) ;;
	0 | 1 | 2)
		verdict=$(sqlite3 -batch copy.db "SELECT verdict FROM verdict WHERE subject = '$subject'" 2>&1)
		if [ "$verdict" = SAFE ]; then
			slipped+="$kind (seed $seed): $subject is SAFE"$'\n'
		else
			told[named]=$((${told[named]:-0} + 1))
		fi
		;;
	*) slipped+="$kind (seed $seed): exit status $status: $(tail -1 check.log)"$'\n' ;;
	esac
done
is "$slipped" '' "of $tried forgeries none is SAFE and none ends otherwise"
ok "most of what was tried changed something" [ "$tried" -ge $((forgeries * 9 / 10)) ]
diag "$tried forgeries of ${#list[@]} kinds: ${told[BROKEN]:-0} BROKEN, ${told[refused]:-0} refused," \
	"${told[named]:-0} named; $unchanged changed nothing"
done_testing
