#!/bin/bash
# scripts/beside-peer sets another checker beside ours. The other one is a script here, which says what it
# is told to: what is tried is the comparison.
. "$(dirname "$0")/lib.sh"

printf '%s\n' '{"type":"invoke","process":1,"f":"acquire"}' '{"type":"ok","process":1}' \
	'{"type":"invoke","process":2,"f":"acquire"}' '{"type":"ok","process":2}' >twice.jsonl
cat >peer <<'END'
#!/bin/bash
[ "$1" = mutex ] && grep -q acquire "$2" || exit 1 # the model, and a history to read
cat answer
END
chmod +x peer
beside() { ROUNDS=2 "$root/scripts/beside-peer" ./peer mutex:twice.jsonl; }

echo 'not-linearizable 100000' >answer
exits 0 'two that agree' beside
like "$(beside | tail -n 1)" '^mutex +twice.jsonl +not-linearizable +[0-9.]+ +not-linearizable +100000 +[0-9]{5,}\.[0-9]$' \
	'with both times and their ratio'
echo 'unknown 5' >answer
exits 0 'unknown contradicts nothing' beside
echo 'linearizable 5' >answer
exits 1 'two that contradict each other' beside
like "$(beside 2>&1)" 'twice.jsonl: one of the two is wrong' 'which is said'
echo 'Killed' >answer
exits 70 'a peer that gives no verdict' beside
like "$(beside 2>&1)" 'not a verdict and milliseconds: Killed' 'is shown with its words'
exits 64 'nothing to compare' "$root/scripts/beside-peer" ./peer
done_testing
