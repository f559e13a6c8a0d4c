/*
 * stand.c - one token request per service, then environments, flows and connections are counted.
 *
 * Counting goes through the same engine, checks and usage log as the calls of an agent.
 */
#include "front/stand.h"

#include "base/limits.h"
#include "base/os.h"
#include "front/session.h"
#include "wire/loop.h"
#include "work/permission.h"

/* A person waits for this: what is not there by then is not counted. */
enum { LOOK_MS = 40 * 1000, LIST_S = 6, MOST_ENVIRONMENTS = 25, MOST_ORGANISATIONS = 3 };

struct look {
	struct cli *cli;
	struct stand *out;
	struct session session;
	struct hosts *hosts;
	int64_t until;
	unsigned running;
	bool done;
	struct json *environments;
};

/* One call of a tool. */
struct count {
	struct look *look;
	struct arena arena;
	struct call *call;
	struct count *next;
	void (*take)(struct look *l, const struct json *doc);
};

static bool out_of_time(const struct look *l)
{
	return l->out->interrupted || os_now_ms() >= l->until;
}

static void on_signal(void *arg, int signo)
{
	(void)signo;
	((struct look *)arg)->out->interrupted = true;
}

/* ---- services ---- */

static void on_probed(void *arg)
{
	((struct look *)arg)->done = true;
}

static void probe_services(struct look *l, struct probe_row *rows, size_t n)
{
	struct probe *p;

	l->done = false;
	p = probe_start(&(struct probe_options){ .arena = l->cli->arena,
						 .auth = work_auth(l->session.work),
						 .loop = l->session.loop,
						 .conf = &l->cli->conf,
						 .on_done = on_probed,
						 .arg = l },
			rows, n);
	while (!l->done && !out_of_time(l))
		loop_turn(l->session.loop, 200);
	probe_free(p);
}

static void add_service(struct stand *s, enum audience aud, struct str organisation)
{
	if (s->service_count < STAND_SERVICES)
		s->services[s->service_count++] =
			(struct probe_row){ .audience = aud, .organisation = organisation };
}

static void probe_fixed(struct look *l)
{
	size_t n;
	const struct api *apis = permission_apis(&n);

	for (size_t i = 0; i < n; i++) {
		struct str scope = host_scope(l->hosts, l->cli->arena, apis[i].audience, S(""));

		if (scope.p && !(l->cli->conf.read_only && apis[i].for_changes))
			add_service(l->out, apis[i].audience, S(""));
	}
	probe_services(l, l->out->services, l->out->service_count);
}

static void probe_organisations(struct look *l)
{
	struct stand *s = l->out;
	size_t before = s->service_count;

	JSON_EACH(e, l->environments)
	{
		struct str url = json_get_str(e, "dataverseUrl");
		struct str origin = { 0 };

		if (url.n && s->service_count - before < MOST_ORGANISATIONS)
			origin = host_origin(l->hosts, l->cli->arena, HOST_DATAVERSE, url);
		if (origin.p)
			add_service(s, AUD_DATAVERSE, origin);
	}
	if (s->service_count > before)
		probe_services(l, s->services + before, s->service_count - before);
}

/* ---- counting ---- */

static void problem(struct look *l, const struct json *doc)
{
	const struct json *e = json_get(doc, "error");
	struct str text = json_get_str(e, "message");
	ptrdiff_t tail = str_find(text, S(" (AADSTS"));

	/* The sign-in service's own words stand in the table. */
	if (tail > 0)
		text = str_first(text, (size_t)tail);
	if (!l->out->problem)
		l->out->problem = str_c(l->cli->arena, text.n ? str_first_utf8(text, 300) :
								S("no answer in time"));
}

static void on_reply(void *arg, const struct reply *r)
{
	struct count *c = arg;
	struct json *doc = json_parse(c->look->cli->arena, r->text, JSON_ANSWER, NULL);
	struct json *note = json_parse(c->look->cli->arena, r->note, JSON_ANSWER, NULL);

	if (r->kind != REPLY_RESULT) {
		problem(c->look, doc);
		return;
	}
	if (json_get(note, "more"))
		c->look->out->partly = true;
	c->take(c->look, doc);
}

static void on_end(void *arg)
{
	struct count *c = arg;

	c->call = NULL;
	c->look->running--;
}

static bool takes(const struct tool *t, const char *name)
{
	for (const struct param *p = t->params; p && p->name; p++)
		if (str_eq(str_from(p->name), str_from(name)))
			return true;
	return false;
}

