#!/bin/bash
# README and docs say what is so: every command that a document shows is typed, every query is asked,
# every campaign read, on a run that is made here. What cannot be typed as it stands is in the table
# below with what is typed instead, or with what tries it elsewhere.
. "$(dirname "$0")/lib.sh"

documents=("$root"/README.md "$root"/docs/*.md "$root"/checker/*.md "$root"/checker/*/*.md)
unset MAKEFLAGS MFLAGS
export root

# Types a command where nothing is that it names: its words are read before that is missed.
# shellcheck disable=SC2317 # the table calls it
words()
{
	local said

	# Away from the campaigns that came with it.
	[ -d "$scratch/nowhere" ] || { mkdir -p "$scratch/nowhere/away/from" && cp "$BUILD/fencepost" "$scratch/nowhere/away/from/"; }
	said=$(cd "$scratch/nowhere" && PATH=$scratch/nowhere/away/from:$PATH "$@" 2>&1 </dev/null)
	[[ $said == *[Nn]'o such file'* ]] || { echo "$said" && false; }
}
export -f words
export scratch BUILD

# What a document shows (a glob) => what is typed (@ is what it shows, - is nothing)   # why
# shellcheck disable=SC2016 # expanded when it is typed
table='
git clone *                           => -                           # the address of the public place
JOBS=1 make test                      => make -n -C "$root" test      # that there is such a target
make*                                 => @ -n -C "$root"             # that there is such a target
scripts/run-benches recorder_bench    => test -f "$root"/tests/bench/recorder_bench.c # minutes, by make bench
scripts/run-mutants *                 => test -x "$root"/scripts/run-mutants # 05-mutants.t runs a sample
scripts/beside-peer PEER *             => test -x "$root"/scripts/beside-peer # 83-beside-peer.t types it
RUNS=10 scripts/track-record ghost-*  => grep -q ^ghost-grant "$root"/tuning/known_bugs.tsv # an hour
RUNS=10 scripts/track-record paused-* => grep -q ^paused-leader-revokes "$root"/tuning/known_bugs.tsv # the same
TRACK=record scripts/track-record --plan  => TRACK="$scratch/record" "$root"/scripts/track-record --plan  # runs nothing
TRACK=record scripts/track-record --merge => TRACK="$scratch/record" "$root"/scripts/track-record --merge # what has come
sudo *                                => -                           # of Ubuntu, and for its root
docker*                               => -                           # 90-compose.t and 91-container.t type them
etcdctl *                             => -                           # 71-tls.t types them, of another prefix
fencepost run --endpoints *           => words @ nowhere.conf        # 70-endpoints.t runs against a cluster
fencepost run * --endpoints *         => words @                     # the same
fencepost run my.conf                 => -                           # the run that all else is asked about
fencepost run my.conf --seed 42       => -                           # how it is typed
fencepost run my.conf --no-faults     => words @                     # the same of the default campaign
fencepost run --no-faults             => @ --duration 1s             # shorter
fencepost run --etcd 3.5.16           => fencepost run --etcd "$(command -v etcd)" --duration 1s # 80-versions.t fetches
fencepost run late-write              => @ --duration 2s             # shorter
fencepost run campaigns/*             => words @                     # 38-examples.t and make track-record run them
fencepost run tests/e2e/faults/disks* => words @                     # 37-faults-disk.t runs it
fencepost run --explore --for 10min   => @ --for 1s --duration 2s    # shorter
fencepost run --explore --plan *      => @                           # runs nothing
fencepost run --explore --merge *     => @                           # what was planned there
fencepost run --explore *.conf        => words @                     # the same with other numbers
fencepost run --explore *             => words @ nowhere.conf        # the same with other numbers
fencepost replay runs/latest          => @ --times 1                 # shorter
fencepost replay *                    => words @                     # the same with other numbers
fencepost tune my.conf * --plan *     => @                           # runs nothing
fencepost tune --merge sweep          => @                           # what was planned there
fencepost tune -o *                   => -                           # 65-tune.t goes on with one
fencepost tune *                      => words @                     # 65-tune.t sweeps, and it takes minutes
parallel *                            => -                           # 65-tune.t and 66-engines.t type it
sbatch *                              => -                           # 66-engines.t types it
fencepost shrink *                    => words @                     # 55-shrink.t shrinks, and it takes minutes
fencepost check --model fenced-mutex FILE => fencepost check --model fenced-mutex history.jsonl # a file that is here
fencepost help TOPIC --markdown       => fencepost help exit-codes --markdown # for one
fencepost export --to jepsen - *      => fencepost export --to jepsen - <events.csv | fencepost check /dev/stdin # of the reader
'

# What to type for a command of a document: sets typed, and used[the row's number].
look_up() # command
{
	local row=0 pattern instead

	typed=${1/#build\/release\//} typed=${typed//runs\/RUN/runs\/latest} typed=${typed// RUN/ runs\/latest}
	while IFS= read -r pattern; do
		row=$((row + 1))
		[[ $pattern == *' => '* ]] || continue
		instead=${pattern#* => } instead=${instead%% \# *} instead=${instead%"${instead##*[! ]}"}
		pattern=${pattern%% => *} pattern=${pattern%"${pattern##*[! ]}"}
		# shellcheck disable=SC2053 # a glob
		[[ $typed == $pattern ]] || continue
		used[row]=1 typed=${instead//@/"$typed"}
		return
	done <<<"$table"
}

# Types it; prints why it is not as it should be. The verdicts of fencepost, 0 to 2, are all answers.
complain_of_command() # command
{
	local output status

	ln -sfn my runs/latest
	output=$(timeout 300 bash -o pipefail -c "$1" 2>&1 </dev/null)
	status=$?
	case $1:$status in
	*:0 | fencepost*:[12]) ;;
	*) echo "exit status $status of: $1"$'\n'"$output" ;;
	esac
}

# A campaign's blocks are read to the end when only etcd is missing.
complain_of_campaign() # text
{
	local output

	printf 'arm none { }\n%s\n' "$1" >part.conf
	output=$(fencepost run part.conf --etcd nosuchetcd 2>&1)
	[ $? = 69 ] || echo "$output"
}

complain_of_trace() # text suffix
{
	echo "$1" >"sample.$2"
	complain_of_command "fencepost export --to jsonl sample.$2"
}

# Prints "FILE:LINE what" TAB "complaint, on one line" for all that the documents show, each thing once.
declare -A tried=([-]=1)
try_documents() # file...
{
	local place kind text complaint

	while IFS=$'\t' read -r place kind text; do
		text=${text//$'\x1f'/$'\n'} complaint='' typed=$text
		[ "$kind" != command ] || look_up "$text"
		[ -z "${tried[$typed]-}" ] || continue
		tried[$typed]=1
		case $kind in
		command) complaint=$(complain_of_command "$typed") ;;
		query) complaint=$(ask "$text" 2>&1 >/dev/null) ;;
		campaign) complaint=$(complain_of_campaign "$text") ;;
		json | csv) complaint=$(complain_of_trace "$text" "${kind/json/jsonl}") ;;
		output) [ -z "$(type -P "$text")" ] || complaint="documents.pl knows no command $text" ;;
		esac
		printf '%s: %s\t%s\n' "${place#"$root/"}" "${typed//[$'\n\t' ]/ }" "${complaint//$'\n'/ / }"
	done < <("$root/tests/e2e/documents.pl" "$@")
}

ask() # SQL
{
	sqlite3 -readonly -batch "$main/history.db" "$1"
}

# The query of docs/history-file.md that answers this question.
# shellcheck disable=SC2016 # the back quotes are those of the document
query_to() # question
{
	sed -n "/^\*\*$1/,/^\`\`\`\$/p" "$root/docs/history-file.md" | sed '1,/^```sql/d; /^```/d; s/;$//'
}

tally() # subject name...
{
	local subject=$1 names

	shift
	names=$(printf "'%s'," "$@")
	ask "SELECT ifnull(sum(definite + possible), 0) FROM tally WHERE subject LIKE '$subject' AND name IN (${names%,})"
}

# Rows of the table that no document needs.
stale_rows()
{
	local row=0 line

	while IFS= read -r line; do
		row=$((row + 1))
		[[ $line != *' => '* ]] || [ -n "${used[row]-}" ] || echo "$line"
	done <<<"$table"
}

# The long options of every command, but those of argp.
options()
{
	local command

	for command in $(fencepost --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
		fencepost "$command" --help | grep -o '[ ,]--[a-z-]*' | tr -d ' ,'
	done | grep -vx -e --help -e --usage | sort -u
}

leftovers_snapshot

# The default campaign, made small; and one with what the queries ask for: arm slow writes late, for it
# hears of nothing, and nothing goes from m1 to the store.
cp -r "$root/campaigns" .
sed -i "s/lanes = .*/lanes = 2/" campaigns/default.conf
cat >my.conf <<'END'
duration = "6s"
cluster { members = 1 }
arm none { guard = none  lanes = 3  work = "20ms .. 100ms" }
arm token { guard = token  lanes = 3  work = "20ms .. 100ms" }
arm slow { guard = none  lanes = 3  heartbeat = "900ms"  work = "1200ms .. 1500ms" }
fault deaf { do = cut  target = holder  from = cluster  when = contended  length = "2.5 ttl"  first = "300ms" }
fault stop { do = pause  target = holder  when = contended  length = "1.6 ttl .. 2 ttl"
	first = "1s"  every = "2500ms" }
