#!/bin/bash
# A run's folder that somebody else sent is data: nothing is written through it, nothing that it names
# is run, none of its texts steers a terminal or a campaign.
. "$(dirname "$0")/lib.sh"
unset XDG_CACHE_HOME

cat >small.conf <<-'END'
	duration = "3s"
	settle = "2s"
	cluster { members = 1 }
	arm none { lanes = 2 workers = 3 }
	fault p {
		do = pause target = holder when = contended length = "1.8 ttl" first = "500ms"
	}
END
fencepost run small.conf --seed 3 >run.log 2>&1
made=$(readlink -f runs/latest)
[ -f "$made/report.html" ] || skip_all "no run can be made here: $(tail -1 run.log)"
sql() # folder statement...
{
	local folder=$1

	shift
	sqlite3 "$folder/history.db" "$@"
}

# On a machine that is busy with other tests perhaps nothing happened.
sql "$made" "INSERT INTO violation (id, name, subject, arm, lane, definite, at_ns, summary)
	SELECT 1, 'overlap', 'none', 0, 0, 1, 2000000000, 'forged' WHERE NOT EXISTS
	(SELECT 1 FROM violation)"

# A copy of the run in a folder that somebody sent.
foreign()
{
	rm -rf "$1"
	cp -r "$made" "$1"
}

# Links ----------------------------------------------------------------------------------------
unharmed() # name
{
	is "$(cat victim)" 'precious' "$1"
}

echo precious >victim
foreign links
for name in report.html result.json; do
	for suffix in '' .new .tmp; do
		ln -sf ../victim "links/$name$suffix"
	done
done
exits 0 'report, where the names of its files are links' fencepost report links
unharmed 'it does not write through them'
ok 'its files are files' test -s links/report.html -a ! -L links/report.html -a -s links/result.json \
	-a ! -L links/result.json
echo other >links/report.html && cp -r links control && ln -sf ../victim2 control/report.html
echo precious >victim2 && echo written >control/report.html
is "$(cat victim2)" written '(a plain write would go through)'

ln -s victim exported && ln -s victim exported.new
ok 'export onto a link' fencepost export --to jsonl -o exported links
ln -s victim page && ln -s victim page.new
fencepost check --model mutex --html page links >/dev/null
ok 'a page onto a link' test -s page -a ! -L page
unharmed 'neither goes through'
mkfifo pipe
exits 64 'export over a pipe is refused' fencepost export --to jsonl -o pipe links
ok 'and the pipe stays' test -p pipe

foreign linked
cp linked/history.db other.db
sqlite3 other.db 'DELETE FROM verdict'
sum=$(sha256sum <other.db)
ln -sf ../other.db linked/history.db
fencepost check linked >/dev/null
is $? 0 'check, where history.db is a link'
is "$(sha256sum <other.db)" "$sum" 'it stores no verdicts where that leads'
rm linked/history.db
fencepost check other.db >/dev/null
unlike "$(sha256sum <other.db)" "$sum" '(it does in a history that is no link)'
ln -f other.db linked/history.db
sqlite3 other.db 'DELETE FROM verdict'
sum=$(sha256sum <other.db)
fencepost check linked >/dev/null
is "$(sha256sum <other.db)" "$sum" 'nor through a second name'
foreign journal
sql journal 'PRAGMA journal_mode = WAL' >/dev/null
ln -sf ../victim journal/history.db-wal
ln -sf ../victim journal/history.db-journal
ln -sf ../victim journal/history.db-shm
fencepost check journal >/dev/null 2>&1
unharmed 'check, where the journals are links, does not write through them'

# Programs -------------------------------------------------------------------------------------
cat >evil <<-END
	#!/bin/sh
	touch $scratch/ran
	exec etcd "\$@"
END
chmod +x evil
foreign program
sql program "UPDATE run SET value = replace(value, 'etcd = ''etcd''', 'etcd = ''$scratch/evil''') WHERE key = 'campaign'"
like "$(sql program "SELECT value FROM run WHERE key = 'campaign'")" evil '(the history names a program)'
for command in replay shrink; do
	said=$(fencepost "$command" program 2>&1)
	is $? 64 "$command refuses a program that only the history names"
	like "$said" "evil.*--etcd" "$command: it says how it would"
done
fencepost check program >/dev/null 2>&1
fencepost report program >/dev/null 2>&1
ok 'and nobody ran it' test ! -e ran
fencepost replay program --times 1 --etcd "$scratch/evil" >replay.log 2>&1
like $? '^[02]$' 'replay takes it when the user names it' || diag "$(cat replay.log)"
ok 'and then it runs' test -e ran
sql program "UPDATE run SET value = replace(replace(replace(value,
	'etcd = ''$scratch/evil''', 'endpoints = {''http://127.0.0.1:1''}'),
	'heartbeat = \"50ms\"', ''), 'election = \"500ms\"', '') WHERE key = 'campaign'"
for command in replay shrink; do
	said=$(fencepost "$command" program 2>&1)
	is $? 64 "$command refuses a cluster that only the history names"
	like "$said" '127.0.0.1:1.*--endpoints' "$command: it says how it would"
done

foreign columns
sql columns 'ALTER TABLE schedule RENAME COLUMN at_ns TO gone'
fencepost replay columns --times 1 >columns.log 2>&1
is $? 64 'replay of a history whose schedule lacks a column'
like "$(cat columns.log)" 'no such column' 'says so'