static void start(struct look *l, struct count **list, const char *name, struct str environment,
		  const char *fields, void (*take)(struct look *l, const struct json *doc))
{
	const struct tool *t = work_tool(l->session.work, str_from(name));
	struct count *c;
	struct json *arguments, *kept;
	struct str rest = str_from(fields), field;

	if (!t)
		return;
	c = arena_alloc(l->cli->arena, sizeof(*c));
	*c = (struct count){ .look = l, .take = take, .next = *list };
	*list = c;
	arena_init(&c->arena, LIMIT_CALL_ARENA);
	arguments = json_new_object(&c->arena);
	kept = json_new_array(&c->arena);
	while (str_cut(&rest, ' ', &field))
		json_push(kept, json_new_str(&c->arena, field));
	json_set(&c->arena, arguments, "fields", kept);
	if (environment.n)
		json_set_str(&c->arena, arguments, "environmentName", environment);
	if (takes(t, "timeoutSeconds"))
		json_set_int(&c->arena, arguments, "timeoutSeconds", LIST_S);
	l->running++;
	c->call = call_start(l->session.work, &(struct call_request){
						      .tool = t,
						      .arguments = arguments,
						      .arena = &c->arena,
						      .client = { .name = "flowlatch",
								  .version = FLOWLATCH_VERSION },
						      .on_reply = on_reply,
						      .on_end = on_end,
						      .arg = c,
					      });
	if (!c->call)
		l->running--;
}

/* Waits for them all, and takes back what does not end. */
static void wait_for(struct look *l, struct count *list)
{
	while (l->running && !out_of_time(l))
		loop_turn(l->session.loop, 200);
	if (l->running)
		l->out->partly = true;
	for (struct count *c = list; c; c = c->next)
		if (c->call)
			call_cancel(c->call);
	while (l->running)
		loop_turn(l->session.loop, 20);
	for (struct count *c = list; c; c = c->next)
		arena_release(&c->arena);
}

static void take_environments(struct look *l, const struct json *doc)
{
	l->environments = json_copy(l->cli->arena, doc);
	l->out->environments = (int64_t)json_count(doc);
}

static void take_flows(struct look *l, const struct json *doc)
{
	if (l->out->flows < 0)
		l->out->flows = 0;
	l->out->flows += json_int(json_get(doc, "totalCount"), 0);
	if (json_get_str(doc, "nextLink").n)
		l->out->partly = true;
}

static void take_connections(struct look *l, const struct json *doc)
{
	struct stand *s = l->out;

	if (s->connections < 0)
		s->connections = s->broken = 0;
	s->connections += json_int(json_get(doc, "totalCount"), 0);
	JSON_EACH(c, json_get(doc, "connections"))
	if (!str_eq_nocase(json_get_str(c, "overallStatus"), S("Connected")))
		s->broken++;
}

static void count_all(struct look *l)
{
	struct count *list = NULL;
	size_t n = 0;

	start(l, &list, "list_live_environments", S(""), "id displayName dataverseUrl",
	      take_environments);
	wait_for(l, list);
	if (!l->environments || out_of_time(l))
		return;
	probe_organisations(l);
	list = NULL;
	JSON_EACH(e, l->environments)
	{
		if (n++ == MOST_ENVIRONMENTS) {
			l->out->partly = true;
			break;
		}
		start(l, &list, "list_live_flows", json_get_str(e, "id"), "id", take_flows);
		start(l, &list, "list_live_connections", json_get_str(e, "id"), "overallStatus",
		      take_connections);
	}
	if (!n)
		l->out->flows = l->out->connections = l->out->broken = 0;
	wait_for(l, list);
}

void stand_look(struct cli *cli, struct stand *s)
{
	struct look l = { .cli = cli, .out = s, .until = os_now_ms() + LOOK_MS };
	const char *message = "";

	*s = (struct stand){ .environments = -1, .flows = -1, .connections = -1, .broken = -1 };
	l.hosts = hosts_new(cli->arena, &cli->conf, &message);
	if (!l.hosts || session_open(cli, &l.session, "cli", false) != EXIT_FINE)
		return;
	loop_on_signal(l.session.loop, on_signal, &l);
	cli_progress("signed in; looking what is there", 0, 0);
	probe_fixed(&l);
	if (!out_of_time(&l))
		count_all(&l);
	cli_progress_end();
	session_close(&l.session);
}

/* ---- telling ---- */

