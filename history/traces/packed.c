#include "history/traces/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/cleanup.h"
#include "base/invariant.h"

enum {
	BLOCK_SIZE = 1 << 17,
	MAGIC_MAX = 4,
	ZSTD_WINDOW_BITS = 27, /* the library's own limit, as of the program */
	GZIP_WINDOW = 15 + 16, /* the largest; and gzip's head, no other: see inflateInit2 */
};

static const unsigned char gzip_magic[] = {0x1f, 0x8b}, zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

enum kind { KIND_UNKNOWN, KIND_PLAIN, KIND_GZIP, KIND_ZSTD };

struct packed {
	int fd;
	const char *name;
	enum kind kind;
	unsigned char block[BLOCK_SIZE]; /* read, and not yet taken: from `at` to `end` */
	size_t at, end;
	bool finished; /* nothing comes behind the block */
	bool within;   /* a gzip member or a zstd frame has begun and is not over */
	int64_t done;
	z_stream gzip;
	ZSTD_DStream *zstd;
};

struct packed *packed_open(int fd, const char *name)
{
	struct packed *packed = calloc(1, sizeof(*packed));

	CHECK_MEMORY(packed);
	packed->fd = fd;
	packed->name = name;
	return packed;
}

void packed_close(struct packed *packed)
{
	if (!packed)
		return;
	if (packed->kind == KIND_GZIP)
		inflateEnd(&packed->gzip);
	ZSTD_freeDStream(packed->zstd);
	free(packed);
}

int64_t packed_done(const struct packed *packed)
{
	return packed->done;
}

static int read_some(struct packed *packed, void *into, size_t wanted, size_t *got,
		     struct error *err)
{
	ssize_t result;

	do
		result = read(packed->fd, into, wanted);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_errno(err, EXIT_MACHINE_LACKS, "read %.300s", packed->name);
	*got = (size_t)result;
	packed->done += result;
	packed->finished = result == 0;
	return 0;
}

static bool begins_with(const struct packed *packed, const unsigned char *magic, size_t length)
{
	return packed->end >= length && memcmp(packed->block, magic, length) == 0;
}

/* A pipe may give its first bytes one by one. */
static int find_kind(struct packed *packed, struct error *err)
{
	while (packed->end < MAGIC_MAX && !packed->finished) {
		size_t got;

		if (read_some(packed, packed->block + packed->end, BLOCK_SIZE - packed->end, &got,
			      err))
			return -1;
		packed->end += got;
	}
	packed->kind = KIND_PLAIN;
	if (begins_with(packed, gzip_magic, sizeof(gzip_magic))) {
		packed->kind = KIND_GZIP;
		CHECK_MEMORY(inflateInit2(&packed->gzip, GZIP_WINDOW) == Z_OK);
	} else if (begins_with(packed, zstd_magic, sizeof(zstd_magic))) {
		packed->kind = KIND_ZSTD;
		packed->zstd = ZSTD_createDStream();
		CHECK_MEMORY(packed->zstd);
		CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(packed->zstd, ZSTD_d_windowLogMax,
							   ZSTD_WINDOW_BITS)));
	}
	return 0;
}

bool packed_is(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct packed *packed = packed_open(fd, path);
	struct error ignored = {0};
	bool is = fd >= 0 && !find_kind(packed, &ignored) && packed->kind != KIND_PLAIN;

	packed_close(packed);
	return is;
}

static int read_plain(struct packed *packed, char *into, size_t wanted, size_t *got,
		      struct error *err)
{
	size_t kept = packed->end - packed->at;

	if (kept == 0)
		return packed->finished ? (*got = 0, 0) : read_some(packed, into, wanted, got, err);
	*got = kept < wanted ? kept : wanted;
	memcpy(into, packed->block + packed->at, *got);
	packed->at += *got;
	return 0;
}

static int refuse(const struct packed *packed, const char *what, struct error *err)
{
	return error_set(err, EXIT_BAD_USAGE,
			 "%.300s: its %s data is damaged, within the first %" PRId64 " bytes: %s",
			 packed->name, packed->kind == KIND_GZIP ? "gzip" : "zstd", packed->done,
			 what);
}

/* A step of the library: `packed->at` and *got go forward. Members and frames may follow on one
 * another. */
static int unpack_gzip(struct packed *packed, char *into, size_t wanted, size_t *got,
		       struct error *err)
{
	z_stream *gzip = &packed->gzip;

	gzip->next_in = packed->block + packed->at;
	gzip->avail_in = (unsigned int)(packed->end - packed->at);
	gzip->next_out = (unsigned char *)into;
	gzip->avail_out = (unsigned int)wanted;
	packed->within = true;
	int result = inflate(gzip, Z_NO_FLUSH);

	packed->at = packed->end - gzip->avail_in;
	*got = wanted - gzip->avail_out;
	CHECK_MEMORY(result != Z_MEM_ERROR);
	CHECK(result != Z_STREAM_ERROR);
	if (result == Z_STREAM_END) {
		packed->within = false;
		CHECK(inflateReset(gzip) == Z_OK);
	} else if (result != Z_OK && result != Z_BUF_ERROR) {
		return refuse(packed, gzip->msg ? gzip->msg : "it needs a dictionary", err);
	}
	return 0;
}

static int unpack_zstd(struct packed *packed, char *into, size_t wanted, size_t *got,
		       struct error *err)
{
	ZSTD_inBuffer in = {packed->block, packed->end, packed->at};
	ZSTD_outBuffer out = {into, wanted, 0};
	size_t result = ZSTD_decompressStream(packed->zstd, &out, &in);

	packed->at = in.pos;
	*got = out.pos;
	CHECK_MEMORY(ZSTD_getErrorCode(result) != ZSTD_error_memory_allocation);
	if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%.300s: its zstd window is larger than the %d MiB that are allowed "
			"(it was packed with --long=%d or more): read it from "
			"`zstd -dc --long=31 FILE` through a pipe, or pack it without --long",
			packed->name, 1 << (ZSTD_WINDOW_BITS - 20), ZSTD_WINDOW_BITS + 1);
	if (ZSTD_isError(result))
		return refuse(packed, ZSTD_getErrorName(result), err);
	packed->within = result != 0;
	return 0;
}

static int read_packed(struct packed *packed, char *into, size_t wanted, size_t *got,
		       struct error *err)
{
	for (*got = 0; *got == 0;) {
		if (packed->at == packed->end && !packed->finished) {
			packed->at = 0;
			packed->end = 0;
			if (read_some(packed, packed->block, BLOCK_SIZE, &packed->end, err))
				return -1;
		}
		bool empty = packed->at == packed->end;

		if (empty && !packed->within)
			return 0;
		if (packed->kind == KIND_GZIP ? unpack_gzip(packed, into, wanted, got, err)
					      : unpack_zstd(packed, into, wanted, got, err))
			return -1;
		if (*got == 0 && empty && packed->finished && packed->within)
			return error_set(err, EXIT_BAD_USAGE,
					 "%.300s: its %s data is cut off after %" PRId64 " bytes",
					 packed->name, packed->kind == KIND_GZIP ? "gzip" : "zstd",
					 packed->done);
	}
	return 0;
}

int packed_read(struct packed *packed, char *into, size_t wanted, size_t *got, struct error *err)
{
	if (packed->kind == KIND_UNKNOWN && find_kind(packed, err))
		return -1;
	return packed->kind == KIND_PLAIN ? read_plain(packed, into, wanted, got, err)
					  : read_packed(packed, into, wanted, got, err);
}
