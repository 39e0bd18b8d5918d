/* gzip's and zstd's data, and pipes: read as what they hold, or one clear error. */
#include <zlib.h>
#include <zstd.h>

#include "history/traces/packed.h"
#include "tests/support/suite.h"
#include "tests/unit/traces_rig.h"

static const char log_text[] = "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\"}\n"
			       "{\"type\":\"ok\",\"process\":1}\n";

enum { ROOM = 4096, GZIP = 0, ZSTD = 1, KINDS = 2 };

static size_t pack(int kind, const char *text, size_t length, char *into, size_t room)
{
	z_stream stream = {0};

	if (kind == ZSTD) { /* as the program writes it, with a checksum */
		ZSTD_CCtx *zstd = ZSTD_createCCtx();

		ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
		size_t packed = ZSTD_compress2(zstd, into, room, text, length);

		ck_assert_msg(!ZSTD_isError(packed), "%s", ZSTD_getErrorName(packed));
		ZSTD_freeCCtx(zstd);
		return packed;
	}

	ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	stream.next_in = (unsigned char *)strdup(text);
	unsigned char *copy = stream.next_in;
	stream.avail_in = (unsigned int)length;
	stream.next_out = (unsigned char *)into;
	stream.avail_out = (unsigned int)room;
	ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	free(copy);
	return room - stream.avail_out;
}

static int import_bytes(const char *bytes, size_t length, struct trace *trace, struct error *err)
{
	struct trace_source source = {.path = write_source(bytes, length)};

	return trace_import(&source, trace, err);
}

START_TEST(what_is_packed_is_read_as_what_it_holds)
{
	char packed[ROOM];
	size_t length = pack(_i, log_text, strlen(log_text), packed, sizeof(packed));
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(import_bytes(packed, length, &trace, &err) == 0, "%s", err.text);
	expect_events(&trace, "1 acquire, 1 acquire ok");
	trace_free(&trace);
}
END_TEST

/* As `cat a.gz b.gz`, and as bgzip and pzstd write. */
START_TEST(members_follow_on_one_another)
{
	char packed[ROOM];
	size_t half = strlen(strchr(log_text, '\n') + 1), first = strlen(log_text) - half;
	size_t length = pack(_i, log_text, first, packed, sizeof(packed));
	struct trace trace;
	struct error err = {0};

	length += pack(_i, "", 0, packed + length, sizeof(packed) - length);
	length += pack(_i, log_text + first, half, packed + length, sizeof(packed) - length);
	ck_assert_msg(import_bytes(packed, length, &trace, &err) == 0, "%s", err.text);
	expect_events(&trace, "1 acquire, 1 acquire ok");
	trace_free(&trace);
}
END_TEST

/* Never the shorter history that had been read until then. */
START_TEST(what_is_cut_off_is_an_error_wherever)
{
	char packed[ROOM];
	size_t length = pack(_i, log_text, strlen(log_text), packed, sizeof(packed));

	for (size_t kept = 4; kept < length; kept++) {
		struct trace trace;
		struct error err = {0};

		ck_assert_int_eq(import_bytes(packed, kept, &trace, &err), -1);
		ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
		ck_assert_msg(strstr(err.text, "data is cut off after") != NULL, "%zu: %s", kept,
			      err.text);
	}
}
END_TEST

START_TEST(what_is_damaged_is_an_error)
{
	char packed[ROOM];
	size_t length = pack(_i, log_text, strlen(log_text), packed, sizeof(packed));
	struct trace trace;
	struct error err = {0};

	memcpy(packed + length, "junk", 5);
	ck_assert_int_eq(import_bytes(packed, length + 5, &trace, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "data is damaged"));
	memset(packed + length / 2, 'x', 8);
	err = (struct error){0};
	ck_assert_int_eq(import_bytes(packed, length, &trace, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, "data is damaged") != NULL, "%s", err.text);
}
END_TEST

/* Only the head of a frame: magic, descriptor, window 2^28 (RFC 8878, 3.1.1.1). */
START_TEST(a_window_beyond_the_limit_is_no_damage)
{
	static const unsigned char frame[] = {0x28,    0xb5, 0x2f, 0xfd, 0x00,
					      18 << 3, 0x01, 0x00, 0x00};
	struct trace trace;
	struct error err = {0};

	ck_assert_int_eq(import_bytes((const char *)frame, sizeof(frame), &trace, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, "window is larger than the 128 MiB") &&
			      strstr(err.text, "zstd -dc --long=31") &&
			      !strstr(err.text, "damaged"),
		      "%s", err.text);
}
END_TEST

/* A pipe gives its bytes when it likes: what kind it is shows with the fourth. */
START_TEST(a_pipe_may_be_slow)
{
	char packed[ROOM], back[ROOM] = "";
	size_t length = _i < KINDS ? pack(_i, log_text, strlen(log_text), packed, sizeof(packed))
				   : strlen(memcpy(packed, log_text, sizeof(log_text)));
	struct error err = {0};
	size_t total = 0;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	pid_t writer = fork();

	if (writer == 0) {
		for (size_t i = 0; i < length; i++)
			if (write(ends[1], packed + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	struct packed *reader = packed_open(ends[0], "the pipe");

	for (size_t got = 1; got > 0; total += got)
		ck_assert_msg(packed_read(reader, back + total, sizeof(back) - 1 - total, &got,
					  &err) == 0,
			      "%s", err.text);
	back[total] = '\0'; /* zstd may leave something behind what it gave */
	ck_assert_str_eq(back, log_text);
	ck_assert_int_eq(packed_done(reader), (int64_t)length);
	packed_close(reader);
	close(ends[0]);
}
END_TEST

/* 64 MB that are some kilobytes when packed: the window is what is held, or the line refused. */
START_TEST(a_bomb_stays_a_line_too_long)
{
	enum { BOMB = 64 << 20 };
	char *text = malloc(BOMB + 1), *packed = malloc(BOMB);
	struct trace trace;
	struct error err = {0};

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(packed);
	memset(text, ' ', BOMB);
	memcpy(text, "{\"type\":", 8);
	text[BOMB] = '\0';
	size_t length = pack(_i, text, BOMB, packed, BOMB);

	ck_assert_uint_lt(length, BOMB / 100);
	ck_assert_int_eq(import_bytes(packed, length, &trace, &err), -1);
	ck_assert_msg(strstr(err.text, "within 16 MiB") != NULL, "%s", err.text);
	free(text);
	free(packed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: packed sources");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, what_is_packed_is_read_as_what_it_holds, 0, KINDS);
	tcase_add_loop_test(tests, members_follow_on_one_another, 0, KINDS);
	tcase_add_loop_test(tests, what_is_cut_off_is_an_error_wherever, 0, KINDS);
	tcase_add_loop_test(tests, what_is_damaged_is_an_error, 0, KINDS);
	tcase_add_test(tests, a_window_beyond_the_limit_is_no_damage);
	tcase_add_loop_test(tests, a_pipe_may_be_slow, 0, KINDS + 1);
	tcase_add_loop_test(tests, a_bomb_stays_a_line_too_long, 0, KINDS);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
