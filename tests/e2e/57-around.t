#!/bin/bash
# What is said of runs afterwards, from one short run: the terminal, the list, the comparison.
. "$(dirname "$0")/lib.sh"
few_locks

leftovers_snapshot
fencepost run default.conf --duration 12s --seed 7 \
	--threshold 'token.exposures>=0' >said 2>progress
status=$?
run=$(echo runs/2*)

# While it runs, and its last word.
like "$(cat progress)" $'\n1[0-9] of 12 s(, ending)? \| seen overdue [0-9]+, overlapping [0-9]+ \| [0-9]+ refused \|' \
	'where there is no terminal a line comes every ten seconds'
unlike "$(cat progress)" $'\r|\033' 'which is plain'
like "$(tail -n 2 said)" ": exit $status"$'\n' 'the last line of the summary is the exit code'
if command -v script >/dev/null; then
	on_terminal() # command
	{
		script -qec "$1" /dev/null </dev/null | tr -d '\r'
	}
	like "$(on_terminal "stty cols 40; fencepost check $run")" $'lanes\033\[K none' "check's progress is cleared"
	is "$(on_terminal "stty cols 40; fencepost check $run" | sed 's/.*\x1b\[K//; s/\x1b\[[0-9;]*m//g' |
		perl -CSD -ne 'chomp; print "$_\n" if length > 40')" '' 'forty columns are enough for all of it'
	unlike "$(on_terminal "TERM=dumb fencepost check $run")" $'\033' 'a dumb terminal gets no escapes'
	unlike "$(on_terminal "NO_COLOR=1 fencepost check $run")" $'\033\\[[0-9;]*m' 'NO_COLOR is heeded'
else
	skip 'the terminal' 'no script(1)'
fi

# Thresholds: the run's own, which it keeps, and others.
like "$(cat said)" 'threshold met: token.exposures>=0 \(is [0-9]+\)' 'the threshold of the run is told'
is "$(jq -c '.thresholds[] | [.threshold, .met]' "$run/result.json")" '["token.exposures>=0",true]' 'and in result.json'
like "$(jq -r .command "$run/result.json")" "--threshold 'token.exposures>=0'" 'and repeated by its command'
exits 1 'one that is missed is 1' fencepost check "$run" --threshold 'none.exposures<0'
like "$(fencepost check "$run" --threshold 'none.exposures<0')" 'NOT as .*threshold none.exposures<0' 'and says so'
exits 64 'an arm that there is not is 64' fencepost run --threshold 'tokn.rate<1'
like "$(fencepost check "$run" --threshold 'token.stale-writ==0' 2>&1)" "did you mean 'stale-write'" 'so is a figure'
exits 64 'a trace has no figures' fencepost check "$root/Makefile" --threshold 'token.rate<1'

# Why, on a terminal.
story=$(fencepost story "$run")
like "$story" $'\n  1. +-?[0-9.]+ s  ' 'a story is told in numbered sentences'
is "$(LC_ALL=C fencepost story "$run" | perl -ne 'chomp; print "$_\n" if /[^ -~]/ || (length > 80 && !/^  fencepost /)')" \
	'' 'in ASCII under LC_ALL=C, in 80 columns'
like "$(LC_ALL=C.UTF-8 fencepost story "$run" 1)" '█ believes' 'in boxes where they can be shown'
exits 64 'a story that there is not' fencepost story "$run" 99
id=$(sqlite3 "$run/history.db" "SELECT id FROM violation WHERE name = 'overlap' LIMIT 1")
like "$(fencepost check "$run" --explain --violation "$id")" "exit $status.*Two workers believed" \
	'check explains a violation of a run'

exits 64 'a trace has no violation to name' fencepost check "$root/Makefile" --violation 1

