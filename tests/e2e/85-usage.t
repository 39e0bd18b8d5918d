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
complaint 64 'less than a second' 'a duration of nothing' fencepost run --duration 0s
complaint 64 'less than a second' 'a duration of less than a second' fencepost run --duration 999ms
complaint 64 'no length' 'a duration that is negative' fencepost run --duration -1s
complaint 64 'no length' 'a duration of more than a day' fencepost run --duration 86401s
complaint 64 'no length' 'a duration finer than a millisecond' fencepost run --duration 1.0005s
complaint 64 'less than a second' 'exploring for no time' fencepost run --explore --for 0s
complaint 64 'goes with --explore' '--for alone' fencepost run --for 1min
complaint 64 'has none' '--explore --no-faults' fencepost run --explore --no-faults
complaint 64 'JSON' '--explore --json' fencepost run --explore --json
complaint 64 'runs already' '--endpoints and --etcd' \
	fencepost run --endpoints http://127.0.0.1:1 --etcd 3.5.16
complaint 64 'go with --explore' 'run: a plan of one run' fencepost run --plan none --rounds 2
complaint 64 'go together' 'run: a plan of how many?' fencepost run --explore --plan none
complaint 64 'takes no campaign' 'run: merge of a campaign' fencepost run --explore --merge none good.conf
complaint 64 'holds no rounds' 'run: merge of nothing' fencepost run --explore --merge none
complaint 64 'makes many' '--explore --threshold' fencepost run --explore --threshold 'a.rate<1'
complaint 64 'empty' 'an etcd without a name' fencepost run --etcd ''
complaint 64 'empty' 'no place for the runs' fencepost run -o ''
for seed in 0 -1 +1 ' 1' 1x 18446744073709551616; do
	complaint 64 'from 1 to 2' "the seed '$seed'" fencepost run --seed "$seed"
done
complaint 64 'nowhere.conf' 'a campaign that is not there' fencepost run nowhere.conf
mkdir folder
complaint 64 'folder is a directory' 'a campaign that is a folder' fencepost run folder
complaint 64 'no arm' 'a campaign that is empty' fencepost run /dev/null
printf 'arm a {\n\tlanes = 2\n' >cut.conf
complaint 64 'cut.conf:1: the file ends' 'a campaign that ends inside a block' fencepost run cut.conf
printf 'arm a { }\ncluster { members = 2 }\n' >two.conf
complaint 64 '^fencepost: two.conf:2: members = 2' 'a cluster of two' fencepost run two.conf
printf 'arm a { }\ncluster { endpoints = {"http://a:1", "https://b:x"} }\n' >https.conf
complaint 64 "^fencepost: https.conf:2: endpoint 'https://b:x'" 'an endpoint without a port' fencepost run https.conf
printf 'arm a { }\ncluster { endpoints = {"http://127.0.0.1:1"} }\n' >theirs.conf
complaint 64 'theirs.conf:2' "--etcd for a campaign on somebody's cluster" fencepost run theirs.conf --etcd etcd
printf '\xef\xbb\xbfname = "x"\r\narm a { }\r\n' >marked.conf
complaint 69 "no etcd 'nosuchetcd'" 'a campaign with BOM and CRLF is read' \
	fencepost run marked.conf --etcd nosuchetcd
printf 'arm a {\n\tguard = tokn\n}\n' >bad.conf
complaint 64 "bad.conf:2:.*did you mean 'token'" 'a misspelt word in a campaign' fencepost run bad.conf
printf 'arm a { }\n' >good.conf
complaint 69 "no etcd 'nosuchetcd'" 'an etcd that is not there' fencepost run good.conf --etcd nosuchetcd
complaint 69 'is .*true an etcd' 'an etcd that is none' fencepost run good.conf --etcd /bin/true
complaint 64 'endpoint' 'an endpoint that is no URL' fencepost run good.conf --endpoints localhost:2379
complaint 64 'runs/latest' 'nothing to check' fencepost check
complaint 64 'are wanted' 'lint of nothing' fencepost lint
complaint 64 'are wanted' 'lint of a TTL alone' fencepost lint --ttl 10s
complaint 64 'length of time' 'a TTL of nothing' fencepost lint --ttl 0s
complaint 64 'no pause' 'a profile of pauses that is none' \
	fencepost lint --ttl 10s --heartbeat 2s --retries 3 --pause often