fault idle { do = cut  target = m1  from = store  length = "500ms" }
END
fencepost run my.conf --seed 42 >my.log 2>&1
like $? '^[0-2]$' 'my.conf runs' || diag "$(tail my.log)"
mv "$(realpath runs/latest)" runs/my
main=$PWD/runs/my
ln -s "$main"/{history.db,result.json} .
fencepost export --to jepsen history.db -o history.edn
fencepost export --to jsonl history.db -o history.jsonl
head -2 history.jsonl >permits.jsonl
printf '0.2\n1.5\n' >pauses.txt
printf 'type,process,f\ninvoke,1,acquire\nok,1,\n' >events.csv
for n in 1 2; do
	printf '{"type":"invoke","process":%s,"f":"acquire","time_ns":%s00}\n' "$n" "$n" >"client-$n.jsonl"
done
mkdir logs
printf 'INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\tnil\n' >logs/one.log

used=()
try_documents "${documents[@]}" >complaints
while IFS=$'\t' read -r what complaint; do
	is "$complaint" '' "$what"
done <complaints
ok 'there was something to try' [ "$(grep -c . complaints)" -gt 50 ]
is "$(stale_rows)" '' 'no row of the table is of no document'

# Queries that promise something answer what the checker counted.
late=$(query_to 'Which writes landed')
for arm in none token slow; do
	is "$(ask "SELECT count(*) FROM ($late) WHERE lane LIKE '$arm/%'")" \
		"$(tally "$arm" stale-write late-write)" "history.md: writes after a later holder's, arm $arm"
