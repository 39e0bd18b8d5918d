#!/bin/bash
# Anybody's traces: judged by their model, in every format, with the exit codes of the design.
. "$(dirname "$0")/lib.sh"

cat >good.jsonl <<'END'
{"type":"invoke","process":1,"f":"acquire","object":"a","time_ns":1000}
{"type":"ok","process":1,"f":"acquire","object":"a","time_ns":2000}
{"type":"invoke","process":1,"f":"release","object":"a","time_ns":3000}
{"type":"ok","process":1,"f":"release","object":"a","time_ns":4000}
{"type":"invoke","process":2,"f":"acquire","object":"a","time_ns":5000}
{"type":"ok","process":2,"f":"acquire","object":"a","time_ns":6000}
END
sed '3,4d' good.jsonl >bad.jsonl

like "$(fencepost check --model mutex good.jsonl)" '^LINEARIZABLE  mutex' 'a lock that was given back is linearizable'
exits 1 'one that two hold is not' fencepost check --model mutex bad.jsonl
like "$(fencepost check --explain --model mutex bad.jsonl)" "line 3" 'and the line of the second acquire is named'
exits 1 'of several files the gravest counts' fencepost check --model mutex good.jsonl bad.jsonl
exits 0 'two permits make it legal' fencepost check --model semaphore --limit 2 bad.jsonl
like "$(fencepost check --json --model mutex bad.jsonl)" '"verdict":"NOT LINEARIZABLE"' 'the JSON says so too'
echo '{"type":"invoke","process":1,"f":"acqire","object":"a"}' >misspelt.jsonl
exits 64 'a misspelt function is malformed input' fencepost check misspelt.jsonl
like "$(fencepost check misspelt.jsonl 2>&1)" 'misspelt.jsonl:1:' 'and its place is named'
exits 64 'an unknown model is a usage error' fencepost check --model mutx good.jsonl
like "$(fencepost check --model mutx good.jsonl 2>&1)" 'mutex' 'that names the nearest'

exits 64 'a file that is not there is a usage error' fencepost check --explain nowhere.edn
like "$(fencepost check --explain nowhere.edn 2>&1)" 'nowhere.edn: No such file' 'that says so'

# Reasons: in words, drawn, as JSON, as a page.
reasons=$(LC_ALL=C fencepost check --model mutex --explain bad.jsonl)
like "$reasons" 'certainly held' 'a violation is explained in words'
like "$reasons" '^\* process 2 acquire .*|-+|' 'and drawn, with the one that fits nowhere marked'
like "$reasons" 'Verified: an independent search' 'after an independent search has confirmed it'
like "$(LC_ALL=C.UTF-8 fencepost check --model mutex --explain bad.jsonl)" '├─' 'with boxes where the locale has them'
ok 'no line is wider than 80 columns' [ -z "$(awk 'length > 80' <<<"$reasons")" ]
explained=$(fencepost check --json --explain --model mutex bad.jsonl)
like "$explained" '"explanation":\{"headline":' 'the JSON holds the reasons too'
like "$explained" '"verified":"yes"' 'and that they were verified'
exits 1 'a page is written' fencepost check --model mutex --html page.html bad.jsonl
like "$(cat page.html)" '<svg' 'with a drawing in it'
exits 1 'one page is of all files' fencepost check --model mutex --html page.html good.jsonl bad.jsonl
like "$(cat page.html)" '1 of 2 histories is not linearizable, 1 is linearizable\.' 'and counts them'
like "$(cat page.html)" 'fencepost check --explain --model mutex bad.jsonl<' 'and says how to see the gravest again'
unlike "$(cat page.html)" 'docs/' 'and needs nothing beside it'
exits 64 'one that cannot be read is told beside the others' \
	fencepost check --model mutex --html page.html good.jsonl nowhere.jsonl
like "$(cat page.html)" 'NOT READ' 'by its name'
exits 64 'of errors alone there is no page' fencepost check --html none.html nowhere.jsonl
ok 'none at all' [ ! -e none.html ]

