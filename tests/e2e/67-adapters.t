#!/bin/bash
# Clients that are programs of anybody's (docs/adapter.md): the shipped ones keep the protocol, one that does not is
# told so line by line, and under faults each gets the verdict that its head predicts. How many occasions there are
# in so short a time is left to the machine: INCONCLUSIVE (exit 2) will do for what is to be safe.
. "$(dirname "$0")/lib.sh"
leftovers_snapshot

etcd=$(command -v etcd) || skip_all 'there is no etcd on PATH'

ask() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

# What is not here is skipped by name.
ready() # adapter
{
	case $1 in
	shell-curl) command -v curl ;;
	etcdctl-lock) command -v etcdctl ;;
	python-etcd3) /usr/bin/python3 -c 'import etcd3' ;;
	esac >/dev/null 2>&1
}

exits 64 'an adapter must be named' fencepost adapter-test
exits 69 'it must be there' fencepost adapter-test ./no-such-adapter
for adapter in shell-curl etcdctl-lock python-etcd3; do
	if ready "$adapter"; then
		exits 0 "$adapter keeps the protocol" fencepost adapter-test --etcd "$etcd" "adapters/$adapter"
	else
		skip "$adapter keeps the protocol" "what it needs is not here"
	fi
done

# Grants whatever it is asked for, and says a line of its own.
cat >planted <<'END'
#!/bin/bash
while read -r line; do
	[[ $line =~ \"id\":([0-9]+) ]]
	echo 'working on it'
	echo "{\"id\":${BASH_REMATCH[1]},\"outcome\":\"ok\",\"fencepost\":1,\"name\":\"planted\"}"
done
END
chmod +x planted
said=$(fencepost adapter-test ./planted 2>&1)
is $? 1 'one that does not is told by the exit code'
like "$said" 'NO contention +the lock is held, and a second acquire says ok' 'that it locks nothing is told'
like "$said" 'NO nothing else +the client says a line that is none' 'that it says what is no line is told'
like "$said" 'no lease or key' 'and what it leaves out'

sed -e 's/recipe = key-txn/& client = {"x"}/' "$root/campaigns/adapters.conf" >both.conf
exits 64 'a client stands in place of a recipe' fencepost run both.conf
# What asks for the holder's own key needs a client that has one.
for arm in 'client = {"./planted"}  guard = txn' 'client = {"./planted"}  look = range' \
	'recipe = k8s-lease  guard = txn' 'recipe = k8s-lease  look = range'; do
	echo "arm a { $arm }" >keyless.conf
	exits 64 "refused: $arm" fencepost run keyless.conf
done

# The campaign, shortened, without the arms whose library is not here.
program='s/^duration = .*/duration = "12s"/; s/members = 3/members = 1/; s/lanes = 2 /lanes = 1 /; s/^min-exposures.*/min-exposures = 1/'
program+='; /^arm python-etcd3/,/^}/{ s/2s/1s/; s/200ms .. 6s/5s/; }; /^arm python-refresh/,/^}/d'
for adapter in etcdctl-lock python-etcd3; do
	ready "$adapter" || program+="; /^arm $adapter/,/^}/d"
done
sed -e "$program" "$root/campaigns/adapters.conf" >short.conf
fencepost run short.conf --etcd "$etcd" >run.log 2>&1
status=$?
ok 'the run is whole' [ "$status" = 0 -o "$status" = 1 -o "$status" = 2 ] ||
	diag "exit $status: $(cat run.log)"$'\n'"$(ask 'SELECT topic, text FROM note WHERE breaks')"
is "$(ask "SELECT count(*) FROM arm WHERE recipe = 'adapter shell-curl 1' AND planted = 4")" 1 \
	'an arm is called by what its adapter calls itself'
is "$(ask "SELECT count(*) FROM verdict WHERE subject = 'shell-curl' AND verdict = 'UNSAFE'")" 0 \
	'tokens keep the resource whole' ||
	diag "$(ask 'SELECT subject, name, definite FROM tally WHERE definite > 0; SELECT summary FROM violation')"
is "$(ask "SELECT count(*) FROM violation JOIN lane ON lane.id = violation.lane JOIN arm ON arm.id = lane.arm
	WHERE subject = 'service' AND planted = 4")" 0 'what befalls an adapter is not held against the service' ||
	diag "$(ask 'SELECT subject, summary FROM violation')"
if ready python-etcd3; then
	is "$(ask "SELECT verdict FROM verdict WHERE subject = 'python-etcd3'")" UNSAFE 'python-etcd3 never renews' ||
		diag "$(cat run.log)"$'\n'"$(ask "SELECT topic, text FROM note")"
else
	skip 'python-etcd3 never renews' 'python3-etcd3 is not here'
fi
ok 'a pause stops the adapter with its worker' [ "$(ask "SELECT count(*) FROM proof JOIN fault ON fault.id = proof.fault
	WHERE kind = 'pause' AND bitten AND proof.detail LIKE '% processes led by pid %'")" -gt 0 ]
leftovers_check 'nothing is left behind'
done_testing
