/*
 * doctor_net.c - the doctor's requests: all at once, each with a time limit.
 *
 * Knows what to ask and when to stop waiting; what the answers mean is doctor_judge.c.
 */
#include "work/doctor_int.h"

#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/aadsts.h"
#include "work/permission.h"

#define USER_AGENT "flowlatch/" FLOWLATCH_VERSION

const enum host_row doctor_services[DOCTOR_SERVICE_ROWS] = {
	HOST_FLOW, HOST_POWERAPPS, HOST_BAP, HOST_POWERPLATFORM,
};

struct probe {
	struct doctor *d;
	struct doctor_answer *answer;
	struct http_transfer *transfer;
};

struct doctor_net {
	struct loop_timer limit, soon;
	unsigned pending;
	void (*then)(struct doctor *d);
	struct probe login, direct, services[DOCTOR_SERVICE_ROWS];
};

/* The proxy that curl takes from the environment for https. */
static const char *env_proxy(const char **name)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *v = getenv(names[i]);

		*name = names[i];
		if (v && *v)
			return v;
	}
	return NULL;
}

static void find_proxy(struct doctor *d)
{
	const char *name = "", *url = d->conf->proxy;

	if (url) {
		d->proxy = *url ? doctor_proxy_shown(d->a, url) : NULL;
		d->proxy_from = "proxy of the profile";
		return;
	}
	url = env_proxy(&name);
	d->proxy = url ? doctor_proxy_shown(d->a, url) : NULL;
	d->proxy_from = name;
	d->proxy_env = url != NULL;
}

static void over(void *arg)
{
	struct doctor *d = arg;

	loop_timer_clear(&d->net->limit);
	d->net->then(d);
}

static void one_less(struct doctor *d)
{
	if (--d->net->pending == 0)
		loop_timer_set(d->o.loop, &d->net->soon, 0, over, d);
}

/* ---- answers ---- */

static int64_t read_date(struct arena *a, struct str date)
{
	struct tm tm = { 0 };
	const char *end = date.p ? strptime(str_c(a, date), "%a, %d %b %Y %H:%M:%S GMT", &tm) : NULL;

	return end && !*end ? (int64_t)timegm(&tm) * 1000 : 0;
}

static void start_tokens(struct doctor *d);
static void ask(struct doctor *d, struct probe *p, struct doctor_answer *answer, struct http *http,
		struct str url);

static struct str login_url(struct doctor *d)
{
	const char *tenant = d->conf->tenant && d->conf->tenant[0] ? d->conf->tenant :
								     "organizations";

	return str_fmt(d->a, "%.*s/%s/v2.0/.well-known/openid-configuration",
		       STR_ARG(host_authority(d->hosts)), tenant);
}

/* With the sign-in service reached, tokens are worth a try; through a proxy that fails, the direct
 * way tells whose fault it is. */
static void after_login(struct doctor *d)
{
	if (d->login.outcome == HTTP_ANSWERED && d->login.status == 200)
		start_tokens(d);
	else if (d->login.outcome != HTTP_ANSWERED && d->login.outcome != HTTP_TLS && d->proxy) {
		d->direct_http = http_new(&(struct http_options){
			.loop = d->o.loop,
			.ca_file = d->conf->ca_file,
			.proxy = "",
			.user_agent = USER_AGENT,
		});
		if (d->direct_http)
			ask(d, &d->net->direct, &d->direct, d->direct_http, login_url(d));
	}
}

static void on_done(void *arg, const struct http_response *r)
{
	struct probe *p = arg;
	struct doctor *d = p->d;
	struct doctor_answer *answer = p->answer;

	p->transfer = NULL;
	answer->done = true;
	answer->outcome = r->outcome;
	answer->status = r->status;
	answer->message = r->message ? arena_copy(d->a, r->message, strlen(r->message)) : "";
	if (r->outcome == HTTP_ANSWERED) {
		struct json *doc = json_parse(d->a, r->body, JSON_ANSWER, NULL);
		struct str text = json_get_str(doc, "error_description");

		answer->aadsts = aadsts_code(text);
		answer->description = str_dup(d->a, text);
		answer->server_ms = read_date(d->a, http_header(r, "Date", 0));
		answer->our_ms = os_wall_ms();
	}
	if (answer == &d->login)
		after_login(d);
	one_less(d);
}

