/*
 * main.c - start and end of the practice tenant.
 *
 * Knows options and files; must not know what is served.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "tenant/approvals.h"
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/entra.h"
#include "tenant/fault.h"
#include "tenant/package.h"
#include "tenant/server.h"
#include "tenant/stats.h"
#include "tenant/token.h"

struct options {
	const char *dir, *seed, *date;
	uint64_t port, plain_port, latency, listen_fd;
	bool plain, with_parent, verbose;
};

static const char usage[] =
	"usage: flowlatch-tenant --dir DIR [--port N | --listen-fd N] [--plain-port N] [--seed NAME]\n"
	"                        [--http] [--latency MS] [--date ISO] [--with-parent] [--verbose]\n";

static const struct option long_options[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "port", required_argument, NULL, 'p' },
	{ "listen-fd", required_argument, NULL, 'L' },
	{ "plain-port", required_argument, NULL, 'P' },
	{ "http", no_argument, NULL, 'H' },
	{ "seed", required_argument, NULL, 's' },
	{ "latency", required_argument, NULL, 'l' },
	{ "date", required_argument, NULL, 'D' },
	{ "with-parent", no_argument, NULL, 'w' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void say(int fd, const char *text)
{
	(void)!write(fd, text, strlen(text));
}

static bool number(const char *text, uint64_t most, uint64_t *out)
{
	if (str_to_u64(str_from(text), out) && *out <= most)
		return true;
	log_error("flowlatch-tenant: not a number up to %llu: %s", (unsigned long long)most, text);
	return false;
}

/* 0: go on; otherwise the exit code plus one. */
static int read_options(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ .seed = "believable" };
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		bool ok = true;

		switch (c) {
		case 'd':
			o->dir = optarg;
			break;
		case 'p':
			ok = number(optarg, 65535, &o->port);
			break;
		case 'L':
			ok = number(optarg, 1023, &o->listen_fd);
			break;
		case 'P':
			ok = number(optarg, 65535, &o->plain_port);
			o->plain = true;
			break;
		case 'H':
			o->plain = true;
			break;
		case 's':
			o->seed = optarg;
			break;
		case 'l':
			ok = number(optarg, 600000, &o->latency);
			break;
		case 'D':
			o->date = optarg;
			break;
		case 'w':
			o->with_parent = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			say(STDOUT_FILENO, "flowlatch-tenant " FLOWLATCH_VERSION "\n");
			return 1;
		case 'h':
			say(STDOUT_FILENO, usage);
			return 1;
		default:
			ok = false;
		}
		if (!ok) {
			say(STDERR_FILENO, usage);
			return 3;
		}
	}
	if (!o->dir || optind < argc) {
		say(STDERR_FILENO, usage);
		return 3;
	}
	return 0;
}

static int write_file(const char *dir, const char *name, struct str text)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = os_write_atomic(path, text);
	if (rc)
		log_error("flowlatch-tenant: %s: %s", path, strerror(rc));
	return rc;
}

static bool write_state(const struct options *o, struct tenant *t, const struct tls *tls)
{
	struct user *u = &t->users[0];
	struct str token;
	struct buf text;
	bool ok;

	if (os_mkdirs(o->dir) || control_start(o->dir, (int64_t)o->latency)) {
		log_error("flowlatch-tenant: cannot write to %s", o->dir);
		return false;
	}
	if (write_file(o->dir, "ca.pem", str_from(tls->ca)))
		return false;
	token = entra_new_grant(t, u, u->home, false);
	buf_init(&text, 4096);
	buf_adds(&text, token);
	buf_addc(&text, '\n');
	ok = !write_file(o->dir, "refresh_token", buf_str(&text));
	buf_free_wiped(&text);
	return ok;
}

static void announce(const struct options *o, const struct tenant *t, const struct server *s)
{
	unsigned port = server_port(s);
	struct buf b;

	buf_init(&b, 65536);
	emit(&b,
	     "{'ready':true,'port':%d,'origin':'https://localhost:%d','dir':'%s',"
	     "'ca_file':'%s/ca.pem','tenant':'%s','client_id':'%s',"
	     "'refresh_token_file':'%s/refresh_token','control_file':'%s/control',"
	     "'account':'%s',",
	     (int)port, (int)port, o->dir, o->dir, t->directories[0].id, entra_client_id(), o->dir,
	     o->dir, t->users[0].upn);
	if (server_plain_port(s))
		emit(&b, "'plain_port':%d,", (int)server_plain_port(s));
	emit(&b,
	     "'content_host':'content.practice.localhost:%d',"
	     "'login_url':'https://login.practice.localhost:%d',"
	     "'flow_url':'https://flow.practice.localhost:%d',"
	     "'powerapps_url':'https://powerapps.practice.localhost:%d',"
	     "'bap_url':'https://bap.practice.localhost:%d',"
	     "'powerplatform_url':'https://powerplatform.practice.localhost:%d',"
	     "'environment_url':'https://{environment}.environment.practice.localhost:%d',"
	     "'dataverse_url':'https://{organization}.crm.practice.localhost:%d'}\n",
	     (int)port, (int)port, (int)port, (int)port, (int)port, (int)port, (int)port,
	     (int)port);
	say(STDOUT_FILENO, buf_c(&b));
	buf_free(&b);
}

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int serve(const struct options *o, struct tenant *t, struct tls *tls)
{
	struct server_options so = {
		.port = (unsigned)o->port,
		.listen_fd = (int)o->listen_fd,
		.plain_port = o->plain ? (int)o->plain_port : -1,
		.tls = tls,
		.tenant = t,
		.verbose = o->verbose,
	};
	int ends[2] = { catch_signals(), STDIN_FILENO };
	struct server *s;

	/* With a parent: its death is seen by the kernel, its end of the pipe by us. */
	if (o->with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() == 1)
			return 0;
	}
	if (!write_state(o, t, tls))
		return 1;
	s = server_start(&so);
	if (!s)
		return 1;
	announce(o, t, s);
	server_run(s, ends, o->with_parent ? 2 : 1);
	server_stop(s);
	close(ends[0]);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	struct tenant t;
	struct tls tls;
	int64_t date;
	int rc = read_options(argc, argv, &o);

	if (rc)
		return rc - 1;
	umask(077);
	if (o.verbose)
		log_set_level(LOG_LEVEL_INFO);
	if (o.date && !clock_parse(str_from(o.date), &date)) {
		log_error("flowlatch-tenant: not a time (2026-11-21T12:00:00Z): %s", o.date);
		return 2;
	}
	if (o.date)
		clock_fix(date);
	if (!tenant_load(&t, o.seed)) {
		log_error("flowlatch-tenant: no such seed: %s (believable, empty, large)", o.seed);
		return 2;
	}
	if (!tls_make(&tls, &t)) {
		tenant_free(&t);
		return 1;
	}
	rc = serve(&o, &t, &tls);
	fault_clear();
	stats_reset();
	entra_free();
	token_free_all();
	tls_free(&tls);
	package_forget();
	approvals_forget();
	tenant_free(&t);
	return rc;
}
