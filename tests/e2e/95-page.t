#!/bin/bash
# The page as a browser shows it: what must stand on the first screen, on a phone, in the dark, in forced
# colours and on paper, to whoever sees or hears it. Measured in Debian's Chromium on runs of every kind
# (tests/golden/, and what tests/unit/reports_answer_test.c makes), on one that is made now, on traces and on a
# folder's index.
. "$(dirname "$0")/lib.sh"
few_locks

browser=$(type -P chromium) || skip_all 'chromium is not installed'
[ -x "$BUILD/tests/reports_answer_test" ] || skip_all 'reports_answer_test is not built'
here=$root/tests/e2e
node=$root/build/node/node_modules # scripts/node-tools
rules=("$here/page_rules.js")
if [ -f "$node/axe-core/axe.min.js" ]; then
	rules+=("$node/axe-core/axe.min.js" "$here/axe_rules.js")
else
	skip 'axe-core finds nothing' 'scripts/node-tools could not install it'
fi

# A page that no rule can like: each must find something here, or it finds nothing anywhere.
mkdir pages bad
cat >bad/bad.html <<'END'
<!DOCTYPE html><html lang="en"><body style="margin:0"><header><h1>campaigns/default.conf</h1>
<p class="data" style="width:2000px">an exposure</p><p>exit 0, I say, exit 0</p></header>
<div style="height:2000px"><a href="#nowhere">x</a></div><h2 id="broke">What broke</h2>
<p class="verdict" style="width:5px;overflow-wrap:anywhere">UNSAFE</p>
<ol class="packets"><li><svg class="wire" width="150"></svg><span style="margin-left:-9px">on it</span></li></ol>
<p id="broke" style="color:#aaa">pale</p><ul class="verdicts"><li><b class="verdict safe">SAFE</b> 3 overlap</li></ul>
<table class="stacked many"><tr><td><div style="width:500px"><svg class="interval" width="9"></svg></div></td></tr>
<tr><td><svg class="interval" width="20"></svg></td></tr></table>
<div class="heat"><table><tbody><tr><td style="height:9px"><span>12345</span></td></tr></tbody></table><svg class="contours" width="9"></svg></div>
<div class="strip"><div class="lane"><div class="name">a kind</div><svg width="9"></svg></div></div>
<svg class="timeline" width="9" height="9"><rect fill="#e69f00" width="9" height="9"/></svg></body></html>
END
echo '<!DOCTYPE html><html lang="en"><body><main class="sweep"><h1>A sweep</h1></main></body></html>' >bad/badsweep.html
exits 0 'pages are made of runs of every kind' \
	env FENCEPOST_PAGES="$PWD/pages" CK_RUN_CASE=pages "$BUILD/tests/reports_answer_test"
exits 0 'and of odd sweeps' \
	env FENCEPOST_PAGES="$PWD/pages" CK_RUN_CASE=sweep "$BUILD/tests/reports_sweep_test"
ok 'and of those in tests/golden, and of sweeps of 1 to 100 cells' "$root/tests/golden/make-pages" pages
ok 'of each kind there are some' [ "$(find pages -name '*.html' | wc -l)" -ge 16 ]
fencepost run default.conf --duration 6s >run.log 2>&1
if [ -s runs/latest/report.html ]; then
	cp runs/latest/report.html pages/default.html
	cp runs/index.html pages/index.html
else
	skip 'a run of now is measured, too' "no run can be made here: $(tail -1 run.log)"
fi

# The page of a run of a minute, with packets, kept so that its sheets can be counted; its style is that of now.
style=$(sed -n '/<style>/,/<\/style>/p' pages/mixed.html)
gzip -dc "$root/tests/golden/default-60s.html.gz" | STYLE=$style perl -pe 's{<style></style>}{$ENV{STYLE}}' >pages/stored.html
sed 's/@media print/@media none/' pages/stored.html >unstyled.html

# Pages of judged traces: linearizable, not (of a lock, and of a register with names that are markup), unknown,
# a file without times, and several files of all kinds, one of them malformed.
event() # type process f more
{
	printf '{"type":"%s","process":%s,"f":"%s"%s}\n' "$@"
}
{ event invoke 1 acquire '' && event ok 1 acquire '' && event invoke 1 release '' && event ok 1 release ''; } >sound.jsonl
{
	event invoke 1 acquire ',"object":"<b>&\"x","attempt":"a1","time_ns":1000000' && event ok 1 acquire ',"token":"17","time_ns":200000000'
	event invoke 2 acquire ',"object":"<b>&\"x","attempt":"a2","time_ns":300000000' && event ok 2 acquire ',"token":"18","time_ns":400000000'
	event invoke 1 release ',"object":"<b>&\"x","attempt":"a1","time_ns":900000000'
} >lock.jsonl
for i in {1..8}; do event invoke "1$i" write ",\"value\":$((i % 3))" && event invoke "2$i" read ''; done >open.jsonl
for i in {1..8}; do event ok "2$i" read ",\"value\":$((7 * i % 3))" && event ok "1$i" write ''; done >>open.jsonl
{ cat open.jsonl; event invoke 8 read '' && event ok 8 read ',"value":"<script>alert(1)</script>"'; } >register.jsonl
echo nonsense >malformed.jsonl
for name in sound lock register; do
	fencepost check --html "pages/trace-$name.html" "$name.jsonl" >/dev/null
