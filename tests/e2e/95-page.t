#!/bin/bash
# The page as a browser shows it: what must stand on the first screen, on a phone, in the dark and on
# paper. Measured in Debian's Chromium on runs of every kind (tests/unit/reports_answer_test.c makes
# them) and on one that is made now.
. "$(dirname "$0")/lib.sh"

browser=$(type -P chromium) || skip_all 'chromium is not installed'
[ -x "$BUILD/tests/reports_answer_test" ] || skip_all 'reports_answer_test is not built'
here=$root/tests/e2e

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
<div class="strip"><div class="lane"><div class="name">a kind</div><svg width="9"></svg></div></div></body></html>
END
exits 0 'pages are made of runs of every kind' \
	env FENCEPOST_PAGES="$PWD/pages" "$BUILD/tests/reports_answer_test"

fresh=
fencepost run "$root/campaigns/default.conf" --duration 8s >run.log 2>&1
if [ -s runs/latest/report.html ]; then
	fresh=runs/latest/report.html
	cp "$fresh" pages/fresh.html
else
	skip 'a run of now is measured, too' "no run can be made here: $(tail -1 run.log)"
fi

browse() # option...
{
	timeout 100 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" "$@" \
		2>browser.log
}

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

# What the rules find on the pages, a line for each rule: its name, then what is wrong.
measure() # folder option...
{
	local folder=$1

	shift
	perl "$here/page.pl" "$here/page_rules.js" "$folder"/*.html >measure.html &&
		browse --virtual-time-budget=60000 --dump-dom "$@" "file://$PWD/measure.html" |
		sed -n '/<pre id="found">/,/<\/pre>/ { s/.*<pre id="found">//; s/<\/pre>.*//; /./p; }'
}

# One test for each rule.
expect_clean() # file suffix
{
	local rule wrong

	[ -s "$1" ] || fail "the browser measured$2" "$(cat browser.log)"
	while IFS=$'\t' read -r rule wrong; do
		is "$wrong" '' "$rule$2"
	done <"$1"
}

measure bad >found
is "$(grep -vc "$(printf '\t')" found)" 0 'each rule finds something on a bad page' || diag "$(cat found)"
measure pages >found
expect_clean found ''
mkdir dark && cp pages/mixed.html pages/arms10.html pages/trace-all.html dark/
measure dark --blink-settings=preferredColorScheme=0 >found
expect_clean found ' (dark)'

# On paper.
if type -P pdftotext >/dev/null; then
	browse --no-pdf-header-footer --print-to-pdf="$PWD/mixed.pdf" "file://$PWD/pages/mixed.html" >/dev/null
	pdftotext mixed.pdf mixed.txt
	# shellcheck disable=SC2016 # the dollars are perl's
	lost=$(perl -0777 -e 'my ($page, $paper) = map { open my $f, "<", $_ or die; scalar <$f> } @ARGV;
		s/\s+/ /g for $page, $paper;
		my @stories = $page =~ m{<details class="story".*?</summary>.*?<p[^>]*>(.*?)</p>}g;
		print "no story\n" if !@stories;
		s/<[^>]*>//g, index($paper, $_) >= 0 or print "$_\n" for @stories;' pages/mixed.html mixed.txt)
	is "$lost" '' 'each story is told on paper, though it was closed'
	like "$(pdftotext -l 1 mixed.pdf -)" '[Ss][Ee][Ee] [Ii][Tt] [Aa][Gg][Aa][Ii][Nn]' 'the answers are on the first sheet'
	browse --no-pdf-header-footer --print-to-pdf="$PWD/trace.pdf" "file://$PWD/pages/trace-all.html" >/dev/null
	is "$(pdftotext -layout trace.pdf - | grep -c 'certainly held from')" 2 'operations of traces are on paper, too'
	ok 'and there are few sheets' [ "$(tr -cd '\f' <mixed.txt | wc -c)" -le 10 ]
else
	skip 'each story is told on paper' 'pdftotext is not installed'
fi
done_testing
