/* Of each machine that refuses a sandbox the reason is told, and what to do: other machines are
 * played by their files, and the refusals that can be had here are real. */
#include <check.h>
#include <errno.h>
#include <mntent.h>
#include <seccomp.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/invariant.h"
#include "sandbox/remedy.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_rig.h"

/* Other machines ------------------------------------------------------------------------------ */

#define PLAIN_MOUNTS                                                                               \
	"25 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n"                                         \
	"22 25 0:21 / /proc rw,nosuid - proc proc rw\n"                                            \
	"30 22 0:30 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw,fd=29\n"
#define DOCKER_MOUNTS                                                                              \
	"162 136 0:52 / / rw,relatime master:3 - overlay overlay rw,lowerdir=/l\n"                 \
	"163 162 0:55 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"                    \
	"181 162 254:0 /docker/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw\n"
#define DOCKER_MASKS                                                                               \
	"140 163 0:55 /sys /proc/sys ro,nosuid - proc proc rw\n"                                   \
	"142 163 0:56 /null /proc/keys rw,nosuid - tmpfs tmpfs rw,size=65536k\n"
#define ROOT        "CapEff:\t000001ffffffffff\n"
#define DOCKER_ROOT "CapEff:\t00000000a80425fb\n"
#define NOBODY      "CapEff:\t0000000000000000\n"
#define FILTER      "Seccomp:\t2\nSeccomp_filters:\t1\n"
#define NO_FILTER   "Seccomp:\t0\nSeccomp_filters:\t0\n"

static const char *machine;

