#!/bin/bash
# An etcd that is started by a script: a pause of the member stops etcd itself, a kill ends it, also
# when the script gave it a session of its own. By the member's own silence: what it told the witness.
# Leans on time: what was on its way when a fault began has come 200 ms later, and in the other 1.8 s of the
# pause the other members tell more than five things.
. "$(dirname "$0")/lib.sh"

cat >run.conf <<'END'
duration = "9s"
settle = "6s"
cluster { heartbeat = "50ms"  election = "500ms" }
# Who waits at the member that stands still, and is granted the lock, keeps all others of its lane from it.
arm a { lanes = 6  workers = 3  ttl = "1s"  heartbeat = "300ms"  work = "20ms .. 50ms"  acquire-timeout = "500ms" }
fault pause	{ do = pause  target = follower  length = "2s"  first = "500ms" }
fault slow	{ do = slow  target = follower  percent = 95  by = "400ms"  length = "1500ms"  first = "3s" }
fault kill	{ do = kill  target = follower  length = "1s"  first = "5500ms" }
END
cat >plain.sh <<'END'
#!/bin/bash
etcd "$@" &
wait
END
sed 's/^etcd/setsid etcd/' plain.sh >session.sh
sed 's/^etcd.*/(setsid etcd "$@" \&)\nexec sleep 1000/; s/^wait//' plain.sh >orphan.sh
# shellcheck disable=SC2016 # the dollar is the wrapper's
sed -i '2i [ "$1" = --version ] \&\& exec etcd --version' orphan.sh
chmod 755 ./*.sh

asks() # sql
{
	sqlite3 -readonly runs/latest/history.db "$1"
}

# What a member told while the fault was in force, but for what was on its way when it began.
told() # block member-condition
{
	asks "SELECT count(*) FROM key_event k JOIN fault f JOIN schedule s ON s.id = f.schedule
		WHERE s.block = '$1' AND $2 AND k.seen_ns > f.began_ns + 200000000
		AND k.seen_ns < f.ended_ns"
}

leftovers_snapshot
for wrapper in plain session orphan; do
	rm -rf runs
	fencepost run run.conf --etcd "./$wrapper.sh" --seed 3 >run.log 2>&1
	like "$?" '^[02]$' "$wrapper: a run" || diag "$(tail -20 run.log)"
	is "$(asks 'SELECT text FROM note WHERE breaks')" '' "$wrapper: nothing broke"
	is "$(asks 'SELECT count(*) FROM fault WHERE NOT bitten OR bitten IS NULL')" 0 \
		"$wrapper: every fault bit" || diag "$(asks 'SELECT f.kind, f.bitten, p.what, p.count, p.detail FROM fault f
		LEFT JOIN proof p ON p.fault = f.id')"
	like "$(asks "SELECT detail FROM proof WHERE what LIKE 'threads in state T%'")" \
		', 2 processes' "$wrapper: script and etcd were seen stopped"
	is "$(told pause 'member = f.host')" 0 "$wrapper: a paused member told nothing"
	ok "$wrapper: meanwhile others did" [ "$(told pause 'member <> f.host')" -gt 5 ]
	is "$(told kill 'member = f.host')" 0 "$wrapper: a killed member told nothing"
	is "$(asks "SELECT count(DISTINCT member) FROM key_event WHERE seen_ns >
		(SELECT max(ended_ns) FROM fault)")" 3 "$wrapper: it serves again"
	is "$(asks "SELECT count(*) FROM note WHERE text LIKE 'after the last heal%'")" 0 \
		"$wrapper: every member serves in the end"
done
leftovers_check 'nothing is left'
done_testing
