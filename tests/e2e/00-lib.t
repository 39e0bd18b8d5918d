#!/bin/bash
# The helpers of the other scripts can fail: each is shown what it must refuse. A script of one test
# is written, run, and judged by its TAP and its exit status.
# shellcheck disable=SC2016 # the dollars in single quotes are for the scripts that are written
. "$(dirname "$0")/lib.sh"
[ -z "${APART-}" ] || mount -t tmpfs none /run # where ip keeps its network namespaces

lib=$root/tests/e2e/lib.sh

# What a script with this body prints, without its diagnostics, and its exit status.
run_body()
{
	printf '. %q\n%s\n' "$lib" "$1" >body.t
	bash body.t 2>/dev/null
	echo "exit $?"
}

is "$(run_body 'ok name true; done_testing')" $'ok 1 - name\n1..1\nexit 0' 'ok accepts'
is "$(run_body 'ok name false; done_testing')" $'not ok 1 - name\n1..1\nexit 1' 'ok refuses'
is "$(run_body 'exits 3 name bash -c "exit 3"; done_testing')" $'ok 1 - name\n1..1\nexit 0' 'exits accepts'
is "$(run_body 'exits 3 name true; done_testing')" $'not ok 1 - name\n1..1\nexit 1' 'exits refuses'
is "$(run_body 'is a b name; done_testing')" $'not ok 1 - name\n1..1\nexit 1' 'is refuses'
is "$(run_body 'like abc "^b" name; done_testing')" $'not ok 1 - name\n1..1\nexit 1' 'like refuses'
is "$(run_body 'unlike abc "b" name; done_testing')" $'not ok 1 - name\n1..1\nexit 1' 'unlike refuses'
is "$(run_body 'is a a one; skip two why; done_testing')" \
	$'ok 1 - one\nok 2 - two # SKIP why\n1..2\nexit 0' 'skip says why'
is "$(run_body 'skip_all why; done_testing')" $'1..0 # SKIP why\nexit 0' 'skip_all ends the script'
is "$(run_body 'done_testing')" $'1..0\nexit 1' 'a script without a test has failed'
run_body 'echo "$scratch" >&3; true >file' 3>where >run
ok 'the folder of a test is removed' test -s where -a ! -e "$(cat where)"

leftovers='leftovers_patience_s=1; leftovers_snapshot; %s; leftovers_check name; done_testing'
left() # command that leaves something
{
	# shellcheck disable=SC2059 # the format is ours
	run_body "$(printf "$leftovers" "$1")"
}
refused=$'not ok 1 - name\n1..1\nexit 1'

is "$(left true)" $'ok 1 - name\n1..1\nexit 0' 'leftovers_check accepts'
is "$(left '(setsid sleep 300 >/dev/null 2>&1 & echo $! >sleeper); cat sleeper >&3' 3>pid)" \
	"$refused" 'leftovers_check finds a process'
kill "$(cat pid)"
cp "$(command -v sleep)" etcd
is "$(left "(env -i $PWD/etcd 300 >/dev/null 2>&1 & echo \$! >&3)" 3>pid)" \
	"$refused" 'leftovers_check finds an etcd that tells nothing of itself'
kill "$(cat pid)"
# Its parent, that of somebody else, never asks how it ended.
is "$(left "(env -u FENCEPOST_TEST sh -c 'echo \$\$ >$PWD/pid; $PWD/etcd 0 & exec sleep 300' >/dev/null 2>&1 &); sleep 1
	grep -l '^etcd' /proc/[0-9]*/comm >&3" 3>zombies)" \
	$'ok 1 - name\n1..1\nexit 0' 'but no etcd that has ended'
kill "$(cat pid)"
ok 'there was one' test -s zombies
like "$(run_body 'leftovers_patience_s=0; leftovers_check name; done_testing')" '^not ok' \
	'leftovers_check refuses when nothing was noted before'
if [ "$(id -u)" = 0 ] && ip link add fp-left type veth peer fp-right 2>/dev/null; then
	ip link del fp-left
	is "$(left 'ip link add fp-left type veth peer fp-right')" \
		"$refused" 'leftovers_check finds an interface'
	ip link del fp-left
else
	skip 'leftovers_check finds an interface' 'may not add one'
fi
if [ "$(id -u)" = 0 ] && ip netns add fp-left 2>/dev/null; then
	ip netns del fp-left
	is "$(left 'ip netns add fp-left')" "$refused" 'leftovers_check finds a network namespace'
	ip netns del fp-left
else
	skip 'leftovers_check finds a network namespace' 'may not add one'
fi
if [ "$(id -u)" = 0 ] && nft add table fp-left 2>/dev/null; then
	nft delete table fp-left
	is "$(left 'nft add table fp-left')" "$refused" 'leftovers_check finds an nftables table'
	nft delete table fp-left
else
	skip 'leftovers_check finds an nftables table' 'may not add one'
fi
mkdir mounted
if [ "$(id -u)" = 0 ] && mount -t tmpfs none mounted 2>/dev/null; then
	umount mounted
	is "$(left "mount -t tmpfs none $PWD/mounted")" "$refused" 'leftovers_check finds a mount'
	umount mounted
else
	skip 'leftovers_check finds a mount' 'may not mount'
fi
done_testing