complaint 64 "did you mean 'vault'" 'lint of a preset that is none' fencepost lint --preset valut
complaint 64 'at most 1000' 'retries without end' fencepost lint --retries 1001
complaint 64 'its own settings' 'lint of a campaign and a TTL' fencepost lint good.conf --ttl 10s
complaint 64 'nowhere.conf' 'lint of a campaign that is not there' fencepost lint nowhere.conf
complaint 64 "did you mean 'token'" 'lint of a campaign that cannot be read' fencepost lint bad.conf
exits 0 'lint finds nothing in sound settings' fencepost lint --ttl 10s --heartbeat 2s --retries 3
exits 1 'lint finds what is wrong' fencepost lint --ttl 8s --heartbeat 2s --retries 3
is "$(fencepost lint --ttl 8s --heartbeat 2s --retries 3 --json | jq -c '.[0] | [.gives_up_s, .complaints[].rule]')" \
	'[8,"gives-up"]' 'lint --json names it'
like "$(fencepost lint --ttl 8s --heartbeat 2s --retries 3)" 'no time between, at 8 s' 'lint draws the wrong table'
like "$(fencepost lint --ttl 8s --heartbeat 1s --retries 3)" '4 s to spare' 'and the right one'
lint_rules() # option...
{
	fencepost lint "$@" --json | jq -r '[.[].complaints[].rule] | join(" ")'
}
is "$(lint_rules --ttl 1500ms --heartbeat 200ms --retries 3)" least-ttl 'lint knows whole seconds'
is "$(lint_rules --ttl 10s --heartbeat 0s)" no-renewal 'lint of who never renews'
is "$(lint_rules --ttl 15s --heartbeat 2s --renew-deadline 10s)" '' "lint of client-go's own times"
is "$(lint_rules --ttl 15s --heartbeat 2s --renew-deadline 10s --release-on-cancel)" renew-deadline \
	'lint of the same with ReleaseOnCancel'
is "$(lint_rules --ttl 20s --loop-wait 10s --retry-timeout 10s)" 'gives-up loop-wait attempts' \
	"lint of Patroni's times"
is "$(lint_rules --preset client-go --stop 3s --work 20s --guard none --rtt 200ms --pause 20s)" \
	'renew-deadline work pauses no-guard' 'lint of a preset and what is given beside it'
is "$(lint_rules --preset vault --ttl 30s --heartbeat 2s --deadline never --election 20s)" not-told \
	'what is given beside a preset replaces it'
complaint 64 'which' 'presets show, without a name' fencepost presets show
complaint 64 "did you mean 'vault'" 'presets show of none' fencepost presets show valut
complaint 64 'too much' 'presets of a name alone' fencepost presets vault
like "$(fencepost presets show vault)" "arm vault . ttl = '15s'" 'presets show prints the block'
like "$(fencepost presets show vault)" 'at 0522303.*gives-up' 'whence it is, and what lint says'
# What came with it passes its own lint, or says at its head what it does not.
campaigns=0
for conf in "$root"/campaigns/*.conf "$root"/campaigns/*/*.conf; do
	said=$(sed -n '/^#/!q; s/^# Lint complains, and is meant to: \(.*\)\.$/\1/p' "$conf")
	is "$(fencepost lint "$conf" --json | jq -r '[.[].complaints[].rule] | unique | join(", ")')" \
		"$(printf '%s\n' "${said//, /$'\n'}" | sort | paste -sd, | sed 's/,/, /g')" \
		"${conf#"$root"/}: what lint says is what its head says"
	campaigns=$((campaigns + 1))
done
ok 'there are campaigns' [ "$campaigns" -ge 13 ]
printf 'arm a { }\narm b { expect = unsafe }\n' >late.conf
like "$(fencepost run late.conf --etcd nosuchetcd 2>&1)" '^lint: arm a: gives-up: ' "run begins with lint's gravest sentence"
printf 'arm a { heartbeat = 240ms guard = token }\narm b { expect = unsafe }\n' >quiet.conf
unlike "$(fencepost run quiet.conf --etcd nosuchetcd 2>&1)" 'lint' 'run says nothing of what is sound, or to be broken'
head -c 5000 /dev/urandom >noise.db
complaint 64 'noise.db' 'a history that is none' fencepost check noise.db
: >empty
for command in report replay shrink; do
	complaint 64 'empty is not a history' "$command: an empty file" fencepost "$command" empty
	complaint 64 'null is not a history' "$command: /dev/null" fencepost "$command" /dev/null
done
exits 2 'check: an empty file holds nothing' fencepost check empty
like "$(fencepost export --to jsonl empty 2>&1)" 'holds no operation' 'export: an empty file holds nothing'
for command in check report replay shrink 'export --to jsonl'; do
	# shellcheck disable=SC2086 # two words
	complaint 64 "folder is no run's directory" "$command: a folder without history" fencepost $command folder
	# shellcheck disable=SC2086
	complaint 64 'nowhere' "$command: nothing there" fencepost $command nowhere
done
complaint 64 'cannot be written' 'shrink: no place for the campaign' fencepost shrink --into nowhere/small.conf
complaint 64 'is a directory' 'shrink: a folder for the campaign' fencepost shrink --into folder
complaint 64 'Too many' 'an argument too many' fencepost version now
complaint 64 'one campaign at a time' 'two campaigns' fencepost run good.conf good.conf
sqlite3 future.db <"$root/history/schema.sql"
sqlite3 future.db 'PRAGMA user_version = 99'
complaint 64 'future.db.*99' 'a history from the future' fencepost check future.db
mkdir readonly && chmod a-w readonly
if [ "$(id -u)" != 0 ]; then
	complaint 64 'readonly' 'a place that cannot be written' fencepost run good.conf -o readonly/runs
else
	pass "a place that cannot be written (root may write anywhere)"
fi
complaint 64 'are wanted' 'predict of nothing' fencepost predict
complaint 64 'its own settings' 'predict of a campaign and a TTL' fencepost predict good.conf --ttl 10s
complaint 64 'length of time' 'predict with work of nothing' fencepost predict good.conf --work 0s
complaint 64 'help pauses' 'pauses that are none' fencepost predict good.conf --pause often
printf '1.5\nsoon\n' >lengths
complaint 64 'lengths:2:.*seconds' 'measured pauses with a word among them' fencepost predict good.conf --pause @lengths
is "$(fencepost predict --ttl 2s --heartbeat 670ms --retries 3 --pause 1600ms --json |
	jq -c '.[0] | [(.figures["loss-per-pause"] * 1000 | round), .figures["two-hold"], .per_pause.token.stale]')" \
	'[403,null,0]' 'predict --json: figures, null for what was not asked'
