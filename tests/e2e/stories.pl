#!/usr/bin/perl
# Usage: stories.pl REPORT.HTML    what the stories of a page show, one a line, tab-separated:
#
#     name <TAB> SUBJECT <TAB> NAME            each name of each story
#     evidence <TAB> KIND ID                   each row in the title of a number
#     command <TAB> TEXT                       each command under a story
#     sentences <TAB> HOW MANY                 of each story
#     paused <TAB> TICKS <TAB> TICKS INSIDE    packets that a paused holder sent, and those in its pause
#     packets <TAB> ROWS <TAB> ROWS INSIDE     of a paused holder's message diagram, and what it sent in its pause
#     twins <TAB> K <TAB> N <TAB> OF           k of n twins, of so many pairs
#     outcome <TAB> TEXT                       of each half of the twin
use strict;
use warnings;

sub plain
{
	my ($text) = @_;
	$text =~ s/<[^>]*>//g;
	$text =~ s/&(lt|gt|quot|amp|#39);/{lt => '<', gt => '>', quot => '"', amp => '&', '#39' => "'"}->{$1}/ge;
	return $text;
}

# The x of each stroke that the holder of the row sent, within the shade of its pause or not.
sub tell_pause
{
	my ($svg) = @_;
	my ($whom) = $svg =~ m{<text class="guilty" [^>]*>pause of (\S+)};
	my ($holder) = $svg =~ m{<text class="row" [^>]*>([^<]*)</text>\s*<text class="small" [^>]*>(?:refused )?holder};
	my ($from, $wide) = $svg =~ m{<rect class="fault cause" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"};
	my ($ticks, $inside) = (0, 0);

	return unless defined $whom && defined $holder && $whom eq $holder && $svg =~ m{class="sent"};
	while ($svg =~ m{<path class="sent" d="([^"]*)"}g) {
		for my $x ($1 =~ /M([\d.]+)/g) {
			$ticks++;
			$inside++ if $x > $from + 1 && $x < $from + $wide - 1;
		}
	}
	print "paused\t$ticks\t$inside\n";
}

# The rows of the diagram, by time; the first column is the holder's.
sub tell_packets
{
	my ($story, $diagram) = @_;
	my ($holder) = $story =~ m{<b>A</b> ([^,;]+), the (?:refused )?holder};
	my ($rows, $inside, $paused) = (0, 0, 0);

	for my $row (map { plain($_) } $diagram =~ m{<li(?! aria)[^>]*>(.*?)</li>}gs) {
		return if $row =~ m{begins: (.*) of (\S+)} && !($1 eq 'pause' && defined $holder && $2 eq $holder);
		$paused = 1 if $row =~ /begins: pause/;
		$paused = 0 if $row =~ /fault \d+ ends/;
		$rows++;
		$inside++ if $paused && $row =~ / A to /;
	}
	print "packets\t$rows\t$inside\n";
}

sub tell_story
{
	my ($story) = @_;
	my ($names) = $story =~ m{</h3> <span class="muted">(.*?), lane };
	my @names = split /, /, plain($names);
	my $subject = pop @names;
	my ($list) = $story =~ m{<ol class="told">(.*?)</ol>}s;

	print "name\t$subject\t$_\n" for @names;
	for my $title ($story =~ m{<g class="point[^>]*><title>(.*?)</title>}gs) {
		print "evidence\t$_\n" for split /, /, plain($title);
	}
	for my $commands ($story =~ m{<pre class="command"><code>(.*?)</code>}gs) {
		print "command\t$_\n" for split /\n/, plain($commands);
	}
	print "sentences\t", scalar(() = $list =~ m{<li}g), "\n" if defined $list;
	tell_packets($story, $1) if $story =~ m{<ol class="packets">(.*?)</ol>}s;
	tell_pause($1) if $story =~ m{<svg class="timeline"(.*?)</svg>}s;
}

local $/;
my $page = <>;
tell_story($1) while $page =~ m{<details class="story"(.*?)</details>\n</details>}gs;
if ($page =~ m{<figure class="twin">(.*?)</figure>}s) {
	my $twin = $1;

	print "twins\t$1\t$2\t$3\n" if $twin =~ m{>(\d+) of (\d+) twins</span>: of (\d+) };
	print "outcome\t", plain($1), "\n" while $twin =~ m{>((?:APPLIED|REFUSED): [^<]*)</text>}g;
}
