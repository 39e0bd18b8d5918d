/* As if the test program were installed in its BUILD. */
#ifndef TESTS_PREFIX_H
#define TESTS_PREFIX_H

/* Goes to the folder above the program's own: what it finds by place_find lies below it. */
void enter_prefix(void);

#endif