# Texts ----------------------------------------------------------------------------------------
# Clears the screen, sets the title, begins a line; in one byte, in two; turns the writing round.
poison=$'\e[2J\e]0;owned\a\r\nSAFE\xc2\x9b2J\x9b2J\xe2\x80\xaeEFAS'
# It holds our own lines, in UTF-8, without control characters and marks of direction.
harmless() # name file
{
	if said=$(perl -0777 -MEncode -ne '
		my $text = eval { decode("UTF-8", $_, Encode::FB_CROAK) };
		print "no UTF-8\n" unless defined $text;
		print "steers: ", unpack("H*", $1), "\n"
			if ($text // $_) =~ /([^\P{C}\n\t]|[\x{202a}-\x{202e}\x{2066}-\x{2069}])/;
		print "begins a line\n" if /^SAFE/m;
		exit(-s ARGV ? 0 : 1)' "$2") && [ -z "$said" ]; then
		pass "$1"
	else
		fail "$1" "${said:-it said nothing}"$'\n'"$(head -c 2000 "$2" | cat -v)"
	fi
}
printf '%s' "$poison" >poison.txt
unlike "$(harmless 'control' poison.txt 2>/dev/null)" '^ok' '(poison is noticed)'

foreign texts
# Every table that names the arm as a subject.
subjects=$(sql texts "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
	WHERE m.type = 'table' AND c.name = 'subject'")
like "$subjects" 'verdict' '(tables that name an arm are found)'
sql texts <<-END
	UPDATE arm SET name = CAST(name || x'$(printf '%s' "$poison" | od -An -tx1 -v | tr -d ' \n')' AS TEXT);
	$(for table in $subjects; do
		echo "UPDATE $table SET subject = (SELECT name FROM arm) WHERE subject = 'none';"
	done)
	UPDATE violation SET summary = summary ||
		CAST(x'$(printf '%s' "$poison" | od -An -tx1 -v | tr -d ' \n')' AS TEXT);
	UPDATE verdict SET why = why || (SELECT name FROM arm);
	UPDATE fault SET detail = (SELECT name FROM arm);
	UPDATE host SET name = name || (SELECT name FROM arm);
	UPDATE op SET error = (SELECT name FROM arm);
	UPDATE run SET value = (SELECT name FROM arm)
		WHERE key IN ('etcd', 'etcd_path', 'command', 'started', 'campaign_name');
	INSERT INTO note (at_ns, breaks, topic, text) SELECT 0, 1, name, name FROM arm;
END
is "$(sql texts "SELECT count(*) FROM note WHERE text LIKE '%SAFE%'")" 1 '(the history is poisoned)'
cp -r texts judged # the stored verdicts of one, the other's are made anew
exits 0 'report of a poisoned run' fencepost report judged
fencepost report judged >out 2>&1
harmless 'report says nothing that steers' out
ok '(the poison is in its files)' grep -q EFAS judged/report.html
tr '\n' ' ' <judged/report.html >out # where a line begins means nothing there
harmless 'nor does the page' out
harmless 'nor result.json' judged/result.json
fencepost check texts >out 2>&1
like "$(cat out)" 'BROKEN.*SAFE' '(check shows the note)'
harmless 'nor does check' out
fencepost check --json texts >out 2>&1
harmless 'nor its JSON' out
fencepost check --model mutex --explain texts >out 2>&1
harmless 'nor an explanation' out
for command in replay shrink; do
	sql judged "UPDATE run SET value = 'cluster { etcd = ''/x' || (SELECT name FROM arm) || ''' }' WHERE key = 'campaign'"
	fencepost "$command" judged >out 2>&1
	harmless "nor an error of $command" out
	sql judged "UPDATE run SET value = (SELECT name FROM arm) || ' = 1' WHERE key = 'campaign'"
	fencepost "$command" judged >out 2>&1
	harmless "nor what $command says of a campaign" out
done
mkdir "folder$poison" 2>/dev/null && fencepost check "folder$poison" >out 2>&1
harmless 'nor the name of a folder' out
sql texts "UPDATE lane SET arm = (SELECT name FROM arm)"
fencepost check texts >out 2>&1
harmless 'nor an error about a row' out
if command -v script >/dev/null; then
	printf '{"type":"invoke","process":0,"f":"acquire","object":"%s"}\n' $'x\xc2\x9b2J\xe2\x80\xaey' >trace.jsonl
	printf '{"type":"ok","process":0,"f":"acquire","object":"%s"}\n' $'x\xc2\x9b2J\xe2\x80\xaey' >>trace.jsonl
	like "$(fencepost export --to jsonl trace.jsonl)" $'\xe2\x80\xae' '(a pipe gets what there is)'
	script -qec 'fencepost export --to jsonl trace.jsonl' /dev/null </dev/null 2>&1 | tr -d '\r' >out
	harmless 'nor does an export that goes to a terminal' out
else
	skip 'an export that goes to a terminal' 'no script(1)'
fi

# Campaigns ------------------------------------------------------------------------------------
foreign lines
sql lines "UPDATE violation SET summary = 'x' || char(10) || 'arm evil { }' || char(13) || 'arm evil2 { }'"
ln -s ../victim lines/small
fencepost shrink lines --tries 2 --keep 1 --into lines/small >shrink.log 2>&1 &
shrink=$!
while [ -L lines/small ] && kill -0 "$shrink" 2>/dev/null; do # the first that holds is written
	sleep 0.1
done
kill -INT "$shrink" 2>/dev/null
wait "$shrink"
if [ -L lines/small ]; then # unit tests show the same of the text alone
	skip 'shrink of a run whose summary has lines' "$(tail -1 shrink.log)"
else
	unlike "$(cat lines/small)" $'(\n|\r)arm evil' 'lines of a summary stay within their comment'
	like "$(cat lines/small)" '# Violation [0-9]+: x arm evil' '(and are there)'
fi
unharmed 'and a link at the campaign is not written through'
done_testing
