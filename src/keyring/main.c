/*
 * main.c - flowlatch-keyring: one request about one profile's secrets, one answer, the end.
 *
 * A program of its own, because the keyring may block for ever on a window, and because taking
 * back a question has crashed a keyring service: flowlatch ends this process instead.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "keyring/protocol.h"
#include "keyring/service.h"

/* GLib's messages could quote what should not be quoted, and name things nobody asked for. */
static GLogWriterOutput say_nothing(GLogLevelFlags level, const GLogField *fields, gsize n,
				    gpointer data)
{
	(void)level;
	(void)fields;
	(void)n;
	(void)data;
	return G_LOG_WRITER_HANDLED;
}

/* As os_harden, but descriptor 3 stays: it may be the lock under which we write. */
static void harden(void)
{
	static const char *const variables[] = {
		/* They would put a file in the keyring's place, or other code into this process. */
		"SECRET_BACKEND", "SECRET_FILE_TEST_PATH", "SECRET_FILE_TEST_PASSWORD",
		"GIO_EXTRA_MODULES", "GIO_MODULE_DIR", "G_MESSAGES_DEBUG", "G_DEBUG",
		/* Without a bus GLib would start one of its own on the X display. */
		"DISPLAY",
	};
	struct rlimit none = { 0, 0 };

	close_range(4, ~0u, 0);
	umask(077);
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	signal(SIGPIPE, SIG_IGN);
	/* Ctrl-C is meant for who asked us, and who ends us when it is time. */
	signal(SIGINT, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	g_log_set_writer_func(say_nothing, NULL, NULL);
}

static bool read_request(struct buf *b)
{
	ssize_t n;

	while (!keyring_request_ends(buf_str(b))) {
		if (b->n == LIMIT_KEYRING_REQUEST)
			return false;
		n = read(STDIN_FILENO, b->p + b->n, LIMIT_KEYRING_REQUEST - b->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		b->n += (size_t)n;
	}
	return true;
}

static bool write_answer(struct str text)
{
	while (text.n) {
		ssize_t n = write(STDOUT_FILENO, text.p, text.n);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			text = str_from_at(text, (size_t)n);
	}
	return true;
}

/* Nobody waits for us for ever: who asked may be gone, and the service may never answer. */
static void limit_time(const struct keyring_request *r)
{
	alarm(r->interactive ? LIMIT_KEYRING_PERSON_S : LIMIT_KEYRING_ALONE_S);
	/* A question is of no use without the one who asked; what is being stored is. */
	if (r->verb != KEYRING_STORE || r->interactive)
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

int main(int argc, char **argv)
{
	enum keyring_status status = KEYRING_BAD_REQUEST;
	struct keyring_request r;
	struct buf in, out, detail;
	const char *why = "the request is too large";
	bool ok;

	harden();
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		(void)write_answer(S("flowlatch-keyring " FLOWLATCH_VERSION "\n"));
		return 0;
	}
	if (argc != 2) {
		log_error("this is flowlatch's helper; see flowlatch-keyring(8)");
		return 2;
	}
	alarm(LIMIT_KEYRING_ALONE_S);
	buf_init(&in, LIMIT_KEYRING_REQUEST);
	buf_init(&out, LIMIT_KEYRING_ANSWER);
	buf_init(&detail, 1024);
	/* All the memory at once: growing would leave copies of secrets behind. */
	if (!buf_room(&in, LIMIT_KEYRING_REQUEST) || !buf_room(&out, LIMIT_KEYRING_ANSWER))
		return 70;
	if (read_request(&in) && keyring_request_read(argv[1], buf_str(&in), &r, &why)) {
		limit_time(&r);
		status = service_serve(&r, &out, &detail);
	} else {
		buf_addz(&detail, why);
	}
	keyring_answer_end(&out, status, buf_str(&detail));
	ok = buf_ok(&out) && write_answer(buf_str(&out));
	buf_free_wiped(&in);
	buf_free_wiped(&out);
	/* GLib's threads may still run: leave without waiting for them. */
	_exit(ok ? 0 : 70);
}