static void has(const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", machine, name);
	for (char *slash = path + strlen(machine) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");

	ck_assert_msg(file != NULL, "%s", path);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void play(const char *status, const char *mounts)
{
	if (!machine) {
		machine = scratch_file("machine");
		ck_assert_int_eq(mkdir(machine, 0700), 0);
	}
	has("proc/self/status", status);
	has("proc/self/mountinfo", mounts);
	has("proc/sys/user/max_user_namespaces", "96365\n");
}

static const char *advice(enum refusal refusal)
{
	static char text[REMEDY_SIZE];

	remedy_find_below(machine, refusal, text);
	return text;
}

#define says(refusal, text) ck_assert_str_eq(advice(refusal), text)
#define speaks_of(refusal, word)                                                                   \
	ck_assert_msg(strstr(advice(refusal), word) != NULL, "%s", advice(refusal))

START_TEST(container_of_docker_is_told_both_of_its_options_at_once)
{
	play(DOCKER_ROOT FILTER, DOCKER_MOUNTS DOCKER_MASKS);
	says(REFUSED_NAMESPACES, "this is a container: start it with --security-opt "
				 "seccomp=unconfined --security-opt systempaths=unconfined");
}
END_TEST

START_TEST(container_without_filter_is_told_of_its_masks_only)
{
	play(DOCKER_ROOT NO_FILTER, DOCKER_MOUNTS DOCKER_MASKS);
	says(REFUSED_PROC, "this is a container: start it with --security-opt "
			   "systempaths=unconfined as well");
}
END_TEST

START_TEST(container_without_masks_is_told_of_its_filter_only)
{
	play(DOCKER_ROOT FILTER, DOCKER_MOUNTS);
	says(REFUSED_NAMESPACES,
	     "this is a container: start it with --security-opt seccomp=unconfined");
}
END_TEST

/* Its filter lets namespaces pass, and has nothing to do with /proc. */
START_TEST(container_of_podman_is_told_podmans_option)
{
	play(NOBODY FILTER, DOCKER_MOUNTS DOCKER_MASKS);
	has("run/.containerenv", "");
	says(REFUSED_PROC, "this is a container: start it with --security-opt unmask=ALL as well");
}
END_TEST

START_TEST(container_under_apparmor_is_told_so)
{
	play(DOCKER_ROOT NO_FILTER, DOCKER_MOUNTS);
	has("proc/self/attr/current", "docker-default (enforce)\n");
	says(REFUSED_MOUNTS, "this is a container: start it with --security-opt "
			     "apparmor=unconfined as well");
}
END_TEST

/* As kaniko, containerd and Kubernetes make them; the root file system may be of any kind. */
START_TEST(container_is_known_by_its_mounts)
{
	play(DOCKER_ROOT FILTER, "1 0 0:52 / / rw - btrfs /dev/vda rw\n"
				 "2 1 0:5 / /proc rw - proc proc rw\n"
				 "3 1 0:6 /x /etc/resolv.conf rw - ext4 /dev/vda rw\n");
	speaks_of(REFUSED_NAMESPACES, "this is a container");
	play(DOCKER_ROOT FILTER, "1 0 0:52 / / rw - fuse.fuse-overlayfs x rw\n"
				 "2 1 0:5 / /proc rw - proc proc rw\n");
	speaks_of(REFUSED_NAMESPACES, "this is a container");
	/* A virtual machine that was made from an image of Docker. */
	play(ROOT NO_FILTER, PLAIN_MOUNTS);
	has(".dockerenv", "");
	ck_assert_ptr_null(strstr(advice(REFUSED_NAMESPACES), "container"));
}
END_TEST

START_TEST(container_that_shows_no_reason_is_told_of_all_rights)
{
	play(DOCKER_ROOT NO_FILTER, DOCKER_MOUNTS);
	says(REFUSED_MOUNTS, "this is a container: start it with --privileged as well");
}
END_TEST

START_TEST(ubuntu_is_told_its_setting)
{
	play(NOBODY NO_FILTER, PLAIN_MOUNTS);
	has("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
	has("proc/self/attr/current", "unconfined\n");
	for (enum refusal refusal = REFUSED_NAMESPACES; refusal <= REFUSED_PROC; refusal++) {
		speaks_of(refusal, "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 (");
		ck_assert_ptr_null(strstr(advice(refusal), "run as root"));
	}
	play(ROOT NO_FILTER, PLAIN_MOUNTS);
	ck_assert_ptr_null(strstr(advice(REFUSED_NAMESPACES), "AppArmor"));
	/* In a container there it is set outside, and does not excuse from the options. */
	play(DOCKER_ROOT FILTER, DOCKER_MOUNTS DOCKER_MASKS);
	speaks_of(REFUSED_NAMESPACES, "userns=0 on the host");
	speaks_of(REFUSED_NAMESPACES, "systempaths=unconfined");
}
END_TEST

START_TEST(setting_that_refuses_is_named)
{
	play(NOBODY NO_FILTER, PLAIN_MOUNTS);
	says(REFUSED_NAMESPACES, "run as root, or on a kernel with user namespaces");
	has("proc/sys/user/max_net_namespaces", "0\n");
	speaks_of(REFUSED_NAMESPACES, "sudo sysctl user.max_net_namespaces=15000");
	has("proc/sys/kernel/unprivileged_userns_clone", "0\n");
	speaks_of(REFUSED_NAMESPACES, "sudo sysctl kernel.unprivileged_userns_clone=1; ");
	speaks_of(REFUSED_NAMESPACES, "user.max_net_namespaces");
	play(ROOT NO_FILTER, PLAIN_MOUNTS);
	ck_assert_ptr_null(strstr(advice(REFUSED_NAMESPACES), "unprivileged_userns_clone"));
}
END_TEST

START_TEST(root_is_told_what_the_kernel_lacks)
{
	play(ROOT NO_FILTER, PLAIN_MOUNTS);
	speaks_of(REFUSED_NAMESPACES, "options USER_NS");
	play(DOCKER_ROOT NO_FILTER, PLAIN_MOUNTS);
	speaks_of(REFUSED_NAMESPACES, "run as root");
}
END_TEST

START_TEST(service_of_systemd_is_told_its_directives)
{
	play(NOBODY FILTER, PLAIN_MOUNTS);
	speaks_of(REFUSED_NAMESPACES, "RestrictNamespaces=no");
	play(NOBODY NO_FILTER, PLAIN_MOUNTS "9 22 0:21 /sys /proc/sys ro - proc proc rw\n");
	speaks_of(REFUSED_PROC, "mounted on /proc/sys,");
	speaks_of(REFUSED_PROC, "ProtectKernelTunables=no");
}
END_TEST

START_TEST(place_without_proc_is_told_to_mount_it)
{
	machine = scratch_file("nothing");
	speaks_of(REFUSED_IDS, "mount -t proc");
}
END_TEST

START_TEST(nothing_refused_has_no_remedy)
{
	play(NOBODY NO_FILTER, PLAIN_MOUNTS);
	says(REFUSED_NOTHING, "");
}
END_TEST

/* Real refusals ------------------------------------------------------------------------------- */

static int end_well(void *context)
{
	(void)context;
	return 0;
}

static void is_refused(const char *call, const char *remedy)
{
	struct sandbox_config config = {.network = true, .main = end_well};
	struct error err = {0};
	pid_t conductor;

	ck_assert_int_eq(sandbox_start(&config, &conductor, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_msg(strstr(err.text, call) && strstr(err.text, remedy), "%s", err.text);
}

static void start_below_a_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0), 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	is_refused("making namespaces", "a seccomp filter forbids it");
}

START_TEST(filter_that_forbids_namespaces_is_found)
{
	rig_run_inside(false, start_below_a_filter);
}
END_TEST

/* The kernel allows a new /proc where any whole one is in sight: somebody may have a chroot. */
static void leave_one_proc(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *entry;

	ck_assert_ptr_nonnull(mounts);
	while ((entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "proc") && strcmp(entry->mnt_dir, "/proc") != 0)
			ck_assert_int_eq(umount2(entry->mnt_dir, MNT_DETACH), 0);
	endmntent(mounts);
}

static void start_with_a_mask(void)
{
	if (!rig_owns_users("mask_over_proc_is_found"))
		return;
	leave_one_proc();
	ck_assert_int_eq(mount("none", "/proc/irq", "tmpfs", 0, NULL), 0);
	is_refused("mounting /proc", "mounted on /proc/irq,");
}

START_TEST(mask_over_proc_is_found)
{
	rig_run_inside(false, start_with_a_mask);
}
END_TEST

/* With what a shell needs, and no mount at its root. */
static void start_in_a_chroot(void)
{
	static const char *const needed[] = {"usr", "bin", "lib", "lib64", "proc"};
	char path[512], source[16];

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		snprintf(source, sizeof(source), "/%s", needed[i]);
		if (access(source, F_OK))
			continue;
		snprintf(path, sizeof(path), "%s/%s", rig_run_dir, needed[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
		ck_assert_int_eq(mount(source, path, NULL, MS_BIND | MS_REC, NULL), 0);
	}
	ck_assert_int_eq(chroot(rig_run_dir), 0);
	ck_assert_int_eq(chdir("/"), 0);
	is_refused("mak", "this is a chroot");
}

START_TEST(chroot_is_found)
{
	rig_run_inside(false, start_in_a_chroot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sandbox: remedy");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_remedy_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, container_of_docker_is_told_both_of_its_options_at_once);
	tcase_add_test(tests, container_without_filter_is_told_of_its_masks_only);
	tcase_add_test(tests, container_without_masks_is_told_of_its_filter_only);
	tcase_add_test(tests, container_of_podman_is_told_podmans_option);
	tcase_add_test(tests, container_under_apparmor_is_told_so);
	tcase_add_test(tests, container_is_known_by_its_mounts);
	tcase_add_test(tests, container_that_shows_no_reason_is_told_of_all_rights);
	tcase_add_test(tests, ubuntu_is_told_its_setting);
	tcase_add_test(tests, setting_that_refuses_is_named);
	tcase_add_test(tests, root_is_told_what_the_kernel_lacks);
	tcase_add_test(tests, service_of_systemd_is_told_its_directives);
	tcase_add_test(tests, place_without_proc_is_told_to_mount_it);
	tcase_add_test(tests, nothing_refused_has_no_remedy);
	tcase_add_test(tests, filter_that_forbids_namespaces_is_found);
	tcase_add_test(tests, mask_over_proc_is_found);
	tcase_add_test(tests, chroot_is_found);
	return suite_run(suite);
}
