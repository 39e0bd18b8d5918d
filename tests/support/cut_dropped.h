/* Packets that a cut has dropped so far, on all links together; fails as hosts_cut_links does. */
#ifndef TESTS_CUT_DROPPED_H
#define TESTS_CUT_DROPPED_H

#include "sandbox/hosts.h"

int cut_dropped(struct hosts *hosts, int id, int64_t *packets, struct error *err);

#endif
