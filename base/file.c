#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/random.h"
#include "base/text.h"

/* By errno, see file.h. */
static int refuse(const char *path, struct error *err)
{
	bool impossible = errno == ENOENT || errno == ENOTDIR || errno == EISDIR ||
			  errno == ENAMETOOLONG || errno == ELOOP || errno == EINVAL;

	return error_errno(err, impossible ? EXIT_BAD_USAGE : EXIT_MACHINE_LACKS,
			   "cannot write %.500s", path);
}

/* The last part of a path; empty when it names a folder. */
static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int open_folder(const char *path)
{
	_cleanup_free_ char *copy = strdup(path); /* dirname writes into it */

	CHECK_MEMORY(copy);
	return open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_the_folder_of_devices(int folder)
{
	struct stat here, devices;

	return fstat(folder, &here) == 0 && stat("/dev", &devices) == 0 &&
	       here.st_dev == devices.st_dev && here.st_ino == devices.st_ino;
}

/* Nothing, a file or a link may be replaced. */
static int check_name(const struct file *file, struct error *err)
{
	struct stat found;

	if (*name_of(file->path) == '\0') {
		errno = *file->path ? EISDIR : ENOENT;
		return refuse(file->path, err);
	}
	bool there = fstatat(file->folder, name_of(file->path), &found, AT_SYMLINK_NOFOLLOW) == 0;

	if (there && S_ISDIR(found.st_mode)) {
		errno = EISDIR;
		return refuse(file->path, err);
	}
	if ((there && !S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode)) ||
	    is_the_folder_of_devices(file->folder))
		return error_set(err, EXIT_BAD_USAGE,
				 "cannot write %.500s: it is no regular file, and is not replaced; "
				 "name a file",
				 file->path);
	return 0;
}

static int open_beside(struct file *file, struct error *err)
{
	/* The name may be as long as names get. */
	file->beside = text_format(".%.200s.%016" PRIx64, name_of(file->path), random_draw_seed());
	int fd = openat(file->folder, file->beside,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd == -1)
		return refuse(file->path, err);
	file->out = fdopen(fd, "w");
	CHECK(file->out);
	return 0;
}

static void close_file(struct file *file)
{
	close(file->folder);
	free(file->beside);
}

int file_begin(struct file *file, const char *path, struct error *err)
{
	*file = (struct file){.path = path, .folder = open_folder(path)};
	if (file->folder == -1)
		return refuse(path, err);
	if (check_name(file, err) == 0 && open_beside(file, err) == 0)
		return 0;
	close_file(file);
	return -1;
}

/* Everything on the disk: where a later step would only find that it was lost, this one says why.
 * A file system that cannot sync says EINVAL. */
static bool is_written(FILE *out)
{
	errno = 0;
	if (fflush(out) || ferror(out)) {
		errno = errno ? errno : EIO; /* the error came earlier */
		return false;
	}
	return fsync(fileno(out)) == 0 || errno == EINVAL || errno == EROFS;
}

int file_end(struct file *file, int failed, struct error *err)
{
	if (!failed && !is_written(file->out))
		failed = refuse(file->path, err);
	if (fclose(take(file->out)) && !failed)
		failed = refuse(file->path, err);
	if (!failed && renameat(file->folder, file->beside, file->folder, name_of(file->path)))
		failed = refuse(file->path, err);
	if (failed)
		unlinkat(file->folder, file->beside, 0);
	close_file(file);
	return failed ? -1 : 0;
}

int file_take_name(const char *beside, const char *path, struct error *err)
{
	errno = EEXIST;
	if (access(path, F_OK) == 0 || rename(beside, path))
		return error_errno(err, EXIT_MACHINE_LACKS, "make %.300s", path);
	return 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

int file_make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_folder(path))
			return -1;
		*slash = '/';
	}
	return make_folder(path);
}
