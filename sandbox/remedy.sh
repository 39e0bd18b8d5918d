#!/bin/sh
# Usage: remedy.sh CALL [ROOT]
#
# Why this machine refuses a sandbox, and what to do about it, on one line of standard output. CALL is
# what was refused: "namespaces", "ids" (their user and group ids), "mounts" (making them private) or
# "proc" (a /proc of the sandbox's own). Everything that can be seen to stand in the way is said at once,
# so that nobody mends one thing only to meet the next. ROOT looks like "/": a test plays other machines.
#
# A shell script, for it is asked by two: by scripts/dependencies before anything is installed or
# compiled, and by the program, which contains it (remedy.c). It starts no program, for each costs more
# than all the rest, and the answer is to be there within a second on a busy machine, too.
set -u
call=$1 root=${2-} said=

say() # cause and remedy...
{
	said=${said:+$said; }$*
}

# The first line of a file below /proc, or nothing, in $line.
look_into() # name
{
	line=
	read -r line 2>/dev/null <"$root/proc/$1" || :
}

# mask: the first of what hides a part of /proc: then the kernel allows no other. What Linux itself keeps
# there to be mounted on hides nothing. container: by its mounts, for some engines leave no file
# /.dockerenv, and some virtual machines are made from an image that has one.
look_at_mounts()
{
	mask='' container='' at_root=''
	while read -r _ _ _ _ point more; do
		type=${more##* - }
		case $point in
		/)
			at_root=yes
			case ${type%% *} in *overlay*) container=yes ;; esac
			;;
		/etc/hosts | /etc/hostname | /etc/resolv.conf) container=yes ;;
		/proc/sys/fs/binfmt_misc | /proc/fs/nfsd | /proc/xen | /proc/openprom) ;;
		/proc/?*) mask=${mask:-$point} ;;
		esac
	done <"$root/proc/self/mountinfo"
}

# filtered: by seccomp. capable: of CAP_SYS_ADMIN, which is bit 21. (Two question marks and a bracket are a
# trigraph of C.)
look_at_status()
{
	filtered='' capable=''
	while read -r key value; do
		case $key$value in
		Seccomp:2) filtered=yes ;;
		CapEff:*[2367abef]????[0-9a-f]) capable=yes ;;
		esac
	done <"$root/proc/self/status"
}

# In a chroot whose root is no mount point, none is at "/". Else the first process has another root in the
# same mounts (which only root may ask).
# shellcheck disable=SC3013 # -ef is POSIX since 2024, and older in dash, bash and busybox
is_chroot()
{
	[ "$at_root" ] || return 0
	[ "$root/proc/1/ns/mnt" -ef "$root/proc/self/ns/mnt" ] &&
		! [ "$root/proc/1/root" -ef "$root/proc/self/root" ]
}

# A setting of the kernel that is there and has this value.
is_set() # name below /proc/sys, value
{
	look_into "sys/$1"
	[ "$line" = "$2" ]
}

# What forbids namespaces to processes without CAP_SYS_ADMIN, or to all.
look_at_settings()
{
	if [ -z "$capable" ] && is_set kernel/apparmor_restrict_unprivileged_userns 1; then
		say "AppArmor refuses user namespaces (Ubuntu 23.10 and later): sudo sysctl" \
			"kernel.apparmor_restrict_unprivileged_userns=0${container:+ on the host} (README.md" \
			"says how to do so for good)"
	fi
	case $call in
	namespaces | ids) ;;
	*) return ;;
	esac
	if [ -z "$capable" ] && is_set kernel/unprivileged_userns_clone 0; then
		say 'user namespaces are switched off: sudo sysctl kernel.unprivileged_userns_clone=1'
	fi
	for kind in user mnt pid net; do
		! is_set "user/max_${kind}_namespaces" 0 ||
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

if [ ! -e "$root/proc/self/status" ]; then
	echo 'no /proc is mounted here: mount -t proc proc /proc'
	exit
fi
look_at_mounts
look_at_status
look_into self/attr/current
label=${line% (enforce)}
[ "$label" != "$line" ] || label=
if is_chroot; then
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
