/* The members' data: run_dir/data/NAME is what a member has on its disk. */
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "sandbox/hosts_inside.h"

char *hosts_data_path(const struct hosts *hosts, int member, const char *below)
{
	CHECK(member >= 0 && member < hosts->members);
	return text_format("%s/data/%s%s", hosts->plan.run_dir, hosts_get(hosts, member)->name,
			   below);
}

static char *print_all(const struct hosts *hosts)
{
	return text_format("%s/data", hosts->plan.run_dir);
}

int data_prepare(const struct hosts *hosts, struct error *err)
{
	_cleanup_free_ char *path = print_all(hosts);

	if (mkdir(path, 0700) && errno != EEXIST)
		return error_errno(err, EXIT_MACHINE_LACKS, "directory %s", path);
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status, (void)kind, (void)where;
	remove(path);
	return 0;
}

static void delete_below(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void hosts_delete_data(const struct hosts *hosts, int member)
{
	_cleanup_free_ char *path = hosts_data_path(hosts, member, "");

	delete_below(path);
}

/* It is large (of etcd, 64 MB for each log) and of no use afterwards. */
void data_delete_all(const struct hosts *hosts)
{
	_cleanup_free_ char *path = print_all(hosts);

	delete_below(path);
}