static void ask(struct doctor *d, struct probe *p, struct doctor_answer *answer, struct http *http,
		struct str url)
{
	*p = (struct probe){ .d = d, .answer = answer };
	answer->asked = true;
	d->net->pending++;
	p->transfer = http_start(http, &(struct http_request){
		.method = HTTP_GET,
		.url = url,
		.timeout_ms = LIMIT_DOCTOR_REQUEST_MS,
		.max_bytes = LIMIT_TOKEN_ANSWER,
		.on_done = on_done,
		.arg = p,
	});
	if (p->transfer)
		return;
	answer->done = true;
	answer->outcome = HTTP_FAILED;
	answer->message = "the request could not be started";
	one_less(d);
}

/* ---- tokens ---- */

static void tokens_done(void *arg)
{
	one_less(arg);
}

/* One for each service that has an audience of its own; a short run asks for the first. */
static void start_tokens(struct doctor *d)
{
	size_t n;
	const struct api *apis = permission_apis(&n);

	if (!d->have_token || !d->conf->client_id)
		return;
	for (size_t i = 0; i < n && d->token_count < (d->o.short_run ? 1 : DOCTOR_TOKENS); i++)
		if (host_scope(d->hosts, d->a, apis[i].audience, S("")).p &&
		    !(d->conf->read_only && apis[i].for_changes))
			d->tokens[d->token_count++].audience = apis[i].audience;
	d->auth = auth_new(&(struct auth_options){ .conf = d->conf, .hosts = d->hosts,
						   .http = d->http, .loop = d->o.loop,
						   .store = d->store });
	if (!d->auth)
		return;
	d->probe = probe_start(&(struct probe_options){ .arena = d->a, .auth = d->auth,
							.loop = d->o.loop, .conf = d->conf,
							.on_done = tokens_done, .arg = d },
			       d->tokens, d->token_count);
	d->net->pending += d->probe != NULL;
}

/* ---- all of it ---- */

/* What has not answered by now counts as a time-out. */
static void late(struct doctor_answer *answer)
{
	if (!answer->asked || answer->done)
		return;
	answer->done = true;
	answer->outcome = HTTP_TIMEOUT;
	answer->message = "no answer within the time limit";
}

static void on_limit(void *arg)
{
	struct doctor *d = arg;

	late(&d->login);
	late(&d->direct);
	for (size_t i = 0; i < DOCTOR_SERVICE_ROWS; i++)
		late(&d->services[i]);
	doctor_ask_end(d);
	for (size_t i = 0; i < d->token_count; i++)
		if (d->tokens[i].state == PROBE_WAITING) {
			d->tokens[i].state = PROBE_FAILED;
			d->tokens[i].sentence = "no answer within the time limit";
			d->tokens[i].service_code = "";
		}
	d->net->then(d);
}

void doctor_ask(struct doctor *d, void (*then)(struct doctor *d))
{
	struct str origin;

	d->net = arena_alloc(d->a, sizeof(*d->net));
	d->net->then = then;
	d->net->pending = 1;
	if (d->hosts) {
		find_proxy(d);
		d->http = http_new(&(struct http_options){
			.loop = d->o.loop,
			.ca_file = d->conf->ca_file,
			.proxy = d->conf->proxy,
			.no_proxy = d->conf->no_proxy,
			.user_agent = USER_AGENT,
		});
	}
	if (d->http) {
		loop_timer_set(d->o.loop, &d->net->limit, LIMIT_DOCTOR_MS, on_limit, d);
		ask(d, &d->net->login, &d->login, d->http, login_url(d));
		for (size_t i = 0; !d->o.short_run && i < DOCTOR_SERVICE_ROWS; i++) {
			origin = host_origin(d->hosts, d->a, doctor_services[i], S(""));
			if (origin.n)
				ask(d, &d->net->services[i], &d->services[i], d->http,
				    str_fmt(d->a, "%.*s/", STR_ARG(origin)));
		}
	}
	one_less(d);
}

void doctor_ask_end(struct doctor *d)
{
	if (!d->net)
		return;
	loop_timer_clear(&d->net->limit);
	loop_timer_clear(&d->net->soon);
	probe_free(d->probe);
	auth_free(d->auth);
	http_free(d->http);
	http_free(d->direct_http);
	d->probe = NULL;
	d->auth = NULL;
	d->http = d->direct_http = NULL;
}