# A long one: three owners take turns, some releases have no answer, and at last a token comes again.
awk 'function did(f, owner, answer) {
	printf "{\"type\":\"invoke\",\"process\":%d,\"f\":\"%s\",\"owner\":\"o%d\"}\n", ++process, f, owner
	printf "{\"type\":\"%s\",\"process\":%d%s}\n", f == "release" && turn % 20 == 0 ? "info" : "ok", process, answer
}
BEGIN {
	while (++turn <= 3000) {
		did("acquire", turn % 3, ",\"token\":" turn)
		did("release", turn % 3)
	}
	did("acquire", 2, ",\"token\":3000")
}' >long.jsonl
reasons=$(LC_ALL=C fencepost check --explain long.jsonl)
like "$reasons" 'T3b' 'what owners did who went on is judged by tokens'
like "$reasons" 'token 3000 of process 6001 \(line 12001\)' 'its line is named, however long the file is'
like "$reasons" 'line 11997' 'and that of the earlier one'
like "$reasons" 'Of the 6001 operations until then, 3 are enough' 'of the thousands little is shown'
ok 'a line each' [ "$(grep -c '^[ *] process' <<<"$reasons")" = 3 ]

# Several files that are one trace, and what Jepsen leaves in a store directory.
head -n 4 good.jsonl >one.jsonl
sed -n '5,6p' good.jsonl | sed 's/5000/1500/; s/6000/1600/' >other.jsonl
cat one.jsonl other.jsonl >both.jsonl
exits 64 'a time that goes back is malformed input' fencepost check --model mutex both.jsonl
like "$(fencepost check both.jsonl 2>&1)" 'both.jsonl:5:.*--sort time' 'whose line and remedy are named'
exits 1 'files are merged by their times' fencepost check --sort time --model mutex one.jsonl other.jsonl
mkdir store
printf '5\t:invoke\t:write\t8\n5\t:ok\t:write\t8\n' >store/history.txt
like "$(fencepost check store)" '^LINEARIZABLE  cas-register  store/history.txt' 'a store directory is read'
printf '{:process 5 :type :invoke :f :read}{:process 5 :type :ok :f :read :value 1}' >store/history.edn
exits 1 'by the best that is in it' fencepost check store

# Exporters: the same verdict in every format, and the same file again.
for to in jepsen jsonl; do
	for file in good bad; do
		fencepost export --to "$to" -o "$file.$to" "$file.jsonl"
		want=$(fencepost check --model mutex "$file.jsonl" | sed -n '1s/ .*//p')
		got=$(fencepost check --model mutex "$file.$to" | sed -n '1s/ .*//p')
		is "$got" "$want" "$file.jsonl is judged the same as $to"
	done
done
is "$(fencepost export --to jsonl good.jsonl)" "$(cat good.jsonl)" 'an export of our own format is what it was'
is "$(fencepost export --to jsonl good.jepsen)" "$(cat good.jsonl)" 'also by way of another'
exits 64 'an exporter must be named' fencepost export good.jsonl
like "$(fencepost export --to jepsn good.jsonl 2>&1)" "did you mean 'jepsen'" 'the nearest is'

# Beside what was found stands what stayed unknown, and under UNKNOWN nothing was decided.
{
	for k in 1 2 3; do
		for i in {1..8}; do
			echo "{\"type\":\"invoke\",\"process\":$k$i,\"f\":\"write\",\"object\":\"hard-$k\",\"value\":$((i % 3))}"
			echo "{\"type\":\"invoke\",\"process\":${k}0$i,\"f\":\"read\",\"object\":\"hard-$k\"}"
		done
		for i in {1..8}; do
			echo "{\"type\":\"ok\",\"process\":${k}0$i,\"value\":$((7 * i % 3))}"
			echo "{\"type\":\"ok\",\"process\":$k$i}"
		done
	done
} >open.jsonl
{
	cat open.jsonl
	echo '{"type":"invoke","process":9,"f":"read","object":"bad"}'
	echo '{"type":"ok","process":9,"value":9}'
} >mixed.jsonl
unknown=$(fencepost check --max-configurations 1 --html unknown.html open.jsonl | tr -s ' \n' ' ')
like "$unknown" '^UNKNOWN.* 3 of 3 objects unknown' 'how many objects stayed unknown is said'
unlike "$unknown$(cat unknown.html)$(fencepost check --json --max-configurations 1 open.jsonl)" 'decided' \
	'and nothing says that anything was decided'
like "$(fencepost check --max-configurations 1 mixed.jsonl | tr -s ' \n' ' ')" \
	'^NOT LINEARIZABLE.* 1 of 4 objects not linearizable, 3 unknown' \
	'a violation does not hide what stayed unknown'