done
ok 'and some are late' [ "$(ask "SELECT count(*) FROM ($late)")" -gt 0 ]
is "$(ask "SELECT count(*) FROM ($(query_to 'When did two workers'))")" "$(tally % overlap)" \
	'history.md: two who believed at once, as often as the checker found an overlap'
is "$(ask "SELECT sum(times) FROM ($(query_to 'What was found'))")" \
	"$(ask 'SELECT sum(definite + possible) FROM tally')" 'history.md: what was found, as often as it was'
like "$(cat my.log)" "faults: $(ask "SELECT count(*) || ' injected, ' || sum(bitten) || ' proved'
	FROM ($(query_to 'Did the faults'))")" 'history.md: the faults that bit, as the summary counts them'
is "$(ask "SELECT group_concat(kind || '/' || moment) FROM ($(query_to 'What was planned'))")" \
	"$(jq -r '[.never[].cell] | join(",")' result.json)" 'history.md: what never happened, as result.json has it'
like "$(jq -r '.never[].cell' result.json)" 'cut/now' 'and something did not happen'

# Tables and keys: each stands where its reference is.
is "$(ask "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'" |
	while read -r name; do grep -q "\`$name\`" "$root/docs/history-file.md" || echo "$name"; done)" '' \
	'history.md names every table and view'
is "$(jq -r '[., .arms[0], .service, .arms[].measures, .arms[0].exclusion.client, .faults[0], .notes[0],
	.faults[0].proofs[0], .coverage[0]] | map(values | keys[]) | unique[]' result.json |
	while read -r key; do grep -q "[\`\"]${key}[\`\"]" "$root/docs/result.md" || echo "$key"; done)" '' \
	'result.md names every key'

# Options: those of --help stand in a document, and those that a document names exist.
is "$(options | while read -r option; do
	grep -qwe "$option" "${documents[@]}" || echo "$option"
done)" '' 'every option of --help is in the documents'
# shellcheck disable=SC2016 # the back quotes are those of the documents
is "$(grep -ohP '`\K--[a-z-]*[a-z](?=[` =])' "${documents[@]}" | sort -u | comm -23 - <(options) | paste -s)" '' \
	'every option that a document names exists'

# Negative controls.
cat >planted.md <<'END'
Ask `SELECT f, outcom FROM operation`, or with `--violation`:

    fencepost check --modle mutex history.jsonl
    make nothing-at-all
    fencepost shrink runs/latest --in small.conf --tris 2

or look at it:

    cat history.db

```sql
SELECT versoin FROM decision;
```

fault blocks: `fault f { do = pausee  target = holder }`, and others:

```sh
jq -e '.arms[0].no_such_key' result.json
```
END
mapfile -t planted < <(try_documents planted.md)
for line in "${planted[@]}"; do
	like "${line#*$'\t'}" . "planted.md is caught: ${line%%$'\t'*}"
done
is "${#planted[@]}" 8 'planted.md is caught, all of it'
table+='fencepost nothing => - # no document says that'
like "$(stale_rows)" 'fencepost nothing' 'so is a row of the table that no document needs'
leftovers_check 'nothing is left'
done_testing
