#!/usr/bin/perl
# Usage: page.pl RULES.js PAGE.html... >measure.html
#
# One document that holds the pages, as texts, and measures them when a browser opens it.
use strict;
use warnings;
use JSON::PP;

my ($rules, @pages) = @ARGV;

sub slurp
{
	local $/;
	open my $file, '<:raw', $_[0] or die "$_[0]: $!\n";
	return scalar <$file>;
}

my %text;
for my $page (@pages) {
	my $bytes = slurp($page);
	utf8::decode($bytes) or die "$page is not UTF-8\n";
	$text{$page =~ s{.*/|\.html$}{}gr} = $bytes;
}
my $json = JSON::PP->new->ascii->canonical->encode(\%text);
$json =~ s{<}{\\u003c}g; # no end of our script in it

print "<!DOCTYPE html><meta charset=\"utf-8\"><body style=\"margin:0\"><pre id=\"found\"></pre><script>\n",
	slurp($rules), "measure($json);\n</script>\n";