like "$(fencepost check --json --max-configurations 1 mixed.jsonl)" '"not_linearizable":1,"unknown":3' \
	'the JSON says so too'

# etcd's robustness tests tell of whole operations, with revisions.
put='{"Type":"put-operation","Put":{"Key":"a","Value":{"Value":"v%s","Hash":0},"LeaseID":0}}'
put_v() # client call revision: v and the revision
{
	printf '{"ClientId":%d,"Input":{"Type":"txn","Txn":{"Conditions":null,"OperationsOnSuccess":[%s]}},' \
		"$1" "${put/\%s/$3}"
	printf '"Call":%d,"Output":{"Txn":{"Failure":false,"Results":[{}]},"Revision":%d},"Return":%d}\n' \
		"$2" "$3" "$(($2 + 5))"
}
saw_v() # client call revision: v and the revision; and that of the store
{
	printf '{"ClientId":%d,"Input":{"Type":"range","Range":{"Start":"a"}},"Call":%d,"Output":{"Range":' "$1" "$2"
	printf '{"KVs":[{"Key":"a","Value":{"Value":"v%d"},"ModRevision":%d}],"Count":1},"Revision":%d},"Return":%d}\n' \
		"$3" "$3" "$4" "$(($2 + 5))"
}
{
	put_v 1 10 2
	put_v 1 20 3
	saw_v 2 30 3 3
} >etcd.json
exits 0 "a log of etcd's robustness tests is known by its content" fencepost check etcd.json
like "$(fencepost check --json --format etcd-operations etcd.json)" '"format":"etcd-operations"' 'or by its name'
{
	cat etcd.json
	saw_v 2 40 2 3
} >etcd-stale.json
exits 1 'a stale read is a violation' fencepost check etcd-stale.json
like "$(fencepost check --explain etcd-stale.json)" 'line 4' 'whose line is named'
exits 1 'however the lines are sorted' fencepost check <(sort -r etcd-stale.json)
{
	put_v 1 10 2
	saw_v 1 30 7 9
	saw_v 1 40 2 9
} >etcd-one.json
exits 1 "one client's own log can show a violation" fencepost check etcd-one.json
{
	put_v 1 10 2
	saw_v 1 30 7 9
	saw_v 1 40 8 9
} >etcd-one.json
exits 0 'but not by what others wrote' fencepost check etcd-one.json
like "$(fencepost check --json etcd-one.json)" '"remark":"others wrote, too' 'which is said'
{
	put_v 1 10 2
	put_v 1 20 3 | sed 's/"Output":.*"Return"/"Output":{"Error":"timed out"},"Return"/'
	saw_v 1 30 3 3 | sed 's/"v3"/"v9"/'
} >etcd-either.json
exits 2 'what is one only if nobody else wrote is unknown' fencepost check etcd-either.json
like "$(fencepost check etcd-either.json | tr -s ' \n' ' ')" 'only if this is the log of all who wrote' 'and why'
{
	put_v 1 10 2
	put_v 2 12 3 | sed 's/"a"/"b"/'
	saw_v 3 11 2 2 | sed 's/"Start":"a"/"Start":"a","End":"c"/'
	saw_v 4 11 3 3 | sed 's/"Start":"a"/"Start":"a","End":"c"/; s/"Key":"a"/"Key":"b"/'
} >etcd-ranges.json
exits 2 'what no single key can show is not called linearizable' fencepost check etcd-ranges.json
like "$(fencepost check --json etcd-ranges.json)" 'no order that the store.s revisions allow' 'and why is said'
exits 0 'unless the revisions prove it' fencepost check <(sed '$d' etcd-ranges.json)
exits 64 'a log that is cut off is malformed input' fencepost check <(head -c -30 etcd.json)
exits 0 'unless its torn line may be passed over' fencepost check --prefix <(head -c -30 etcd.json)
exits 64 'revisions tell what was there at first' fencepost check --initial 1 etcd.json
exits 64 'and lines when they happened' fencepost check --sort time etcd.json
{
	saw_v 2 5 1 1 | sed 's/"KVs":\[.*\],"Count":1/"KVs":[],"Count":0/'
	cat etcd.json
} >etcd-nil.json
is "$(fencepost check --json etcd-nil.json | grep -o '"operations":[0-9]*')" '"operations":4' \
	'a read that found no key saw that'
