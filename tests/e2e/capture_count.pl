#!/usr/bin/perl
# Usage: capture_count.pl CAPTURE FROM TO BEGIN_NS END_NS
#
# How many IPv4 packets of a capture (pcap, Ethernet, microseconds) went from the first address to
# any of the second, a comma-separated list, between two instants of the wall clock.
use strict;
use warnings;

my ($path, $from, $to, $begin_ns, $end_ns) = @ARGV;
my %to = map { $_ => 1 } split /,/, $to;
my ($head, $packet, $count) = ('', '', 0);

open(my $in, '<:raw', $path) or die "$path: $!\n";
read($in, $head, 24) == 24 && unpack('V', $head) == 0xa1b2c3d4 or die "$path: not such a capture\n";
while (read($in, $head, 16) == 16) {
	my ($s, $us, $kept) = unpack('V3', $head);
	my $at_ns = ($s * 1000000 + $us) * 1000;

	read($in, $packet, $kept) == $kept or last;
	next if $at_ns < $begin_ns || $at_ns > $end_ns;
	next if $kept < 34 || unpack('n', substr($packet, 12, 2)) != 0x0800;
	$count++ if join('.', unpack('C4', substr($packet, 26, 4))) eq $from &&
		$to{join('.', unpack('C4', substr($packet, 30, 4)))};
}
print "$count\n";
