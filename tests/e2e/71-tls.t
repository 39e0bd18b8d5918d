#!/bin/bash
# A cluster as people have it: TLS on both sides, users, a role for our prefix alone, one member down.
# What cannot get better ends at once and says what to do; the password is in nothing that a run leaves.
. "$(dirname "$0")/lib.sh"
. "$root/tests/e2e/secure.sh"
command -v openssl >/dev/null || skip_all 'no openssl'
unset "${!ETCDCTL_@}"
leftovers_snapshot

secret=Xyzzy-4711-plugh
make_authority ca
make_authority other
make_certificate ca server /CN=etcd IP:127.0.0.1,DNS:localhost
make_certificate ca client /O=fencepost ''
make_certificate ca named /CN=alice ''
make_certificate other stranger /O=fencepost ''
make_certificate ca elsewhere /CN=elsewhere DNS:elsewhere.example
make_certificate ca expired /CN=expired IP:127.0.0.1 -days 0 # OpenSSL 3.4 makes none that ends before it begins

# Three members; one port for each that stands in for something else; one where nobody is.
find_ports 10
cluster='' endpoints=()
for i in 1 2 3; do
	cluster+=${cluster:+,}m$i=http://127.0.0.1:$((port + 2 * i - 1))
	endpoints+=("https://127.0.0.1:$((port + 2 * i - 2))")
done
processes=()
start_member() # number
{
	etcd --name "m$1" --data-dir "data$1" --heartbeat-interval 50 --election-timeout 500 \
		--listen-client-urls "${endpoints[$1 - 1]}" --advertise-client-urls "${endpoints[$1 - 1]}" \
		--listen-peer-urls "http://127.0.0.1:$((port + 2 * $1 - 1))" \
		--initial-advertise-peer-urls "http://127.0.0.1:$((port + 2 * $1 - 1))" \
		--initial-cluster "$cluster" --cert-file server.pem --key-file server.key \
		--client-cert-auth --trusted-ca-file ca.pem >>"m$1.log" 2>&1 &
	processes[$1]=$!
}
trap 'kill -KILL "${processes[@]}" 2>/dev/null; wait; cd / && rm -rf "$scratch"' EXIT
for i in 1 2 3; do start_member $i; done

ctl()
{
	ETCDCTL_API=3 etcdctl --endpoints "${endpoints[0]}" --cacert ca.pem --cert client.pem --key client.key "$@"
}
for _ in $(seq 100); do
	! ctl endpoint health >/dev/null 2>&1 || break
	sleep 0.1
done
for words in 'user add root:root' 'user grant-role root root' 'role add fencepost' "user add alice:$secret" \
	'role grant-permission fencepost --prefix=true readwrite their/locks/' \
	'user grant-role alice fencepost' 'put somebody/elses key' 'auth enable'; do
	# shellcheck disable=SC2086 # words
	ctl $words >>ctl.log 2>&1
done
like "$(tail -1 ctl.log)" 'Authentication Enabled' 'a cluster with TLS and authentication' || diag "$(cat ctl.log)"

token='(^|[^A-Za-z])[A-Za-z]{16}[.][0-9]+' # as no word of ours looks
like "$(curl -s --cacert ca.pem --cert client.pem --key client.key "${endpoints[0]}/v3/auth/authenticate" \
	-d "{\"name\": \"alice\", \"password\": \"$secret\"}")" "$token" 'which gives tokens'

cat >short.conf <<'END'
duration = "5s"
arm a { ttl = "2s"  heartbeat = "600ms"  lanes = 2 }
fault p { do = pause target = holder every = "1s" length = "3s" }
END

# What cannot get better ---------------------------------------------------------------------------
all=$(IFS=, && echo "${endpoints[*]}")
tls=(--cacert ca.pem --cert client.pem --key client.key)
user=(--user alice --password-file secret --prefix their/locks/)
echo "$secret" >secret
echo wrong >wrong

# Ends soon (a cluster that is not there is waited for 20 s), with these words.
refused() # status words name arguments...
{
	local status=$1 words=$2 name=$3 began=$SECONDS said ended

	shift 3
	said=$(fencepost run short.conf "$@" 2>&1 </dev/null)
	ended=$?
	if [ $ended = "$status" ] && [[ $said =~ $words ]] && [ $((SECONDS - began)) -lt 10 ]; then
		pass "$name"
	else
		fail "$name" "exit status $ended after $((SECONDS - began)) s of --endpoints $*"$'\n'"$said"
	fi
	unlike "$said" "$secret" '... and does not tell the password'
}
openssl s_server -quiet -www -accept "127.0.0.1:$((port + 6))" -cert expired.pem -key expired.key >/dev/null 2>&1 &
processes+=($!)
openssl s_server -quiet -www -accept "127.0.0.1:$((port + 7))" -cert elsewhere.pem -key elsewhere.key >/dev/null 2>&1 &
processes+=($!)
perl -MIO::Socket::INET -e '
	my $door = IO::Socket::INET->new(Listen => 5, LocalAddr => $ARGV[0], ReuseAddr => 1) or die;
	while (my $caller = $door->accept) { sysread $caller, my $said, 4096; print $caller "220 mail\r\n"; close $caller }
