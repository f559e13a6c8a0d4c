/*
 * desk.c - see desk.h.
 */
#include "front/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/practice.h"
#include "work/store.h"

/* Longer than any name or PIN. */
enum { LONGEST_LINE = 1024 };

static int open_store(struct cli *cli, struct desk *d)
{
	const char *dir;

	d->store = store_new(&cli->conf);
	if (!d->store)
		return cli_fail(EXIT_INTERNAL, NULL, "memory is out");
	dir = store_dir(d->store);
	if (!dir || store_key(d->store, S("approval"), d->key) != STORE_OK)
		return cli_fail(EXIT_FOUND, store_next(d->store), "%s", store_message(d->store));
	d->approvals = arena_printf(cli->arena, "%s/approvals", dir);
	d->grants = arena_printf(cli->arena, "%s/grants", dir);
	d->audit = audit_new(&(struct audit_options){
		.dir = arena_printf(cli->arena, "%s/log", dir),
		.store = d->store,
		.days = (int)cli->conf.log_days,
	});
	return d->audit ? EXIT_FINE : cli_fail(EXIT_INTERNAL, NULL, "memory is out");
}

int desk_open(struct cli *cli, struct desk *d)
{
	struct policy_files files = policy_files(cli->arena);
	const char *message;
	int code;

	*d = (struct desk){ .cli = cli, .tty = -1 };
	if (cli->practice && !practice_find(cli->arena, &cli->conf))
		return cli_fail(EXIT_FOUND, NULL, "no practice tenant runs on this machine");
	d->policy = policy_load(cli->arena, &files, &message);
	code = d->policy ? open_store(cli, d) : cli_fail(EXIT_USAGE, NULL, "%s", message);
	if (code != EXIT_FINE) {
		desk_close(d);
		return code;
	}
	d->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	return EXIT_FINE;
}

void desk_close(struct desk *d)
{
	audit_free(d->audit);
	policy_free(d->policy);
	store_free(d->store);
	os_wipe(d->key, sizeof(d->key));
	if (d->tty >= 0)
		close(d->tty);
	*d = (struct desk){ .tty = -1 };
}

bool desk_wait(struct desk *d, int ms, bool typed)
{
	struct pollfd p = { .fd = typed ? d->tty : -1, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

bool desk_record(struct desk *d, enum audit_event event, const char *tool, const char *decision,
		 const char *channel, const char *plan)
{
	struct audit_record r = {
		.event = event,
		.sync = AUDIT_SYNC,
		.tool = str_from(tool),
		.channel = str_from(channel),
		.decision = str_from(decision),
		.plan = str_from(plan),
		.status = S("ok"),
	};
	int64_t since = os_now_ms();
	enum audit_result result;

	do
		result = audit_append(d->audit, &r, NULL);
	while (result == AUDIT_BUSY && os_now_ms() - since < LIMIT_LOG_LOCK_MS &&
	       !desk_wait(d, 5, false));
	if (result == AUDIT_DONE)
		return true;
	cli_fail(EXIT_INTERNAL, NULL, "the usage log cannot be written: %s",
		 audit_message(d->audit));
	return false;
}

static void put(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s = str_from_at(s, (size_t)n);
	}
}

/* One line; Ctrl-C and Ctrl-D at its beginning end it without one. */
static bool read_line(int fd, char *line, size_t *n)
{
	char c;

	for (*n = 0;;) {
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || c == 3 || (c == 4 && !*n))
			return false;
		if (c == '\n' || c == '\r')
			return true;
		if ((c == 127 || c == 8) && *n)
			--*n;
		else if (*n < LONGEST_LINE)
			line[(*n)++] = c;
	}
}

struct str desk_ask(struct desk *d, const char *prompt, bool secret)
{
	char *line = arena_alloc(d->cli->arena, LONGEST_LINE + 1);
	struct termios before, quiet;
	bool fine, changed;
	size_t n = 0;

	if (d->tty < 0 || !cli_flush())
		return (struct str){ 0 };
	changed = secret && !tcgetattr(d->tty, &before);
	/* What cannot be hidden is not asked for. */
	if (secret && !changed)
		return (struct str){ 0 };
	if (changed) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
		if (tcsetattr(d->tty, TCSAFLUSH, &quiet))
			return (struct str){ 0 };
	}
	put(d->tty, str_from(prompt));
	fine = read_line(d->tty, line, &n);
	if (changed) {
		(void)tcsetattr(d->tty, TCSAFLUSH, &before);
		put(d->tty, S("\n"));
	}
	return fine ? str_n(line, n) : (struct str){ 0 };
}