of_etcd() # of predict: the TTL as granted, what etcd's own times make of it, and of a change of leader
{
	fencepost predict --heartbeat 200ms --retries 3 "$@" --json |
		jq -c '.[0] | [.ttl_s, (.figures | ."least-ttl", ."no-leader", .refill, ."change.least", ."change.most")]'
}
is "$(of_etcd --ttl 1s --delay 1ms)" '[2,2,2,3,4.001,7.501]' "predict goes by the TTL that etcd grants"
is "$(of_etcd --ttl 1s --election 500ms)" '[1,1,1,1.5,2.001,4.001]' 'and by its election time-out'
is "$(of_etcd --ttl 1s --election 700ms --heartbeat-interval 100ms)" '[1,1,1.4,1.7,2.401,4.601]' \
	'which counts in whole heartbeat intervals'
is "$(lint_rules --ttl 1s --heartbeat 200ms --retries 3 --election 700ms --heartbeat-interval 200ms)" interval \
	'lint of an etcd that does not start'
is "$(fencepost lint --ttl 3s --heartbeat 700ms --retries 3 --election 500ms --json | jq .[0].failover_change_most_s)" 8 \
	'lint tells what a change of leader costs'
complaint 64 'which values' 'tune of a campaign alone' fencepost tune good.conf
complaint 64 'of which campaign' 'tune of values alone' fencepost tune --ttl 2,3
complaint 64 'takes --json alone' 'tune: merge and more' fencepost tune --merge nowhere --rounds 2
complaint 64 'holds no sweep' 'tune: merge of nothing' fencepost tune --merge nowhere
complaint 64 'holds no sweep' 'tune goes on with nothing' fencepost tune -o nowhere
complaint 64 'cannot know' 'tune: a plan until it is narrow' fencepost tune good.conf --ttl 2,3 --plan none --until-width 0.1
complaint 64 'between 0 and 1' 'tune until a width that is none' fencepost tune good.conf --ttl 2,3 --until-width 5
complaint 64 'clusters of our own' 'tune: election of a cluster that runs already' \
	fencepost tune good.conf --election 1,2 --endpoints http://127.0.0.1:1
complaint 64 'at least 5 times' 'tune: an election that no etcd starts with' fencepost tune good.conf --election 0.1 --plan none
complaint 64 'at most 1000' 'tune: too many rounds' fencepost tune good.conf --ttl 2,3 --rounds 1001
ok 'and no sweep was begun' [ ! -e none ]
complaint 64 'are wanted' 'simulate of nothing' fencepost simulate
complaint 64 'its own settings' 'simulate of a campaign and a TTL' fencepost simulate good.conf --ttl 10s
complaint 64 'number from 0' 'simulate for so many hours' fencepost simulate good.conf --hours many
complaint 64 '24 hours' 'a history of a year' fencepost simulate good.conf --hours 8760 --history year.db
simulated=$(fencepost simulate --ttl 2s --heartbeat 670ms --retries 3 --work 100ms..600ms --hours 0.02 --pause 1s..4s \
	--per-hour 600 --history sim.db --json | jq -c 'map(.counts | [.overlap, ."stale-write", ."late-write", ."lost-update"])')