static bool all_good(const struct stand *s)
{
	for (size_t i = 0; i < s->service_count; i++)
		if (s->services[i].state != PROBE_OK)
			return false;
	return s->service_count > 0;
}

void stand_table(struct cli *cli, const struct stand *s)
{
	static const char *const titles[] = { "service", "state", "read only by" };
	bool read_only = cli->conf.read_only;
	struct cli_table *t = cli_table_new(cli, read_only ? 3 : 2, titles);

	for (size_t i = 0; i < s->service_count; i++) {
		const struct probe_row *r = &s->services[i];
		const char *code = r->service_code && r->service_code[0] ?
					   arena_printf(cli->arena, " (%s)", r->service_code) : "";
		const char *cells[] = {
			r->organisation.n ? cli_safe(cli, r->organisation, 0) :
					    audience_name(r->audience),
			arena_printf(cli->arena, "%s%s", probe_state_name(r->state),
				     cli_safe(cli, str_from(code), 0)),
			r->state != PROBE_OK ? "" :
			str_eq(str_from(permission_enforcer(r->audience, str_from(r->scope))),
			       S("microsoft")) ? "Microsoft" : "flowlatch",
		};

		cli_table_row(t, cells);
	}
	cli_table_print(t);
	if (all_good(s))
		return;
	cli_out("\n");
	for (size_t i = 0; i < s->service_count; i++) {
		const struct probe_row *r = &s->services[i];
		const struct api *api = permission_api(r->audience);

		if (r->state == PROBE_OK || r->state == PROBE_WAITING)
			continue;
		cli_out("%s: %s  Without it: no %s.\n  %s\n", audience_name(r->audience),
			cli_safe(cli, str_from(r->sentence), 0), api ? api->purpose : "access",
			cli_safe(cli, str_from(r->next), 0));
	}
}

const char *stand_counts(struct cli *cli, const struct stand *s)
{
	struct buf b;

	if (s->environments < 0)
		return "";
	buf_init_in(&b, cli->arena, 512);
	buf_addf(&b, ": %s%lld environment%s", s->partly ? "at least " : "",
		 (long long)s->environments, s->environments == 1 ? "" : "s");
	if (s->flows >= 0)
		buf_addf(&b, ", %lld flow%s", (long long)s->flows, s->flows == 1 ? "" : "s");
	if (s->connections >= 0)
		buf_addf(&b, ", %lld connection%s", (long long)s->connections,
			 s->connections == 1 ? "" : "s");
	if (s->broken > 0)
		buf_addf(&b, ", %lld of them broken", (long long)s->broken);
	return buf_c(&b);
}

void stand_no_flows(struct cli *cli, const struct stand *s, const char *home)
{
	unsigned n = 0;

	cli_out("\nNo flow is visible to this account.  The likely causes, likeliest first:\n");
	if (home[0])
		cli_out("  %u. You are a guest here, and your flows are at home: "
			"flowlatch login --profile home --tenant %s\n",
			++n, cli_safe(cli, str_from(home), 0));
	if (s->environments == 0)
		cli_out("  %u. You are in no environment of this tenant: its administrator adds you as "
			"a maker.\n", ++n);
	cli_out("  %u. It is the wrong account: sign out in the browser, and sign in again with the "
		"one that made the flows.\n", ++n);
	cli_out("  %u. The flows belong to somebody else and are not shared with you: "
		"ask the owner to add you as co-owner.\n", ++n);
	cli_out("  %u. They live in a tenant of yours that is not this one, or in another cloud: "
		"--tenant, --cloud.\n", ++n);
	cli_out("  %u. There are none yet.  An administrator sees all flows of an environment with "
		"`flowlatch call list_live_flows --mode admin`.\n", ++n);
}

static void set_count(struct cli *cli, struct json *v, const char *name, int64_t n)
{
	if (n >= 0)
		json_set_int(cli->arena, v, name, n);
}

void stand_describe(struct cli *cli, const struct stand *s, struct json *v)
{
	struct json *list = json_new_array(cli->arena);

	for (size_t i = 0; i < s->service_count; i++)
		json_push(list, probe_describe(cli->arena, &cli->conf, &s->services[i]));
	json_set(cli->arena, v, "services", list);
	set_count(cli, v, "environments", s->environments);
	set_count(cli, v, "flows", s->flows);
	set_count(cli, v, "connections", s->connections);
	set_count(cli, v, "brokenConnections", s->broken);
	json_set_bool(cli->arena, v, "partly", s->partly);
	if (s->problem)
		json_set_z(cli->arena, v, "problem", s->problem);
}
