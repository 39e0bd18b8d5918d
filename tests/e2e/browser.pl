#!/usr/bin/perl
# Usage: browser.pl CHROMIUM SCRIPT.js... -- PAGE.html... [PAGE.html=PRINTED.pdf]
#
# Opens each page in a browser, as its reader does, and asks the scripts what is wrong with it. They declare
# `views`, a list of { name, width, media, paper }, and look(page, view), which gives, or promises, the findings of
# one view: [[RULE, what is wrong]...]. What they put into `seen`, a Set, the next page finds there. Prints
# "RULE<tab>PAGE, VIEW: what is wrong", a line each.
#
# The browser is spoken to by its remote debugging protocol over two pipes: no port, no library. That way
# only can one ask for dark or forced colours, and ask scripts about a page that allows none.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Temp 'tempdir';
use JSON::PP;
use MIME::Base64;
use POSIX ();

my $json = JSON::PP->new->utf8->canonical;
my ($chromium, @files) = @ARGV;
my @scripts;
push @scripts, shift @files while @files && $files[0] ne '--';
shift @files;

sub slurp
{
	local $/;
	open my $file, '<:encoding(UTF-8)', $_[0] or die "$_[0]: $!\n";
	return scalar <$file>;
}

# It reads from 3 and writes to 4.
sub start
{
	my $profile = tempdir(CLEANUP => 1);

	pipe my $its_in, my $to or die $!;
	pipe my $from, my $its_out or die $!;
	my $pid = fork // die $!;
	if (!$pid) {
		my @high = map { POSIX::dup2(fileno $_, 10 + fileno $_) } $its_in, $its_out;

		POSIX::dup2($high[$_], 3 + $_) for 0, 1;
		open STDOUT, '>', '/dev/null';
		exec $chromium, qw(--headless --no-sandbox --disable-gpu --hide-scrollbars --remote-debugging-pipe),
			"--user-data-dir=$profile", 'about:blank';
		die "$chromium: $!\n";
	}
	$to->autoflush(1);
	return ($pid, $to, $from);
}

my ($pid, $to, $from) = start();
my ($calls, $session, @events) = (0);

sub hear
{
	local $/ = "\0";
	my $line = <$from> // die "the browser ended\n";

	chomp $line;
	return $json->decode($line);
}

# What the browser answers; events that come before it are kept.
sub ask
{
	my ($method, %parameters) = @_;
	my $id = ++$calls;

	print $to $json->encode({ id => $id, method => $method, params => \%parameters,
			$session ? (sessionId => $session) : () }), "\0";
	for (;;) {
		my $said = hear();

		push @events, $said if !$said->{id};
		next if ($said->{id} // 0) != $id;
		die "$method: $said->{error}{message}\n" if $said->{error};
		return $said->{result};
	}
}

sub open_page
{
	@events = ();
	ask('Page.navigate', url => 'file://' . abs_path($_[0]));
	do { push @events, hear() if !@events } until (shift @events)->{method} eq 'Page.loadEventFired';
}

sub evaluate
{
	my $said = ask('Runtime.evaluate', expression => $_[0], awaitPromise => JSON::PP::true,
		returnByValue => JSON::PP::true);

	die "$said->{exceptionDetails}{exception}{description}\n" if $said->{exceptionDetails};
	return $said->{result}{value};
}

sub print_page
{
	my ($file, $into) = split /=/, $_[0];

	open_page($file);
	open my $pdf, '>:raw', $into or die "$into: $!\n";
	print $pdf decode_base64(ask('Page.printToPDF')->{data});
	close $pdf or die "$into: $!\n";
}

sub set_view
{
	my $view = shift;

	ask('Emulation.setDeviceMetricsOverride', width => $view->{width}, height => 900, deviceScaleFactor => 1,
		mobile => JSON::PP::false);
	ask('Emulation.setEmulatedMedia', media => $view->{paper} ? 'print' : '',
		features => [map +{ name => $_, value => $view->{media}{$_} }, keys %{ $view->{media} }]);
}

binmode STDOUT, ':encoding(UTF-8)';
alarm 900;
my $target = ask('Target.createTarget', url => 'about:blank');
$session = ask('Target.attachToTarget', targetId => $target->{targetId}, flatten => JSON::PP::true)->{sessionId};
ask('Page.enable');
ask('Page.setBypassCSP', enabled => JSON::PP::true);
ask('Page.addScriptToEvaluateOnNewDocument', source => join "\n", map { slurp($_) } @scripts);
my $seen = '[]';
for my $file (@files) {
	my $page = $file =~ s{.*/|\.html$}{}gr;

	print_page($file), next if $file =~ /=/;
	open_page($file);
	evaluate("seen = new Set($seen); 0");
	for my $view (@{ evaluate('views') }) {
		set_view($view);
		print "$_->[0]\t$page, $view->{name}: ", $_->[1] =~ s/\s+/ /gr, "\n"
			for @{ evaluate("look('$page', " . $json->encode($view) . ')') };
	}
	$seen = evaluate('JSON.stringify([...seen])');
}
$session = undef;
ask('Browser.close');
waitpid $pid, 0;