' "127.0.0.1:$((port + 8))" &
processes+=($!)
for i in 6 7 8; do
	for _ in $(seq 100); do
		! (: <>"/dev/tcp/127.0.0.1/$((port + i))") 2>/dev/null || break
		sleep 0.1
	done
done
plain=http://127.0.0.1:$((port + 1)) # the peers'

refused 69 'signed by nobody whom we trust: .*--cacert' 'an authority that nobody named' --endpoints "$all"
refused 69 'signed by nobody whom we trust' "somebody else's authority" --endpoints "$all" --cacert other.pem
refused 69 'refuses our certificate, or that we have none: .*--cert' 'no client certificate' \
	--endpoints "$all" --cacert ca.pem "${user[@]}"
refused 69 'refuses our certificate' "somebody else's client certificate" \
	--endpoints "$all" --cacert ca.pem --cert stranger.pem --key stranger.key "${user[@]}"
refused 69 'one without \(openssl req' 'a client certificate with a CommonName' \
	--endpoints "$all" --cacert ca.pem --cert named.pem --key named.key "${user[@]}"
refused 69 'a certificate and its own key' 'a key of another certificate' \
	--endpoints "$all" --cacert ca.pem --cert client.pem --key named.key "${user[@]}"
refused 69 'has expired' 'a certificate that has expired' --endpoints "https://127.0.0.1:$((port + 6))" --cacert ca.pem
refused 69 'for another host' 'a certificate for another host' \
	--endpoints "https://127.0.0.1:$((port + 7))" --cacert ca.pem
refused 69 'speaks TLS: write https://' 'http:// to a port with TLS' --endpoints "${all//https/http}"
refused 69 'does not speak TLS: write http://' 'https:// to a port without' --endpoints "${plain/http/https}" --cacert ca.pem
refused 69 'is it the client URL' "the peers' port" --endpoints "$plain"
refused 69 'is no etcd' 'something that is no etcd' --endpoints "http://127.0.0.1:$((port + 8))"
refused 69 'nobody answers of 1 endpoint' 'a port where nobody is' --endpoints "http://127.0.0.1:$((port + 9))"
refused 69 'no such host' 'a host that nobody knows' --endpoints "$all,https://nowhere.invalid:2379" "${tls[@]}" "${user[@]}"
refused 69 'has authentication on: say --user' 'no user' --endpoints "$all" "${tls[@]}"
refused 69 'user or password is wrong' 'a wrong password' --endpoints "$all" "${tls[@]}" --user alice --password-file wrong
refused 69 'grant-permission' 'a role without our prefix' --endpoints "$all" "${tls[@]}" --user "alice:$secret"
refused 64 'are the same member' 'a member by two names' \
	--endpoints "$all,${endpoints[0]/127.0.0.1/localhost}" "${tls[@]}" "${user[@]}"
refused 64 'no password for user alice: say --password-file' 'a user without a password' \
	--endpoints "$all" "${tls[@]}" --user alice
refused 64 'do not stand in a URL.*--user' 'a password in a URL' --endpoints "https://alice:$secret@127.0.0.1:$port"
refused 64 'do not stand in a URL' 'one with a comma in it' --endpoints "https://alice:$secret,@127.0.0.1:$port"
refused 64 'nope.pem: No such file' 'a file that is not there' --endpoints "$all" --cacert nope.pem
refused 64 'mean nothing to http://' 'TLS without TLS' --endpoints "$plain" --cacert ca.pem
refused 64 'for a cluster that runs already' 'TLS without endpoints' --cacert ca.pem
refused 64 'ETCDCTL_ENDPOINTS is not set' 'an environment that says nothing' --endpoints env

