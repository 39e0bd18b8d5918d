#include "tuning/lease_price.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static void say_failover(FILE *out, const struct failover *now, const struct failover *then)
{
	if (now->least_ns == then->least_ns && now->most_ns == then->most_ns)
		fprintf(out, "failover stays at %.4g to %.4g s", s(now->least_ns), s(now->most_ns));
	else
		fprintf(out, "failover of %.4g to %.4g s instead of %.4g to %.4g s",
			s(then->least_ns), s(then->most_ns), s(now->least_ns), s(now->most_ns));
}

char *lease_price(const struct lease *now, const struct lease *then, int64_t election_ns)
{
	struct failover a = lease_failover(now, election_ns), b = lease_failover(then, election_ns);
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	say_failover(out, &a, &b);
	if (election_ns && a.most_with_change_ns != b.most_with_change_ns)
		fprintf(out,
			", and up to %.4g s instead of %.4g s when the leader changes meanwhile",
			s(b.most_with_change_ns), s(a.most_with_change_ns));
	if (then->heartbeat_ns != now->heartbeat_ns)
		fprintf(out, "; %.3g renewals a second from each holder instead of %.3g",
			1 / s(then->heartbeat_ns),
			now->heartbeat_ns < now->ttl_ns ? 1 / s(now->heartbeat_ns) : 0);
	if (lease_outlives_cut_ns(then) < lease_outlives_cut_ns(now))
		fprintf(out,
			"; a service that is away for %.4g s costs the lock, which had borne "
			"%.4g s",
			s(lease_outlives_cut_ns(then)), s(lease_outlives_cut_ns(now)));
	text_end(out, &text);
	return text;
}