# The page's commands, typed as they stand there: a story's where the run was started, the first screen's in the
# page's folder. Each is interrupted as soon as it has begun.
commands()
{
	perl -0777 -ne 's/&#39;/\x27/g, s/&amp;/&/g, print "$_\n" for m{<pre class="command"><code>(.*?)</code></pre>}gs' \
		"$run/report.html" | grep -e '--violation'
}
runs_made()
{
	find runs -maxdepth 1 -name '2*' | wc -l
}
begins() # name folder command
{
	local before

	before=$(runs_made)
	(cd "$2" && exec bash -c "exec $3") >typed.log 2>&1 &
	for _ in $(seq 900); do
		if [ "$(runs_made)" != "$before" ] || grep -q '^shrinking ' typed.log; then
			break
		fi
		sleep 0.1
	done
	kill -INT $!
	wait $!
	ok "$1" test "$(runs_made)" -gt "$before" -o "$(grep -c '^shrinking ' typed.log)" = 1 ||
		diag "$3: $(cat typed.log)"
}
begins "a story's replay can be typed" . "$(commands | grep -v -e --output | grep -m 1 ' replay ')"
begins "and its shrink" . "$(commands | grep -v -e --output | grep -m 1 ' shrink ')"
begins "the first screen's replay can be typed in its folder" "$run" "$(commands | grep -m 1 -e ' --output \.\.$')"
begins 'and its shrink' "$run" "$(commands | grep -m 1 -e ' --output \.\./shrink$')"

# For a bug report.
like "$(fencepost bug "$run" 1)" '^bug  bug-7-1/report.md \([1-9][0-9]* packets\)$' 'bug makes a folder'
is "$(jq -s 'length > 0 and all(.row | length > 2)' bug-7-1/evidence.jsonl)" true 'with the rows that prove it'
ok 'and packets' [ "$(wc -c <bug-7-1/packets.pcap)" -gt 1000 ]
like "$(fencepost run bug-7-1/campaign.conf --etcd nosuchetcd 2>&1)" "no etcd 'nosuchetcd'" 'a campaign that is read'
like "$(cat bug-7-1/report.md)" "fencepost run .* --seed 7" 'and the command'
exits 64 'a folder that is there is not written into' fencepost bug "$run" 1
exits 64 'nor is a bug made of no story' fencepost bug "$run" 99
printf 'arm none { lanes = 1 }\n' >small.conf
ok 'a shrunk campaign is put in' fencepost bug "$run" 1 -o shrunk --shrunk small.conf
like "$(cat shrunk/campaign.conf)" 'lanes = 1' 'as it is'

# For CI systems and comments.
fencepost report "$run" --junit junit.xml --markdown run.md
ok 'the JUnit report is one by the usual schema' xmllint --noout --schema "$root/tests/e2e/junit.xsd" junit.xml
is "$(xmllint --xpath 'count(//testcase)' junit.xml)" 4 'with a case for each arm, the service, the threshold'
ok 'the Markdown has at most sixty lines' [ "$(wc -l <run.md)" -le 60 ]
like "$(cat run.md)" 'Answer:.*Outcome:.*exit '"$status" 'and the answer'
exits 64 'no place for it' fencepost report "$run" --junit nowhere/junit.xml

# The folder.
like "$(fencepost list)" "^$run, .*, default, etcd .*"$'\n''    none [A-Z]+, [0-9]+ of [0-9]+ exposures' 'list tells of the run'
is "$(fencepost list --json | jq -r '.runs[0].subjects[].verdict' | xargs)" \
	"$(jq -r '(.arms[], .service).verdict' "$run/result.json" | xargs)" 'list --json has the verdicts'
ok 'the run left an index of the folder' grep -q "href=\"./${run#runs/}/report.html\"" runs/index.html
exits 64 'a list of nothing' fencepost list nowhere
mkdir mine mine/run && cp "$run/history.db" mine/run/
ok 'a folder that runs were not made in is listed' fencepost list mine
ok 'and nothing is left in it' [ ! -e mine/index.html ]

# Beside one another.
like "$(fencepost compare "$run" mine/run)" 'the same settings' 'compare: the same run has the same settings'
unlike "$(fencepost compare "$run" mine/run)" 'LOWER|HIGHER|new:|gone:' 'and nothing differs'
sqlite3 mine/run/history.db "UPDATE run SET value = replace(value, '1000ms', '2000ms') WHERE key = 'campaign'"
like "$(fencepost compare "$run" mine/run)" 'changed: arm none: ttl = "1000ms" -> "2000ms"' 'what changed is told'
is "$(fencepost compare --json "$run" mine/run | jq -r '.subjects[0].runs[1].rate_difference')" none \
	'no difference is claimed where the intervals overlap'
ok 'compare: as a page' fencepost compare "$run" mine/run --html compared.html
like "$(cat compared.html)" '<td>.quot;1000ms.quot;</td><td>.quot;2000ms.quot;</td>' 'which tells what changed'
exits 64 'compare: one run' fencepost compare "$run"
exits 64 'compare: what is no run' fencepost compare "$run" progress
leftovers_check 'nothing is left on the machine'
done_testing
