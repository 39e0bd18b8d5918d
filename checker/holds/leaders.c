#include "checker/holds/leaders.h"

#include <string.h>

#include "base/array.h"

void leaders_open(const struct history *history, struct leaders *leaders)
{
	int64_t term = -1;

	*leaders = (struct leaders){0};
	ARRAY_NEW(leaders->lead, history->leaders);
	for (int i = 0; i < history->leaders; i++) {
		const struct leader_row *row = &history->leader[i];

		if (row->leader < 0 || row->term <= term)
			continue;
		CHECK(!leaders->leads || leaders->lead[leaders->leads - 1].at_ns <= row->at_ns);
		term = row->term;
		leaders->lead[leaders->leads++] = (struct lead){row->at_ns, row->leader};
	}
}

void leaders_close(struct leaders *leaders)
{
	free(leaders->lead);
	*leaders = (struct leaders){0};
}

int leaders_at(const struct leaders *leaders, int64_t at_ns)
{
	int led = (int)ARRAY_BEFORE(leaders->leads, i, leaders->lead[i].at_ns <= at_ns);

	return led ? leaders->lead[led - 1].member : NO_MEMBER;
}

static bool is_member(const struct host_row *host)
{
	return !strcmp(host->role, "member");
}

int member_of_host(const struct history *history, int host)
{
	int member = 0;

	for (int i = 0; i < history->hosts; i++) {
		if (history->host[i].id == host)
			return is_member(&history->host[i]) ? member : NO_MEMBER;
		member += is_member(&history->host[i]);
	}
	return NO_MEMBER;
}

const char *member_name(const struct history *history, int member)
{
	for (int i = 0; i < history->hosts && member >= 0; i++)
		if (is_member(&history->host[i]) && member-- == 0)
			return history->host[i].name;
	return "";
}
