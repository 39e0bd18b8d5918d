#include "history/traces/attempt_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "history/traces/interner.h"

enum { NUMBERS_FIRST = 4096 };

struct numbered {
	uint32_t object, attempt; /* attempt 0: the number was not seen yet */
};

struct attempts {
	uint32_t count;
	/* By number, what saw it first. The array has room for few more numbers than attempts. */
	struct numbered *numbered;
	int64_t numbers;
	/* All others: names that are no such numbers, or were at another object before. */
	struct interner *texts;
	uint32_t *of_text, of_texts_room;
	bool scattered; /* some number was too great for the array when it was seen */
	struct buffer word;
};

struct attempts *attempts_open(void)
{
	struct attempts *attempts;

	ARRAY_NEW(attempts, 1);
	attempts->texts = interner_open();
	return attempts;
}

void attempts_close(struct attempts *attempts)
{
	if (!attempts)
		return;
	free(attempts->numbered);
	interner_close(attempts->texts);
	free(attempts->of_text);
	buffer_free(&attempts->word);
	free(attempts);
}

void attempts_add_object(struct buffer *out, uint32_t object)
{
	for (uint32_t digits = object; digits > 0; digits >>= 6)
		buffer_add_char(out, (char)('0' + (digits & 63)));
	buffer_add_char(out, ' ');
}

static uint32_t find_text(struct attempts *attempts, uint32_t object, const char *name,
			  size_t length)
{
	struct buffer *word = &attempts->word;
	uint32_t texts = interner_count(attempts->texts);

	buffer_clear(word);
	attempts_add_object(word, object);
	buffer_add(word, name, length);
	uint32_t text = interner_add(attempts->texts, word->text, word->length);

	if (text == texts) {
		ARRAY_GROW(attempts->of_text, texts, attempts->of_texts_room);
		attempts->of_text[text] = ++attempts->count;
	}
	return attempts->of_text[text];
}

/* False: it is much greater than there are attempts. */
static bool make_room(struct attempts *attempts, int64_t number)
{
	int64_t room = attempts->numbers ?: NUMBERS_FIRST;

	if (number >= NUMBERS_FIRST + 4 * (int64_t)attempts->count)
		return false;
	while (room <= number)
		room *= 2;
	if (room > attempts->numbers) {
		attempts->numbered = array_resized(attempts->numbered, (size_t)room,
						   sizeof(*attempts->numbered));
		memset(attempts->numbered + attempts->numbers, 0,
		       (size_t)(room - attempts->numbers) * sizeof(*attempts->numbered));
		attempts->numbers = room;
	}
	return true;
}

uint32_t attempts_of_number(struct attempts *attempts, uint32_t object, int64_t number)
{
	char text[24];
	bool has_room = number >= 0 && make_room(attempts, number);
	struct numbered *numbered = has_room ? &attempts->numbered[number] : NULL;
	bool is_first = numbered && !numbered->attempt;

	if (is_first && !attempts->scattered)
		*numbered = (struct numbered){object, ++attempts->count};
	if (numbered && numbered->attempt && numbered->object == object)
		return numbered->attempt;
	attempts->scattered |= !numbered;
	int length = snprintf(text, sizeof(text), "%" PRId64, number);
	uint32_t attempt = find_text(attempts, object, text, (size_t)length);

	if (is_first)
		*numbered = (struct numbered){object, attempt};
	return attempt;
}

/* As a number is printed. */
static bool is_number(struct slice name, int64_t *number)
{
	bool plain = name.length > 0 && *name.at >= '0' + (name.length > 1) && *name.at <= '9';

	return plain && slice_integer(name, number);
}

uint32_t attempts_of_text(struct attempts *attempts, uint32_t object, struct slice name)
{
	int64_t number;

	return is_number(name, &number) ? attempts_of_number(attempts, object, number)
					: find_text(attempts, object, name.at, name.length);
}

uint32_t attempts_count(const struct attempts *attempts)
{
	return attempts->count;
}

void attempts_add_name(const struct attempts *attempts, uint32_t attempt, struct buffer *out)
{
	char text[24];

	for (uint32_t i = 0; i < interner_count(attempts->texts); i++) {
		const char *name = strchr(interner_text(attempts->texts, i), ' ') + 1;

		if (attempts->of_text[i] == attempt) {
			buffer_add(out, name, strlen(name));
			return;
		}
	}
	for (int64_t i = 0; i < attempts->numbers; i++)
		if (attempts->numbered[i].attempt == attempt)
			buffer_add(out, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, i));
}
