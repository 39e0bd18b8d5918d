# shellcheck shell=bash
# For the end-to-end tests: TAP, a folder of their own, and a look at what was left behind.
#
#   #!/bin/bash
#   . "$(dirname "$0")/lib.sh"
#   is "$(fencepost --version)" 'fencepost 0.1.0' 'it knows its version'
#   done_testing
#
# The working directory is a new folder, removed at the end. $root is the tree of the sources,
# `fencepost` on PATH the program under test (no function: $! of `fencepost run &` is its own pid).
# What a test prints beside its TAP goes to standard error.
#
# Root's tests have a network and mounts of their own, so that what Docker, or another test, makes
# meanwhile is no leftover of theirs. (Others could leave neither.) A script that needs the machine's
# network says network=machine before it reads this file.
set -u -o pipefail
export LC_ALL=C
if [ "$(id -u)" = 0 ] && [ -z "${APART-}" ] && [ "${network-}" != machine ] &&
	unshare --net --mount true 2>/dev/null; then
	# shellcheck disable=SC2016 # the dollars are the inner shell's
	APART=1 exec unshare --net --mount -- bash -c 'ip link set lo up; exec bash "$0" "$@"' "$0" "$@"
fi

# Each of an etcd's threads looks for work that the others may have, on processors that others want: without, a run
# takes an eighth less of them.
export GOMAXPROCS=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-build/release}
[[ $BUILD == /* ]] || BUILD=$root/$BUILD
export PATH=$BUILD:$PATH
scratch=$(mktemp -d)
# Every process that a test starts inherits this; leftovers_check looks for it.
export FENCEPOST_TEST=$scratch
cd "$scratch" || exit 70
trap 'cd / && rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

tap_count=0 tap_failed=0

diag()
{
	printf '# %s\n' "${*//$'\n'/$'\n'# }" >&2
}

pass() # name
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() # name [why]
{
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	[ $# = 1 ] || diag "$2"
	return 1
}

skip() # name why
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# Ends the script before its first test.
skip_all() # why
{
	echo "1..0 # SKIP $1"
	exit 0
}

# Runs the command, whose output is shown only when it fails.
ok() # name command...
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "exit status $? of: $*"$'\n'"$output"
	fi
}

# The command ends with that status, no other.
exits() # status name command...
{
	local expected=$1 name=$2 output status

	shift 2
	output=$("$@" 2>&1)
	status=$?
	if [ "$status" = "$expected" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status, not $expected, of: $*"$'\n'"$output"
	fi
}

is() # got expected name
{
	if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:      $1"$'\n'"expected: $2"; fi
}

like() # got extended-regular-expression name
{
	if [[ $1 =~ $2 ]]; then pass "$3"; else fail "$3" "got: $1"$'\n'"not like: $2"; fi
}

unlike() # got extended-regular-expression name
{
	if [[ $1 =~ $2 ]]; then fail "$3" "got: $1"$'\n'"but not like: $2"; else pass "$3"; fi
}

# Whoever tells of the holds in these histories tells the same: the run checker, `check --format
# history`, the report's stories, the views (tests/support/accounts.h).
one_account() # name history.db...
{
	local name=$1 output

	shift
	if [ ! -x "$BUILD/tests/judging_accounts_test" ]; then
		skip "$name" 'judging_accounts_test is not built'
		return
	fi
	output=$(CK_RUN_CASE='real histories' FENCEPOST_HISTORIES=$* \
		"$BUILD/tests/judging_accounts_test" 2>&1)
	like "$output" "$# real histor(y|ies), [1-9][0-9]* lanes, [1-9][0-9]* holds, .* 0 differ" "$name"
}

# The default campaign with a quarter of its locks, as default.conf here: every fault of it, at a price that ten
# of these tests and their neighbours can pay.
few_locks()
{
	sed 's/^\tlanes = 16$/\tlanes = 4/; s/^\tlanes = 12$/\tlanes = 3/' "$root/campaigns/default.conf" >default.conf
}

# How often a run found what has these names, for sure.
definite() # history.db subject name...
{
	sqlite3 -batch -readonly "$1" "SELECT ifnull(sum(definite), 0) FROM tally
		WHERE subject = '$2' AND name IN ($(printf "'%s'," "${@:3}")'')"
}

done_testing()
{
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
	exit
}

# Leftovers -----------------------------------------------------------------------------------
# A run leaves nothing on the machine but its own folder: no process, network namespace, interface,
# mount or nftables table.

# Processes that come from this test, other than this shell and what it runs right now: those that
# carry its mark, and every etcd or fencepost of this user whose environment cannot be read. One that
# has ended (a zombie, or on its way there) has no memory, nor an environment: somebody else's, as a rule.
leftovers_processes()
{
	# shellcheck disable=SC2016 # the dollars are perl's
	perl -e '
		my ($mark, $shell) = @ARGV;
		sub slurp { local $/; open my $file, "<", shift or return ""; <$file> // "" }
		sub parent { slurp("/proc/$_[0]/stat") =~ /.*\) \S+ (\d+)/s ? $1 : $shell } # has just ended
		sub is_ours { my $pid = shift; $pid = parent($pid) while $pid > 1 && $pid != $shell; $pid > 1 }
		for my $pid (map { m{(\d+)$} } glob "/proc/[0-9]*") {
			my ($environment, $name) = map { slurp("/proc/$pid/$_") } qw(environ comm);
			if ("\0$environment\0" =~ /\0FENCEPOST_TEST=\Q$mark\E\0/) {
				print "process $pid $name" if !is_ours($pid);
			} elsif ($environment eq "" && $name =~ /^(etcd|fencepost)/) {
				my $status = slurp("/proc/$pid/status");
				print "process $pid $name" if $status =~ /^Uid:\t$<\t/m && $status =~ /^VmSize:/m;
			}
		}' "$FENCEPOST_TEST" "$$"
}

leftovers_list()
{
	leftovers_processes
	awk '{ print "mount", $1, $2, $3 }' /proc/mounts
	sed -n 's/^ *\([^ :]*\):.*/interface \1/p' /proc/net/dev
	find /run/netns -mindepth 1 -printf 'network namespace %f\n' 2>/dev/null
	if [ "$(id -u)" = 0 ]; then
		PATH=$PATH:/usr/sbin nft list tables 2>/dev/null | sed 's/^/nftables /'
	fi
}

# Notes what is there.
leftovers_snapshot()
{
	leftovers_list | sort >"$scratch/.leftovers"
}

# A test: nothing is there that was not at the snapshot. The kernel takes a sandbox down after its
# supervisor has ended, when the machine comes to it: look again for a while.
leftovers_patience_s=20
leftovers_check() # name
{
	local more deadline_s=$((SECONDS + leftovers_patience_s))

	while more=$(leftovers_list | sort | comm -13 "$scratch/.leftovers" - 2>&1); [ -n "$more" ]; do
		[ "$SECONDS" -lt "$deadline_s" ] || break
		sleep 0.1
	done
	if [ -z "$more" ]; then pass "$1"; else fail "$1" "$more"; fi
}