fencepost check sim.db >/dev/null 2>&1
is "$simulated" "$(sqlite3 sim.db "SELECT json_group_array(json_array(
	(SELECT coalesce(sum(definite), 0) FROM tally WHERE subject = arm.name AND name = 'overlap'),
	(SELECT coalesce(sum(definite), 0) FROM tally WHERE subject = arm.name AND name = 'stale-write'),
	(SELECT coalesce(sum(definite), 0) FROM tally WHERE subject = arm.name AND name = 'late-write'),
	(SELECT coalesce(sum(definite), 0) FROM tally WHERE subject = arm.name AND name = 'lost-update')))
	FROM (SELECT name FROM arm ORDER BY id) arm")" \
	'a simulated history is judged as it was'
is "$(fencepost predict "$root/campaigns/default.conf" --json | jq -c 'map(.name)')" '["none","token"]' 'predict takes each arm'
for command in doctor run check replay shrink export story bug list compare lint predict simulate tune presets report version help; do
	exits 0 "$command --help" fencepost "$command" --help
	is "$(fencepost "$command" -h)" "$(fencepost "$command" --help)" "$command -h says the same"
	is "$(fencepost help "$command")" "$(fencepost "$command" --help)" "help $command says the same"
done
exits 0 'fencepost --help' fencepost --help
is "$(fencepost -h)" "$(fencepost --help)" 'fencepost -h says the same'
is "$(fencepost help)" "$(fencepost --help)" 'fencepost help says the same'

# The tables of what there is: at a terminal within its 80 columns, in Markdown with as many cells a row.
mapfile -t topics < <(fencepost help | sed -n 's/^    \([a-z-]*\)  .*/\1/p')
ok 'there are topics' [ "${#topics[@]}" -gt 0 ]
for topic in "${topics[@]}"; do
	is "$(fencepost help "$topic" | perl -CSD -ne 'chomp; print "$_\n" if length > 80')" '' \
		"help $topic stays within 80 columns"
	is "$(fencepost help "$topic" --markdown | sed 's/\\|//g; s/[^|]//g' | sort -u | grep -c .)" 1 \
		"help $topic --markdown: every row has its cells"
	is "$(fencepost help "$topic" --markdown | sed -n '3,$s/^| `\([^`]*\)`.*/\1/p')" \
		"$(fencepost help "$topic" | sed -n 's/^  \([^ ][^ ]*\) .*/\1/p')" "help $topic: the same rows either way"
done
like "$(fencepost help exit-codes)" $'\n  64  *usage' 'help exit-codes names them'
complaint 64 "did you mean 'exit-codes'" 'a misspelt topic' fencepost help exit-code
complaint 64 "did you mean 'run'" 'a misspelt command to help' fencepost help rn
complaint 64 'one topic at a time' 'two topics' fencepost help run check
complaint 64 'option of tables' 'a table of no topic' fencepost help --markdown
complaint 64 'option of tables' 'a table of a command' fencepost help run --markdown

# What etcd says about a flag that it does not know, where it is seen.
printf 'duration = 2s\narm a { lanes = 1 }\ncluster { etcd-flags = {"--no-such-flag"} }\n' >flag.conf
if fencepost doctor >/dev/null 2>&1; then
	complaint 69 'not defined: -no-such-flag' 'a flag that etcd does not know' fencepost run flag.conf
	like "$(fencepost run flag.conf 2>&1)" 'member m. ended instead of serving' 'names the member'
else
	skip 'a flag that etcd does not know' 'no runs on this machine; see fencepost doctor'
fi
like "$(fencepost version)" '^fencepost [0-9.]+$' 'the version'
like "$(fencepost doctor)" 'user namespaces' 'doctor speaks of user namespaces'
is "$(fencepost doctor --json | jq -r '.abilities[] | [{yes: "yes", untried: "-",
	no: (if .needed then "NO" else "no" end)}[.state], .name] | join(" ")')" \
	"$(fencepost doctor | sed -n 's/^\(yes\|NO\|no\|-\)  *\(.*[^ ]\)   *.*/\1 \2/p' | sed 's/   *.*//')" \
	'doctor --json says the same'
is "$(fencepost doctor --json --etcd no-such-etcd | jq -c '[.able, .abilities[0]["name", "needed", "state", "found"]]')" \
	'[false,"etcd",true,"no","not found"]' 'also of an etcd that is not here'
exits 69 'which ends it with 69' fencepost doctor --json --etcd no-such-etcd
# shellcheck disable=SC2016 # perl's dollars
is "$(perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$(type -P fencepost)" doctor | grep -c '^yes')" \
	"$(fencepost doctor | grep -c '^yes')" 'doctor whose caller ignores how its children end'
done_testing
