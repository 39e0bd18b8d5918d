/* Packets that a cut has dropped so far, on all links together; fails as cluster_cut_links does. */
#ifndef TESTS_CUT_DROPPED_H
#define TESTS_CUT_DROPPED_H

#include "cluster/cluster.h"

int cut_dropped(struct cluster *cluster, int id, int64_t *packets, struct error *err);

#endif
