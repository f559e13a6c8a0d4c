/*
 * refresh_probe.c - one server process's use of tokens, driven line by line.
 *
 * refresh_probe CONFIG PROFILE: for each line on stdin it forgets its access token, gets another
 * one and writes "ok N" (the number of refreshes so far) or "fail CODE".
 * refresh_probe CONFIG PROFILE digest: writes the SHA-256 of the refresh token in the store.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "text/crypt.h"
#include "wire/http.h"
#include "wire/loop.h"
#include "work/auth.h"
#include "work/conf.h"
#include "work/store.h"

struct probe {
	struct auth *auth;
	struct loop *loop;
	struct auth_waiter waiter;
	unsigned long serial;
	bool waiting;
};

static void say(const char *fmt, const char *word, unsigned long n)
{
	struct buf b;

	buf_init(&b, 256);
	if (word[0])
		buf_addf(&b, "%s %s\n", fmt, word);
	else
		buf_addf(&b, "%s %lu\n", fmt, n);
	(void)!write(STDOUT_FILENO, buf_c(&b), b.n);
	buf_free(&b);
}

static void get(void *arg)
{
	struct probe *p = arg;
	struct auth_failure failure;
	struct auth_token token;

	switch (auth_get(p->auth, AUD_FLOW, S(""), &p->waiter, &token, &failure)) {
	case AUTH_READY:
		p->serial = token.serial;
		p->waiting = false;
		say("ok", "", auth_stats(p->auth).refreshes);
		break;
	case AUTH_FAILED:
		p->waiting = false;
		log_error("%s", failure.message);
		say("fail", err_name(failure.err), 0);
		break;
	case AUTH_WAIT:
		break;
	}
}

static void on_line(void *arg, short revents)
{
	struct probe *p = arg;
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line));

	(void)revents;
	if (n <= 0) {
		loop_stop(p->loop);
		return;
	}
	if (p->waiting)
		return;
	p->waiting = true;
	auth_rejected(p->auth, AUD_FLOW, S(""), p->serial, S(""));
	get(p);
}

static int digest(struct store *store)
{
	unsigned char hash[CRYPT_HASH];
	struct secret *token = NULL;
	struct buf b;

	if (store_get(store, "refresh_token", &token) != STORE_OK) {
		log_error("%s", store_message(store));
		return 1;
	}
	crypt_sha256(secret_bytes(token), hash);
	secret_free(token);
	buf_init(&b, 256);
	crypt_hex(&b, str_n((const char *)hash, sizeof(hash)));
	say("digest", buf_c(&b), 0);
	buf_free(&b);
	return 0;
}

int main(int argc, char **argv)
{
	struct conf_option option = { "profile", argc > 2 ? argv[2] : "default" };
	struct conf_request request = { .file = argc > 1 ? argv[1] : NULL, .options = &option,
					.option_count = 1 };
	const char *message = NULL;
	struct probe p = { 0 };
	struct hosts *hosts;
	struct arena arena;
	struct store *store;
	struct http *http;
	struct conf conf;

	arena_init(&arena, 16u << 20);
	if (!conf_load(&arena, &request, &conf, &message) ||
	    !(hosts = hosts_new(&arena, &conf, &message))) {
		log_error("%s", message);
		return 2;
	}
	p.loop = loop_new();
	http = http_new(&(struct http_options){ .loop = p.loop, .ca_file = conf.ca_file,
						.user_agent = "refresh_probe" });
	store = store_new(&conf);
	if (argc > 3) {
		int code = digest(store);

		store_free(store);
		http_free(http);
		loop_free(p.loop);
		arena_release(&arena);
		return code;
	}
	p.auth = auth_new(&(struct auth_options){ &conf, hosts, http, p.loop, store });
	p.waiter.fn = get;
	p.waiter.arg = &p;
	loop_watch(p.loop, STDIN_FILENO, POLLIN, on_line, &p);
	loop_run(p.loop);
	auth_free(p.auth);
	http_free(http);
	store_free(store);
	loop_free(p.loop);
	arena_release(&arena);
	return 0;
}