fencepost export --to jsonl -o etcd-nil.jsonl etcd-nil.json
exits 0 'an exported log keeps its verdict' fencepost check etcd-nil.jsonl
is "$(fencepost export --to jsonl etcd-nil.jsonl)" "$(cat etcd-nil.jsonl)" 'and all of its reads'
fencepost export --to jsonl -o etcd-stale.jsonl etcd-stale.json
exits 1 'also that of a violation' fencepost check etcd-stale.jsonl
saw_v 3 50 1 3 | sed 's/"KVs":\[.*\],"Count":1/"KVs":[],"Count":0/' >>etcd-nil.json
exits 1 'a key that is not there after a put is a violation' fencepost check etcd-nil.json
fencepost export --to jsonl -o etcd-nil.jsonl etcd-nil.json
exits 1 'exported, too' fencepost check etcd-nil.jsonl
exits 64 'what rests on who else wrote is not exported' fencepost export --to jsonl etcd-either.json
exits 64 'nor what rests on revisions' fencepost export --to jsonl etcd-ranges.json

# What has no name of its own, or is packed, is the same history.
exits 1 'a violation through a process substitution' fencepost check --model mutex <(cat bad.jsonl)
exits 1 'through /dev/stdin' fencepost check --model mutex /dev/stdin < <(cat bad.jsonl)
exits 1 'through /dev/fd/N' fencepost check --model mutex /dev/fd/7 7< <(cat bad.jsonl)
exits 1 'through standard input' fencepost check --model mutex - < <(cat bad.jsonl)
mkfifo history.fifo
cat bad.jsonl >history.fifo &
exits 1 'through a FIFO' fencepost check --model mutex history.fifo
exits 1 'without a model, too' fencepost check <(cat bad.jsonl)
is "$(fencepost export --to jsonl <(cat good.jsonl))" "$(cat good.jsonl)" 'an export of a pipe is whole'
gzip -c bad.jsonl >packed
exits 1 'gzip is known by its content' fencepost check --model mutex packed
exits 1 'also through a pipe' fencepost check --model mutex <(gzip -c bad.jsonl)
head -c 50 packed >cut.log
exits 64 'gzip data that is cut off is malformed input' fencepost check --model mutex cut.log
is "$(fencepost check --model mutex cut.log 2>&1)" 'fencepost: cut.log: its gzip data is cut off after 50 bytes' \
	'which one line says'
is "$(head -c 50 packed | fencepost check --model mutex - 2>&1)" \
	'fencepost: standard input: its gzip data is cut off after 50 bytes' 'of a pipe, too'

{
	head -c 90 bad.jsonl | gzip -c
	tail -c +91 bad.jsonl | gzip -c
} >members
exits 1 'members of gzip follow on one another' fencepost check --model mutex members
exits 64 'what follows and is none is malformed input' fencepost check <(cat packed good.jsonl)
packed_bomb=$(head -c 200000000 /dev/zero | tr '\0' '\n' | gzip -1 | fencepost check --json -)
ok 'what unpacks to much more takes no more memory' \
	[ "$(grep -o '"peak_bytes":[0-9]*' <<<"$packed_bomb" | cut -d: -f2)" -lt 100000000 ]
printf '%s\n' '{"type":"ok","process":1,"time":2}' '{"type":"invoke","process":1,"f":"acquire","time":1}' >back.jsonl
exits 64 'times that go back are refused by an export' fencepost export --to jsonl back.jsonl
like "$(fencepost export --to jsonl --sort time back.jsonl | head -n 1)" 'invoke' 'unless it is sorted'

# Public histories with known verdicts: the whole collections where they lie beside the tree, else our own part.
histories=$root/../shared/histories
[ -r "$histories/VERDICTS.tsv" ] || histories=$root/tests/histories
wrong=
judged=0
while IFS=$'\t' read -r file model verdict; do
	case $verdict in
	linearizable) want='LINEARIZABLE' ;;
	*) want='NOT LINEARIZABLE' ;;
	esac
	got=$(fencepost check --model "$model" "$histories/$file" 2>&1 | head -n 1)
	judged=$((judged + 1))
	[[ $got == "$want  $model"* ]] || wrong+="$file: $got"$'\n'
done < <(sed 1d "$histories/VERDICTS.tsv")
is "$wrong" '' "$judged public histories are judged as is known of them"
ok 'and there were some' [ "$judged" -gt 25 ]
done_testing
