#include "cluster/remedy.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The number in a file below the settings, or -1 when this kernel has no such file. */
static long setting(const char *settings, const char *name)
{
	char path[256];
	long value = -1;

	snprintf(path, sizeof(path), "%s/%s", settings, name);
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file || fscanf(file, "%ld", &value) != 1)
		return -1;
	return value;
}

const char *remedy_from_settings(const char *settings, bool root, bool container)
{
	if (!root && setting(settings, "kernel/apparmor_restrict_unprivileged_userns") == 1)
		return "AppArmor refuses user namespaces (Ubuntu 23.10 and later): sudo sysctl "
		       "kernel.apparmor_restrict_unprivileged_userns=0, or run as root";
	if (!root && setting(settings, "kernel/unprivileged_userns_clone") == 0)
		return "user namespaces are switched off: sudo sysctl "
		       "kernel.unprivileged_userns_clone=1, or run as root";
	if (setting(settings, "user/max_user_namespaces") == 0)
		return "user namespaces are limited to none: sudo sysctl "
		       "user.max_user_namespaces=15000";
	if (container)
		return "this is a container: start it with --privileged";
	if (root)
		return "this root may not make namespaces: it lacks CAP_SYS_ADMIN";
	return "run as root, or on a kernel with user namespaces";
}

const char *remedy_for_namespaces(void)
{
	bool container =
		access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;

	return remedy_from_settings("/proc/sys", geteuid() == 0, container);
}
