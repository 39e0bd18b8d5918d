/* What can be asked of hosts without touching them. */
#include "sandbox/hosts.h"

#include "base/invariant.h"
#include "base/text.h"
#include "sandbox/hosts_inside.h"

const char *host_role_name(enum host_role role)
{
	switch (role) {
	case HOST_HUB:
		return "hub";
	case HOST_MEMBER:
		return "member";
	case HOST_STORE:
		return "store";
	case HOST_WITNESS:
		return "witness";
	case HOST_WORKER:
		return "worker";
	}
	CHECK(!"a role");
	return NULL;
}

const struct host *hosts_get(const struct hosts *hosts, int host)
{
	CHECK(host >= 0 && host < hosts->plan.count);
	return &hosts->plan.host[host];
}

struct host_control *hosts_control(struct hosts *hosts, int host)
{
	CHECK(host >= 0 && host < hosts->plan.count);
	return &hosts->shared->host[host].control;
}

int hosts_members(const struct hosts *hosts)
{
	return hosts->members;
}

int hosts_count(const struct hosts *hosts)
{
	return hosts->plan.count;
}

const char *hosts_address(const struct hosts *hosts, int host)
{
	const char *common = hosts->plan.engine->address;

	return common ? common : hosts_get(hosts, host)->address;
}

int hosts_abilities(const struct hosts *hosts)
{
	return hosts->plan.engine->abilities & (hosts->disk ? ~0 : ~CAN_FAULT_DISKS);
}

char *hosts_log_path(const struct hosts *hosts, int host)
{
	return text_format("%s/logs/%s.log", hosts->plan.run_dir, hosts_get(hosts, host)->name);
}

int hosts_next_process(struct hosts *hosts)
{
	return 1 + atomic_fetch_add(&hosts->shared->processes, 1);
}

bool hosts_have_links(const struct hosts *hosts, const int16_t *side, int count)
{
	for (int i = 0; i < count; i++)
		if (hosts_get(hosts, side[i])->role == HOST_HUB)
			return false;
	return count > 0 && count <= CUT_HOSTS_MAX;
}
