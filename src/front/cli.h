/*
 * cli.h - what a subcommand may use.
 *
 * Output for people is short: aligned tables, relative times, colours only on a terminal
 * and never with NO_COLOR.  Output for programs is JSON (--json).  stdout has one writer.
 */
#ifndef FRONT_CLI_H
#define FRONT_CLI_H

#include "text/json.h"
#include "work/conf.h"

/* Exit codes of every command; documented in flowlatch(1). */
enum {
	EXIT_FINE = 0,
	EXIT_FOUND = 1,      /* the answer is "no": findings, a failed verification, a tool error */
	EXIT_USAGE = 2,      /* wrong option, argument, configuration or input */
	EXIT_SIGN_IN = 3,    /* not signed in, or sign in again */
	EXIT_REFUSED = 4,    /* refused by gate or policy */
	EXIT_TEMPORARY = 5,  /* network, throttled, timeout: may work later */
	EXIT_INTERNAL = 70,
};

struct cli {
	struct arena *arena;
	struct conf conf;
	bool json;      /* --json */
	bool tty_out;   /* stdout is a terminal */
	bool color;
	bool practice;  /* --practice */
	bool help;      /* --help, after the first operand of a loose command */
	size_t columns; /* of the terminal, or $COLUMNS; 0 where lines need not be cut */
	const char *conf_error; /* why there is no configuration, for a command that asked */
	char **words;   /* the command line as it was given */
	int argc;       /* operands after the subcommand's name; options are taken out */
	char **argv;
	const struct command *command;
	struct cli_given *given; /* for cli_option */
	const struct conf_option *settings; /* given on the command line */
	size_t setting_count;
};

/* An option of one command; a table of them ends with name NULL. */
struct cli_option {
	const char *name;  /* without dashes */
	const char *value; /* what --help calls its value, such as "FILE"; NULL: a switch */
	const char *help;  /* one line */
};

struct command {
	const char *name;
	const char *synopsis; /* arguments, as the man page has them */
	const char *help;     /* one line */
	const struct cli_option *options; /* its own, or NULL */
	void (*before)(struct cli *cli); /* called before the configuration is read, or NULL */
	bool any_conf;        /* runs also when the configuration cannot be read */
	bool no_conf;         /* runs without reading the configuration */
	bool new_profile;     /* may name a profile that no file has yet */
	bool practice;        /* --practice makes sense */
	bool loose;           /* options that nobody knows stay in argv (flags of tools) */
	int (*run)(struct cli *cli);
};

/* One row per subcommand, in the order of --help. */
extern const struct command commands[];
extern const size_t command_count;

/* The whole program after os_harden: reads the command line, runs the command, and returns
 * the exit code. */
int cli_main(int argc, char **argv);

/* The value of one of the command's own options: "" for a switch, NULL when it was not given. */
const char *cli_option(const struct cli *cli, const char *name);
/* The same for an option that may be given several times, the last first; NULL after them. */
const char *cli_option_at(const struct cli *cli, const char *name, size_t i);
/* True when the setting of that key (conf_keys) was given on the command line. */
bool cli_set(const struct cli *cli, const char *key);
/* Records a value of one of them; NULL records nothing. */
void cli_give(struct cli *cli, const char *name, const char *value);
/* Ends in EXIT_USAGE unless `least` to `most` operands are left. */
int cli_operands(const struct cli *cli, int least, int most);

/* Writes to stdout, buffered; text from outside goes through cli_safe first. */
void cli_out(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));
void cli_out_str(struct str s);
/* Prints a value as JSON, pretty on a terminal. */
void cli_out_json(struct cli *cli, const struct json *v);
/* False when stdout is gone. */
bool cli_flush(void);
/* Text with control characters and bidi marks escaped, cut to `columns` (0: not cut). */
const char *cli_safe(struct cli *cli, struct str s, size_t columns);
/* "error: ..." on stderr, then "hint: ..." when given; returns `code`. */
int cli_fail(int code, const char *hint, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));

/* An aligned table: header row in upper case, columns cut so that a row fits the terminal. */
struct cli_table;
struct cli_table *cli_table_new(struct cli *cli, size_t columns, const char *const *titles);
/* Marks a column as right-aligned numbers, which are never cut. */
void cli_table_numbers(struct cli_table *t, size_t column);
void cli_table_row(struct cli_table *t, const char *const *cells);
void cli_table_print(struct cli_table *t);

/* "3 min ago", "in 2 h", "21 Nov 18:05" beyond a week. */
const char *cli_when(struct cli *cli, int64_t wall_ms);
/* "840 B", "1.2 MB". */
const char *cli_size(struct cli *cli, uint64_t bytes);
/* "340 ms", "2.1 s", "4 min 10 s". */
const char *cli_duration(struct cli *cli, int64_t ms);

/* A progress line on stderr when it is a terminal and the work takes over a second. */
void cli_progress(const char *what, double done, double total);
void cli_progress_end(void);

#endif
