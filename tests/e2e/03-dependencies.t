#!/bin/bash
# What a newcomer is told who may not install, and who may not have a sandbox. Nothing is installed here.
. "$(dirname "$0")/lib.sh"

dependencies=$root/scripts/dependencies
unset MAKEFLAGS MFLAGS

# A machine where no library is found and root is not to be had; what would change it is noted.
mkdir bin
stub() # name body
{
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1" && chmod +x "bin/$1"
}
stub pkg-config 'exit 1'
stub apt-get 'echo apt-get "$@" >>apt-get.log'
stub id 'echo 1000'
as_newcomer() # purpose...
{
	PATH=$PWD/bin:$PATH "$dependencies" "$@" 2>&1
}

if [ -e /etc/debian_version ]; then
	stub sudo 'exit 1'
	said=$(as_newcomer build)
	is $? 69 'without root what is missing ends it with 69'
	like "$said" $'install with:\n\n    sudo scripts/dependencies build\n' 'what to type is the script itself'
	like "$said" 'lists.*etcd'$'.*\n\n    .*libsqlite3-dev .*zlib1g-dev' 'what it does, and the packages'
	unlike "$said" 'apt-get install' 'which is no apt-get that finds nothing in old lists'
	like "$(as_newcomer test)" 'sudo scripts/dependencies test' 'for the purpose that was asked for'
	ln -s "$(type -P bash)" "$(type -P awk)" "$(type -P grep)" "$(type -P gcc)" "$(type -P fold)" \
		"$(type -P sed)" "$(type -P dirname)" bin/ && rm bin/sudo
	like "$(PATH=$PWD/bin "$dependencies" build 2>&1)" "su -c 'scripts/dependencies build'" \
		'by su where there is no sudo'
else
	skip 'without root what is missing is told' 'this is no Debian'
fi
ok 'nothing was installed' [ ! -e apt-get.log ]

# On a terminal what takes long is counted as it comes.
if command -v script >/dev/null; then
	mkfifo go
	script -qfec "$root/scripts/counting compiling 2 '^  cc' sh -c 'echo \"  cc a\"; read -r x <go; echo \"  cc b\"; echo done'" \
		counted >/dev/null </dev/null &
	for _ in $(seq 50); do
		! grep -q 'compiling 1 of 2' counted 2>/dev/null || break
		sleep 0.1
	done
	like "$(cat counted)" 'compiling 1 of 2' 'what is done is counted at once'
	echo >go
	wait $!
	like "$(tr '\r' '\n' <counted)" $'compiling 2 of 2\n+done\n' 'on one line'
else
	skip 'what is done is counted at once' 'no script(1)'
fi

# Without a sandbox, as in a container of Docker: parts of /proc are hidden. As the root of a user namespace, so
# that everybody can.
hidden() # command...
{
	unshare -Urm sh -c 'mount -t tmpfs none /proc/irq && exec "$@"' sh "$@" 2>&1
}
if [ "$(hidden echo yes)" = yes ]; then
	said=$(PATH=$PWD/bin:$PATH hidden "$dependencies" --sandbox build)
	is $? 69 'where no sandbox can be had it ends with 69'
	like "$said" 'mounted on /proc/irq,' 'and with the reason'
	ok 'before anything is installed' [ ! -e apt-get.log ]
	unlike "$said" 'missing' 'or looked for'
	said=$(hidden fencepost run --no-faults)
	is $? 69 'fencepost ends with 69 there'
	like "$said" 'mounting /proc.*mounted on /proc/irq,' 'and with the same reason'
	is "$(hidden fencepost doctor | grep -c 'mounted on /proc/irq,')" 1 'doctor gives it once'
	is "$(hidden fencepost doctor --json | jq -c '[.abilities[] | select(.state == "untried")] |
		[length, (map(.remedy) | unique)]')" '[7,[""]]' 'of what it could not try it says no more'
else
	skip 'where no sandbox can be had it ends with 69' 'no namespaces to try it in'
fi

# On a busy machine each program costs a tenth of the second in which a newcomer is to be told.
said=$(PATH=/nonexistent /bin/sh "$root/sandbox/remedy.sh" namespaces 2>&1)
like "$?:$said" '^0:.' 'why it cannot be had is told'
unlike "$said" 'not found' 'by a shell that starts no program'

# Where it can be had, which the other tests need.
stub unshare 'exit 1'
said=$(PATH=$PWD/bin:$PATH "$dependencies" --sandbox build 2>&1)
is $? 69 'what is asked is unshare'
rm bin/unshare
if fencepost doctor >/dev/null; then
	unlike "$("$dependencies" --sandbox build 2>&1)" 'refuses' 'a machine that has it is not told off'
	for target in chaos test track-record; do
		like "$(make --no-print-directory -C "$root" -n "$target" 2>/dev/null | head -1)" \
			'dependencies --sandbox' "make $target asks for it before all else"
	done
fi

# A package that does not even suggest what its adapters are run by is refused by lintian (make deb).
wanted=$(
	awk '$1 == "adapters" { print $4 }' "$dependencies"
	head -qn 1 "$root"/adapters/* | sed -n 's|^#!/usr/bin/\(python3\)$|\1:any|p'
)
like "$wanted" 'python3:any' 'one of the adapters is in Python'
is "$(comm -23 <(sort -u <<<"$wanted") <(sed -n 's/^ \(.*\),$/\1/p' "$root/debian/control" | sort))" '' \
	'the package suggests what the adapters need'

# The profile for Ubuntu, for another place as README.md has it written. It is read here, not loaded.
substitution=$(sed -n "s/.*\"sed '\(s|[^']*\)' apparmor.*/\1/p" "$root/README.md")
sed "${substitution//\$PWD//opt/it}" "$root/apparmor/fencepost" >profile
is "$(grep '^profile' profile)" 'profile fencepost /opt/it/build/release/fencepost flags=(unconfined) {' \
	'what README.md says puts this program into the profile'
parser=$(PATH=$PATH:/usr/sbin type -P apparmor_parser)
if [ "$parser" ] && [ -e /etc/apparmor.d/abi/4.0 ]; then # of AppArmor 4, as on Ubuntu 24.04 and Debian 13
	is "$("$parser" -QK profile 2>&1 | grep -v '^Cache')" '' 'which AppArmor understands'
	is "$(sed '/userns/s/,//' profile | "$parser" -QK 2>&1 | grep -c 'parser error')" 1 'as it does not every one'
else
	skip 'which AppArmor understands' 'no apparmor_parser of AppArmor 4'
fi
done_testing