done
fencepost check --max-configurations 1 --html pages/trace-unknown.html open.jsonl >/dev/null
fencepost check --max-configurations 1 --html pages/trace-all.html ./*.jsonl >/dev/null 2>&1
fencepost check --html pages/trace-long.html "$root"/tests/histories/*/*.{log,txt} >/dev/null 2>&1
is "$(cd pages && grep -l '<main class="traces">' trace-*.html | wc -l)" 6 'pages are made of traces of every kind'
is "$(sed -n 's/.*<h1>.*<\/span> \(.*\)<\/h1>/\1/p' pages/trace-{sound,lock,unknown,all}.html)" \
	"This history is linearizable.
This history is not linearizable.
Whether this history is linearizable is not known.
1 of 5 histories is not linearizable, 1 could not be read, 2 are not known, 1 is linearizable." 'and their headlines answer'
ok 'a page of many files has its bounds' [ "$(wc -c <pages/trace-long.html)" -lt 3000000 ]

# What the rules find on the pages, a line for each finding: the rule, where, what.
names=$(sed -n "s/^rule('\([^']*\)'.*/\1/p" "${rules[@]}")
if perl "$here/browser.pl" "$browser" "${rules[@]}" -- pages/*.html bad/*.html pages/{mixed.html=mixed,trace-all.html=trace,stored.html=stored}.pdf \
	unstyled.html=unstyled.pdf \
	>found 2>browser.log; then
	is "$(grep -P '\tbad(sweep)?, ' found | cut -f 1 | sort -u | comm -3 - <(sort <<<"$names"))" '' \
		'each rule finds something on a bad page'
	while read -r name; do
		is "$(grep -vP '\tbad(sweep)?, ' found | awk -F '\t' -v name="$name" '$1 == name && count++ < 12 { print $2 }')" '' \
			"$name"
	done <<<"$names"
else
	fail 'the browser measured all pages' "$(grep -v dbus browser.log)"
fi

# What a validator says of the markup.
validate() # page...
{
	"$node/.bin/html-validate" --preset standard,a11y "$@"
}

if [ -x "$node/.bin/html-validate" ]; then
	ok 'html-validate finds nothing' validate pages/*.html
	like "$(validate bad/bad.html)" 'no-dup-id' 'but something on a bad page'
else
	skip 'html-validate finds nothing' 'scripts/node-tools could not install it'
fi

# On paper. What is wrong with its sheets: more than ten, or one before the last that is not half full.
sheets() # pdf
{
	pdftotext -bbox "$1" - | perl -ne '
		push @height, $1 if /<page .*height="([\d.]+)"/;
		$end[$#height] = $1 if /yMax="([\d.]+)"/ && $1 > ($end[$#height] // 0);
		END {
			print scalar(@height), " sheets\n" if @height > 10;
			($end[$_] // 0) < $height[$_] / 2 and print "sheet ", $_ + 1, " is empty from ", $end[$_] // 0, " on\n"
				for 0 .. $#height - 1;
		}'
}

if type -P pdftotext >/dev/null; then
	pdftotext mixed.pdf mixed.txt
	# shellcheck disable=SC2016 # the dollars are perl's
	lost=$(perl -0777 -e 'my ($page, $paper) = map { open my $f, "<", $_ or die; scalar <$f> } @ARGV;
		s/\s+/ /g for $page, $paper;
		my @stories = $page =~ m{<details class="story".*?</summary>.*?<p[^>]*>(.*?)</p>}g;
		print "no story\n" if !@stories;
		s/<[^>]*>//g, index($paper, $_) >= 0 or print "$_\n" for @stories;' pages/mixed.html mixed.txt)
	is "$lost" '' 'each story is told on paper, though it was closed'
	like "$(pdftotext -l 1 mixed.pdf -)" '[Ss][Ee][Ee] [Ii][Tt] [Aa][Gg][Aa][Ii][Nn]' 'the answers are on the first sheet'
	is "$(pdftotext -layout trace.pdf - | grep -c 'certainly held from')" 2 'operations of traces are on paper, too'
	like "$(pdftotext stored.pdf -)" '\(in short; printed with its packets' 'what is told in short on paper says so'
	is "$(sheets stored.pdf)" '' 'a run of a minute prints on few sheets, each of them used'
	like "$(sheets unstyled.pdf)" '[0-9]+ sheets' 'which are counted'
else
	skip 'each story is told on paper' 'pdftotext is not installed'
fi
done_testing
