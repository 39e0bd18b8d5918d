#!/bin/bash
# A cluster that runs already, by its endpoints: only our own workers are faulted. And the negative
# control for early-expiry: an operator who revokes leases behind everybody's back.
# Leans on time: the lock of a holder that was killed stands for 4 s more, and no key of its 15 s later (TTL 5 s).
. "$(dirname "$0")/lib.sh"
few_locks

# Three ports where nobody listens, below those that the kernel gives to clients.
is_taken() # port
{
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
while port=$((20000 + RANDOM % 10000)); is_taken $port || is_taken $((port + 1)) || is_taken $((port + 2)); do
	:
done
url=http://127.0.0.1:$port
etcd --data-dir data --listen-client-urls "$url" --advertise-client-urls "$url" \
	--listen-peer-urls "http://127.0.0.1:$((port + 1))" --heartbeat-interval 50 \
	--election-timeout 500 >etcd.log 2>&1 &
etcd=$!
trap 'kill $etcd; cd / && rm -rf "$scratch"' EXIT
export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$url
for _ in $(seq 100); do
	! etcdctl endpoint health >/dev/null 2>&1 || break
	sleep 0.1
done
sum() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

etcdctl put somebody/elses key >/dev/null
fencepost run default.conf --endpoints "$url" --duration 12s >run.log 2>&1
like $? '^[02]$' 'the default campaign runs against an existing cluster' || diag "$(tail run.log)"
is "$(sum "SELECT verdict FROM verdict WHERE subject = 'none'")" UNSAFE 'and arm none is UNSAFE there too'
is "$(sum "SELECT count(*) FROM fault JOIN host ON host.id = fault.host WHERE role = 'member'")" 0 \
	'no member was faulted'
like "$(sum "SELECT group_concat(text) FROM note")" 'not possible' 'what was left out is told'
like "$(cat run.log)" 'not possible on an existing cluster: cut-' 'and the terminal says why it never happened'
ok 'there is no capture' [ ! -e runs/latest/capture.pcap ]
is "$(etcdctl get somebody --prefix --keys-only | grep -c .)" 1 'other keys are as they were'
is "$(etcdctl get fencepost --prefix --keys-only | grep -c .)" 0 'our own are gone'

cat >calm.conf <<'END'
duration = "8s"
arm a { ttl = "5s"  heartbeat = "1s"  lanes = 2  work = "400ms .. 800ms" }
END
fencepost run calm.conf --endpoints "$url" >run.log 2>&1 &
run=$!
for _ in $(seq 60); do
	sleep 0.1
	for lease in $(etcdctl lease list 2>/dev/null | sed 1d); do
		etcdctl lease revoke "$lease" >/dev/null 2>&1
	done
done
wait "$run"
is "$(sum "SELECT verdict FROM verdict WHERE subject = 'service'")" UNSAFE \
	'leases that an operator revoked are blamed on the service'
like "$(sum "SELECT definite FROM tally WHERE subject = 'service' AND name = 'early-expiry'")" '^[1-9]' \
	'as early-expiry'

# What we put on somebody's cluster hangs on a lease, all of it: so nothing stays, however we end.
cat >short.conf <<'END'
duration = "5s"
arm a { ttl = "2s"  heartbeat = "600ms"  lanes = 1 }
END
revision=$(etcdctl put somebody/elses key -w json | jq .header.revision)
fencepost run short.conf --endpoints "$url" >run.log 2>&1
like $? '^[02]$' 'a short campaign runs' || diag "$(cat run.log)"
# All that was written meanwhile, up to a last key of ours here.
etcdctl put fencepost-end end >/dev/null
etcdctl watch fencepost --prefix --rev "$revision" -w json >watched.json 2>/dev/null &
watch=$!
for _ in $(seq 300); do
	! grep -q "$(printf fencepost-end | base64)" watched.json || break
	sleep 0.1
done
kill "$watch"
etcdctl del fencepost-end >/dev/null
grep -o '"kv":{[^}]*}' watched.json | grep '"version"' | # a deletion has none
	grep -v "$(printf fencepost-end | base64)" >puts
written=$(sum 'SELECT count(*) FROM key_event WHERE NOT deleted')
ok "its keys were watched, at least the $written of its locks" [ "$written" -gt 0 -a "$(wc -l <puts)" -ge "$written" ]
is "$(grep -v '"lease"' puts)" '' 'each of them hung on a lease'

keys_of_ours()
{
	etcdctl get fencepost --prefix --keys-only | grep -c .
}
fencepost run short.conf --endpoints "$url,http://127.0.0.1:$((port + 2))" >run.log 2>&1
like $? '^[02]$' 'with an endpoint that is dead it runs over the other' || diag "$(cat run.log)"
like "$(cat run.log)" 'member m2 .* is down: ' 'and says so'
is "$(keys_of_ours)" 0 'and has left no key'

# A key of a holder that works for long stands still when the kill comes, and for 4 s more.
cat >long.conf <<'END'
duration = "30s"
arm a { ttl = "5s"  heartbeat = "600ms"  lanes = 4  work = "1500ms .. 2s" }
END
fencepost run long.conf --endpoints "$url" >run.log 2>&1 &
run=$!
for _ in $(seq 600); do
	! etcdctl get fencepost --prefix --keys-only | grep -q /a/ || break
	sleep 0.05
done
kill -KILL "$run"
wait "$run" 2>/dev/null
ok 'one is killed while keys of its stand' [ "$(keys_of_ours)" -gt 0 ]
for _ in $(seq 15); do
	[ "$(keys_of_ours)" != 0 ] || break
	sleep 1
done
is "$(keys_of_ours)" 0 'and has left none within 15 s'
done_testing