# A member down -------------------------------------------------------------------------------------
keys()
{
	ctl --user root:root get '' --prefix --keys-only | grep .
}
# The command lines of all that the run consists of now, as ps shows them.
command_lines() # pid
{
	local process processes

	tr '\0' ' ' <"/proc/$1/cmdline"
	read -ra processes <"/proc/$1/task/$1/children"
	for process in "${processes[@]}"; do command_lines "$process"; done
}
leaves_nothing() # name
{
	local secrets=(-e "$secret" -e "$(printf %s "$secret" | base64)" -e "$(sed -n 2p client.key)")

	is "$(grep -rlF "${secrets[@]}" runs run.log)" '' "$1: neither password nor key stands in a file of the run"
	is "$(grep -arlE "$token" runs run.log)" '' "$1: nor a token of etcd's"
	like "$(grep -rlF "${endpoints[0]}" runs/*/)" 'history[.]db' "$1: where that search finds the endpoints"
	is "$(keys)" somebody/elses "$1: nothing of ours is left there"
	for _ in $(seq 50); do
		[ -n "$(ctl --user root:root lease list | sed 1d)" ] || break
		sleep 0.1
	done
	is "$(ctl --user root:root lease list | sed 1d)" '' "$1: nor a lease, once killed workers' have ended"
}
sum() # SQL
{
	sqlite3 -batch runs/latest/history.db "$1"
}

# As Docker's proxy does when the member behind it is down: the door is opened and closed.
kill -KILL "${processes[3]}"
wait "${processes[3]}" 2>/dev/null
perl -MIO::Socket::INET -e '
	my $door = IO::Socket::INET->new(Listen => 5, LocalAddr => $ARGV[0], ReuseAddr => 1) or die;
	close $_ while $_ = $door->accept;
' "127.0.0.1:$((port + 4))" &
proxy=$!
processes+=("$proxy")
for _ in $(seq 100); do
	! (: <>"/dev/tcp/127.0.0.1/$((port + 4))") 2>/dev/null || break
	sleep 0.1
done
ETCDCTL_ENDPOINTS=${all//https:\/\//} ETCDCTL_CACERT=ca.pem ETCDCTL_CERT=client.pem ETCDCTL_KEY=client.key \
	ETCDCTL_USER=alice ETCDCTL_PASSWORD=$secret \
	fencepost run short.conf --endpoints env --prefix their/locks/ >run.log 2>&1
like $? '^[02]$' 'a run by the environment of etcdctl, with one of three members down' || diag "$(cat run.log)"
like "$(cat run.log)" "member m3 \(${endpoints[2]}\) is down: .*the run is over the other 2" 'says which is down'
like "$(sum "SELECT text FROM note WHERE topic = 'member'")" '^m3 is down \(.*; the run is over 2 of 3' \
	'also in its notes'
is "$(sum "SELECT value FROM run WHERE key = 'audit'")" agreed 'the members that are there are audited'
ok 'locks were taken' [ "$(sum 'SELECT count(*) FROM key_event WHERE NOT deleted')" -gt 0 ]
ok 'below the prefix' [ "$(sum "SELECT count(*) FROM lane WHERE lock LIKE 'their/locks/%'")" -gt 0 ]
leaves_nothing 'by the environment'
kill "$proxy"
wait "$proxy" 2>/dev/null

# A member that comes back has forgotten all tokens.
fencepost run short.conf --endpoints "$all" "${tls[@]}" --user "alice:$secret" --prefix their/locks/ >run.log 2>&1 &
run=$!
for _ in $(seq 100); do
	! grep -q 'the cluster serves' run.log || break
	sleep 0.1
done
sleep 1
command_lines $run >words 2>/dev/null
start_member 3
for _ in $(seq 100); do
	! (: <>"/dev/tcp/127.0.0.1/$((port + 4))") 2>/dev/null || break
	sleep 0.1
done
kill -KILL "${processes[2]}"
wait "${processes[2]}" 2>/dev/null
start_member 2
wait $run
like $? '^[02]$' 'a run by options, while members go and come' || diag "$(cat run.log)"
ok 'the command lines of its processes were looked at' [ "$(grep -o 'run short.conf' words | wc -l)" -ge 8 ]
is "$(grep -c "$secret" words)" 0 'and have no password'
like "$(sum "SELECT value FROM run WHERE key = 'command'")" '--cacert ca.pem .*--user alice --prefix their/locks/' \
	'nor the command that repeats it'
leaves_nothing 'by options'

cat >theirs.conf <<END
duration = "3s"
cluster {
	endpoints = {"${endpoints[0]}", "${endpoints[1]}", "${endpoints[2]}"}
	cacert = ca.pem  cert = client.pem  key = client.key
	user = alice  password-file = secret  prefix = "their/locks/"
}
arm a { ttl = "2s"  heartbeat = "600ms"  lanes = 1 }
END
fencepost run theirs.conf >run.log 2>&1
like $? '^[02]$' 'a run by its campaign' || diag "$(cat run.log)"
unlike "$(cat run.log)" 'is down' 'with all its members'
like "$(sum "SELECT value FROM run WHERE key = 'campaign'")" "password-file = 'secret'" 'which is stored without the password'
leaves_nothing 'by the campaign'

kill -KILL "${processes[@]}" 2>/dev/null
{ wait; } 2>/dev/null
leftovers_check 'nothing is left on the machine'
done_testing
