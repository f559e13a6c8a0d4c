/*
 * recover.c - takes up what calls that died have left half done, with calls of our own.
 *
 * Knows which tool finishes which kind of entry; how is the tool's affair.
 */
#include "work/call_priv.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/os.h"

/* Entries of other kinds are looked at by the next call of the tool that wrote them. */
static const struct {
	const char *kind, *tool;
} takers[] = {
	{ JOURNAL_TRIGGER, "recover_live_flow" },
};

struct recovery {
	struct work *work;
	struct arena arena;
};

static void on_reply(void *arg, const struct reply *r)
{
	(void)arg;
	if (r->kind == REPLY_RESULT)
		log_info("a change that was interrupted was taken up");
	else
		log_warn("a change that was interrupted could not be taken up: %s",
			 err_name(r->err));
}

static void on_end(void *arg)
{
	struct recovery *r = arg;

	r->work->recovering--;
	arena_release(&r->arena);
	free(r);
}

static const struct tool *tool_for(const struct work *w, struct str kind)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++)
		for (size_t k = 0; k < w->all_count; k++)
			if (str_eq(kind, str_from(takers[i].kind)) &&
			    strcmp(w->all[k]->name, takers[i].tool) == 0)
				return w->all[k];
	return NULL;
}

static void take_up(struct work *w, const struct tool *t, const struct json *entry)
{
	struct recovery *r = calloc(1, sizeof(*r));
	struct json *arguments;
	struct call *c;

	if (!r)
		return;
	r->work = w;
	arena_init(&r->arena, LIMIT_CALL_ARENA);
	arguments = json_new_object(&r->arena);
	json_set_str(&r->arena, arguments, "environmentName", json_get_str(entry, "environmentName"));
	json_set_str(&r->arena, arguments, "flowName", json_get_str(entry, "flowName"));
	w->recovering++;
	c = call_start(w, &(struct call_request){
				  .tool = t,
				  .arguments = arguments,
				  .arena = &r->arena,
				  .client = { .modern = true },
				  .on_reply = on_reply,
				  .on_end = on_end,
				  .arg = r,
			  });
	if (!c)
		on_end(r);
}

void work_recover(struct work *w)
{
	const char *dir = store_dir_name(w->store);
	int64_t now = os_now_ms();
	struct arena a;

	if (!dir || w->recovering || (w->recovered && now - w->recovered < LIMIT_RECOVER_MS))
		return;
	arena_init(&a, LIMIT_JOURNAL_LIST);
	dir = arena_printf(&a, "%s/journal", dir);
	if (journal_waits(dir)) {
		w->recovered = now;
		JSON_EACH (v, journal_list(&a, dir)) {
			const struct tool *t = tool_for(w, json_get_str(v, "kind"));

			if (t && !json_is_true(json_get(v, "live")))
				take_up(w, t, v);
		}
	}
	arena_release(&a);
}

bool recover_first(struct call *c)
{
	enum { PATIENCE_MS = 30000 };

	if (c->tool->local || c->work->held)
		return false;
	for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++)
		if (strcmp(c->tool->name, takers[i].tool) == 0)
			return false;
	work_recover(c->work);
	/* What it may not touch is refused by the gate. */
	return c->work->recovering && c->tool->klass != CLASS_READ_ONLY &&
	       os_now_ms() - c->started < PATIENCE_MS;
}
