/* The subcommands, a file each. Each gets its own argv (argv[0] is "fencepost run") and returns the
 * process's exit code. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
};

int command_adapter_test(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_run(int argc, char **argv);
int command_campaigns(int argc, char **argv);
int command_check(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_shrink(int argc, char **argv);
int command_export(int argc, char **argv);
int command_story(int argc, char **argv);
int command_bug(int argc, char **argv);
int command_list(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_predict(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_tune(int argc, char **argv);
int command_presets(int argc, char **argv);
int command_report(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
