/*
 * In a build with --coverage a process that leaves by _exit(), as forked ones do, writes its counts
 * first. Such a build is linked with --wrap=_exit; in any other one nobody asks for this.
 */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
