#!/usr/bin/perl
# Usage: documents.pl FILE...    what a reader of these documents can type, one a line:
#
#     FILE:LINE <TAB> command|query|campaign|csv|json|output <TAB> its text, with \x1f for line ends
#
# Blocks of code are indented by four spaces or fenced. One that begins with a prompt ("$ ") has commands
# in its prompts' lines, one that begins with a program has one in every line; what is neither a
# campaign nor of a language named at its fence is output, of which the first word is told. In the text,
# `...` that begins like one of these counts.
use strict;
use warnings;

my $program = qr{(?:[A-Z_]+=\S+\ )*(?:
	(?:(?:build|scripts|tests)/[\w./-]+|fencepost|sqlite3|jq|make|git|etcdctl|sudo|parallel|sbatch|docker(?:-compose)?)\ +[^\s=]
	|make$|for\ .*;\ *do)}x;
my $campaign = qr{(?:fault|arm|cluster)\s+(?:\w[\w-]*\s*)?\{};

sub say_one
{
	my ($place, $kind, $text) = @_;
	$text =~ s/\s+$//;
	$text =~ s/\n/\x1f/g;
	print "$place\t$kind\t$text\n" if $text ne '';
}

# A comment, or the columns at its right.
sub strip
{
	my ($line) = @_;
	$line =~ s/\s+# .*$//;
	return $line;
}

sub commands
{
	my ($file, $line, $prompt, @lines) = @_;

	while (@lines) {
		my ($text, $at) = (strip(shift @lines), $line++);
		next if $text =~ /^\s*$/ || ($prompt && $text !~ s/^\$ //);
		# until its backslashes and quotes are closed
		while (@lines && ($text =~ s/\\$// || ($text =~ tr/"//) % 2)) {
			$text .= ' ' . strip(shift @lines) =~ s/^\s+//r;
			$line++;
		}
		say_one("$file:$at", 'command', $text);
	}
}

sub block
{
	my ($file, $line, $language, @lines) = @_;
	my $text = join("\n", @lines);

	if ($language eq 'sql') {
		say_one("$file:$line", 'query', $_) for split /(?<=;)\n/, $text;
	} elsif ($language =~ /^(csv|json)$/) {
		say_one("$file:$line", $language, $text);
	} elsif ($text =~ /^\$ /) {
		commands($file, $line, 1, @lines);
	} elsif ($language eq 'sh' || $text =~ /^$program/) {
		commands($file, $line, 0, @lines);
	} elsif ($text =~ /^$campaign/) {
		say_one("$file:$line", 'campaign', $text);
	} else {
		say_one("$file:$line", 'output', $text =~ /(\S+)/);
	}
}

sub prose
{
	my ($file, $line, $text) = @_;

	while ($text =~ /`([^`]+)`/g) {
		my $code = $1 =~ s/\s+/ /gr;
		my $at = "$file:" . ($line + (substr($text, 0, $-[0]) =~ tr/\n//));

		next if $code =~ /\.\.\./;
		say_one($at, 'query', $code) if $code =~ /^SELECT\s/;
		say_one($at, 'campaign', $code) if $code =~ /^$campaign/;
		say_one($at, 'command', $code) if $code =~ /^$program/;
	}
}

for my $file (@ARGV) {
	open(my $in, '<', $file) or die "documents.pl: $file: $!\n";
	my @lines = map { chomp; $_ } <$in>;
	my ($paragraph, $began, $blank) = ('', 1, 1);

	for (my $i = 0; $i < @lines; $i++) {
		my ($at, $language, @code) = ($i + 1);

		if ($lines[$i] =~ /^```(\w*)$/) {
			($at, $language) = ($i + 2, $1);
			push @code, $lines[$i] while ++$i < @lines && $lines[$i] ne '```';
		} elsif ($blank && $lines[$i] =~ /^ {4}/) {
			$language = '';
			for (; $i < @lines && $lines[$i] =~ /^(?: {4}|$)/; $i++) {
				push @code, $lines[$i] =~ s/^ {4}//r;
			}
			$i--;
		} else {
			$blank = $lines[$i] eq '';
			$began = $at if $paragraph eq '';
			$paragraph .= "$lines[$i]\n";
			next if !$blank && $i < $#lines;
		}
		prose($file, $began, $paragraph);
		$paragraph = '';
		next unless defined $language;
		block($file, $at, $language, @code);
		$blank = 1;
	}
}
