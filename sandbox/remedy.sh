#!/bin/sh
# Usage: remedy.sh CALL [ROOT]
#
# Why this machine refuses a sandbox, and what to do about it, on one line of standard output. CALL is
# what was refused: "namespaces", "ids" (their user and group ids), "mounts" (making them private) or
# "proc" (a /proc of the sandbox's own). Everything that can be seen to stand in the way is said at once,
# so that nobody mends one thing only to meet the next. ROOT looks like "/": a test plays other machines.
#
# A shell script, for it is asked by two: by scripts/dependencies before anything is installed or
# compiled, and by the program, which contains it (remedy.c).
set -u
call=$1 root=${2-} said=

say() # cause and remedy...
{
	said=${said:+$said; }$*
}

# A file below /proc, or nothing.
proc() # name
{
	cat "$root/proc/$1" 2>/dev/null
}

# The first of what hides a part of /proc: then the kernel allows no other. What Linux itself keeps
# there to be mounted on hides nothing.
find_mask()
{
	proc self/mountinfo | awk '$5 ~ "^/proc/." &&
		$5 !~ "^/proc/(sys/fs/binfmt_misc|fs/nfsd|xen|openprom)$" { print $5; exit }'
}

is_mount_point() # pattern of a path
{
	proc self/mountinfo | awk -v path="^($1)$" '$5 ~ path { found = 1 } END { exit !found }'
}

# By its mounts: some engines leave no file /.dockerenv, and some virtual machines are made from an
# image that has one.
is_container()
{
	is_mount_point '/etc/(hosts|hostname|resolv[.]conf)' ||
		proc self/mountinfo | awk '$5 == "/" && / - [^ ]*overlay/ { found = 1 } END { exit !found }'
}

identity() # name below /proc
{
	stat -L -c %d:%i "$root/proc/$1" 2>/dev/null
}

# In a chroot whose root is no mount point, none is at "/". Else the first process has another root in the
# same mounts (which only root may ask).
is_chroot()
{
	is_mount_point / || return 0
	[ "$(identity 1/ns/mnt)" = "$(identity self/ns/mnt)" ] &&
		[ "$(identity 1/root)" != "$(identity self/root)" ]
}

# What forbids namespaces to processes without CAP_SYS_ADMIN, or to all.
look_at_settings()
{
	if [ -z "$capable" ] && [ "$(proc sys/kernel/apparmor_restrict_unprivileged_userns)" = 1 ]; then
		say "AppArmor refuses user namespaces (Ubuntu 23.10 and later): sudo sysctl" \
			"kernel.apparmor_restrict_unprivileged_userns=0${container:+ on the host} (README.md" \
			"says how to do so for good)"
	fi
	case $call in
	namespaces | ids) ;;
	*) return ;;
	esac
	if [ -z "$capable" ] && [ "$(proc sys/kernel/unprivileged_userns_clone)" = 0 ]; then
		say 'user namespaces are switched off: sudo sysctl kernel.unprivileged_userns_clone=1'
	fi
	for kind in user mnt pid net; do
		[ "$(proc sys/user/max_${kind}_namespaces)" != 0 ] ||
			say "the limit of $kind namespaces is 0: sudo sysctl" \
				"user.max_${kind}_namespaces=15000"
	done
}

# A filter that let the namespaces pass is suspected of what came after them only when nothing else is.
look_at_container()
{
	unmask=systempaths=unconfined options='' too=''
	[ "$call" = namespaces ] || too=' as well'
	[ ! -e "$root/run/.containerenv" ] || unmask=unmask=ALL # Podman
	if [ "$filtered" ] && { [ "$call" = namespaces ] || [ -z "$mask$label" ]; }; then
		options=' --security-opt seccomp=unconfined'
	fi
	options=$options${mask:+ --security-opt $unmask}${label:+ --security-opt apparmor=unconfined}
	[ -n "$options$said" ] || options=' --privileged'
	[ -z "$options" ] || say "this is a container: start it with$options$too"
}

look_at_process()
{
	if [ "$filtered" ] && [ "$call" = namespaces ]; then
		say 'a seccomp filter forbids it (of a systemd service: RestrictNamespaces=no)'
	fi
	if [ "$mask" ] && [ "$call" = proc ]; then
		say "something is mounted on $mask, and Linux gives nobody a new /proc that shows what" \
			"it hides (of a systemd service: ProtectKernelTunables=no)"
	fi
	if [ "$label" ]; then
		say "AppArmor's profile $label may forbid it"
	fi
}

filtered=$(proc self/status | sed -n 's/^Seccomp:[^0-9]*2$/yes/p')
capable=$(proc self/status | sed -n 's/^CapEff:.*[2367abef].....$/yes/p') # CAP_SYS_ADMIN is bit 21
label=$(proc self/attr/current | sed -n 's/ (enforce)$//p')
mask=$(find_mask)
container=
if is_container; then container=yes; fi

if [ ! -e "$root/proc/self/status" ]; then
	say 'no /proc is mounted here: mount -t proc proc /proc'
elif is_chroot; then
	say 'this is a chroot, in which Linux makes no user namespaces: run outside it, or enter' \
		'that tree by bwrap --unshare-user --uid 1000 --bind DIRECTORY / --dev-bind /dev /dev' \
		'--proc /proc'
else
	look_at_settings
	if [ "$container" ]; then
		look_at_container
	else
		look_at_process
	fi
fi
if [ -z "$said" ] && [ "$capable" ]; then
	say "Linux refuses it to root: it needs the options USER_NS, PID_NS and NET_NS"
fi
echo "${said:-run as root, or on a kernel with user namespaces}"
