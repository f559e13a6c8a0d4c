/*
 * policy.c - what the policies say: one question, two layers, the stricter answer.
 *
 * Knows keys, sections and how they merge; policy_text.c reads the files.
 */
#include "work/policy_priv.h"

#include <stdlib.h>

#include "base/limits.h"

const struct policy_key_row policy_keys[POLICY__KEYS] = {
	[POLICY_TRUST] = { "trust", KEY_WORD, "manual supervised autonomous", 0, 0,
			   TRUST_AUTONOMOUS, false,
			   "The highest trust level that a profile may have." },
	[POLICY_CHANNELS] = { "channels", KEY_SET, "form terminal attested", 0, 0,
			      CHANNEL_FORM | CHANNEL_TERMINAL, false,
			      "The ways in which a person may be asked." },
	[POLICY_HOST_PROMPT] = { "host_prompt", KEY_WORD, "ask trusted", 0, 0, 0, false,
				 "trusted: the host's own prompt is enough for Moderate calls." },
	[POLICY_SCOPES] = { "scopes", KEY_BOOL, NULL, 0, 1, 1, false,
			    "Whether grants may be made and used." },
	[POLICY_SCOPE_DANGEROUS] = { "scope_dangerous", KEY_BOOL, NULL, 0, 1, 0, false,
				     "Whether a grant that names tool and flow covers Dangerous "
				     "calls." },
	[POLICY_SCOPE_HOURS] = { "scope_hours", KEY_INT, NULL, 1, 8, 8, false,
				 "The longest life of a grant, in hours." },
	[POLICY_SCOPE_CALLS] = { "scope_calls", KEY_INT, NULL, 1, 1000, 100, false,
				 "The most calls of one grant." },
	[POLICY_LOG_DAYS] = { "log_days", KEY_INT, NULL, 1, LIMIT_LOG_DAYS, LIMIT_LOG_DAYS, false,
			      "The most days that the usage log is kept." },
	[POLICY_CREDENTIAL_DAYS] = { "credential_days", KEY_INT, NULL, 1, LIMIT_CREDENTIAL_DAYS,
				     LIMIT_CREDENTIAL_DAYS, false,
				     "How many days after a sign-in the next one is needed." },
	[POLICY_AUDIT_REQUIRED] = { "audit_required", KEY_BOOL, NULL, 0, 1, 0, true,
				    "Whether reads, too, end when the usage log cannot be "
				    "written." },
	[POLICY_MASK_LIKELY] = { "mask_likely", KEY_BOOL, NULL, 0, 1, 1, true,
				 "Whether what is likely a secret is masked, too, not only what "
				 "surely is one." },
	[POLICY_CACHE] = { "cache", KEY_BOOL, NULL, 0, 1, 1, false,
			   "Whether definitions of connectors may be kept on disk." },
	[POLICY_SNAPSHOTS] = { "snapshots", KEY_BOOL, NULL, 0, 1, 1, false,
			       "Whether what a flow was like before a change may be kept on "
			       "disk." },
	[POLICY_SNAPSHOT_DAYS] = { "snapshot_days", KEY_INT, NULL, 1, 3650, 365, false,
				   "The most days that it is kept." },
	[POLICY_SNAPSHOT_COUNT] = { "snapshot_count", KEY_INT, NULL, 1, 1000, 50, false,
				    "The most versions that are kept of one flow." },
	[POLICY_CALLS_PER_MINUTE] = { "calls_per_minute", KEY_INT, NULL, 1, 100000, 100000, false,
				      "The most calls of one process in a minute." },
	[POLICY_WRITES_PER_MINUTE] = { "writes_per_minute", KEY_INT, NULL, 1, 10000, 10000, false,
				       "The most changes of one process in a minute." },
	[POLICY_TOOLSETS] = { "toolsets", KEY_LIST, NULL, 0, 0, 0, false,
			      "The sets of tools that may be offered." },
	[POLICY_PROFILES] = { "profiles", KEY_LIST, NULL, 0, 0, 0, false,
			      "The profiles that may be used." },
};

const char *const policy_trusts[] = { "manual", "supervised", "autonomous", NULL };
const char *const policy_actions[] = { "allow", "ask", "deny", NULL };
const char *const policy_classes[] = { "read-only", "moderate", "dangerous", "unknown", NULL };

/* ---- keys ---- */

static const struct policy_layer *top(const struct policy *p)
{
	return p->layers[LAYER_SYSTEM].present ? &p->layers[LAYER_SYSTEM] : &p->layers[LAYER_USER];
}

static int64_t stricter(enum policy_key k, int64_t a, int64_t b)
{
	if (policy_keys[k].type == KEY_SET)
		return a & b;
	if (policy_keys[k].more_is_stricter)
		return a > b ? a : b;
	return a < b ? a : b;
}

int64_t policy_value(const struct policy *p, enum policy_key k)
{
	const struct policy_layer *first = top(p), *user = &p->layers[LAYER_USER];
	int64_t v = first->values[k].where ? first->values[k].number : policy_keys[k].otherwise;

	return first != user && user->values[k].where ? stricter(k, v, user->values[k].number) : v;
}

const char *policy_where(const struct policy *p, enum policy_key k)
{
	const struct policy_layer *first = top(p), *user = &p->layers[LAYER_USER];
	int64_t v = first->values[k].where ? first->values[k].number : policy_keys[k].otherwise;

	if (first != user && user->values[k].where && policy_value(p, k) != v)
		return user->values[k].where;
	return first->values[k].where ? first->values[k].where : "default";
}

static bool has_word(struct str list, struct str word)
{
	struct str one;

	while (str_cut(&list, ' ', &one))
		if (str_eq(one, word))
			return true;
	return false;
}

bool policy_lists(const struct policy *p, enum policy_key k, struct str word, const char **where)
{
	*where = "default";
	for (size_t i = 0; i < LAYERS; i++) {
		const struct policy_value *v = &p->layers[i].values[k];

		if (!v->where)
			continue;
		*where = v->where;
		if (!has_word(v->text, word))
			return false;
	}
	return true;
}

enum trust policy_trust(const struct policy *p, const char *wish)
{
	int64_t most = p ? policy_value(p, POLICY_TRUST) : TRUST_MANUAL, mine = TRUST_SUPERVISED;

	for (int64_t i = 0; i < TRUST__MAX; i++)
		if (wish && strcmp(wish, policy_trusts[i]) == 0)
			mine = i;
	return (enum trust)(mine < most ? mine : most);
}

const char *policy_key_name(enum policy_key k)
{
	return k < POLICY__KEYS ? policy_keys[k].name : NULL;
}

const char *policy_key_help(enum policy_key k)
{
	return k < POLICY__KEYS ? policy_keys[k].help : NULL;
}

/* Word number `i` of a blank separated list. */
static struct str word_at(const char *words, int64_t i)
{
	struct str rest = str_from(words), one = S("");

	while (i-- >= 0 && str_cut(&rest, ' ', &one))
		;
	return one;
}

const char *policy_value_text(struct arena *a, const struct policy *p, enum policy_key k)
{
	const struct policy_key_row *row = &policy_keys[k];
	int64_t v = policy_value(p, k);
	struct buf b;

	buf_init_in(&b, a, LIMIT_CONF_FILE);
	switch (row->type) {
	case KEY_WORD:
		buf_adds(&b, word_at(row->words, v));
		break;
	case KEY_SET:
		for (int64_t i = 0; word_at(row->words, i).n && (1 << i) <= CHANNEL_ATTESTED; i++)
			if (v & (1 << i))
				buf_addf(&b, "%s%.*s", b.n ? " " : "",
					 STR_ARG(word_at(row->words, i)));
		if (!b.n)
			buf_addz(&b, "none");
		break;
	case KEY_BOOL:
		buf_addz(&b, v ? "yes" : "no");
		break;
	case KEY_INT:
		buf_addf(&b, "%lld", (long long)v);
		break;
	case KEY_LIST:
		for (size_t i = 0; i < LAYERS; i++)
			if (p->layers[i].values[k].where)
				buf_addf(&b, "%s%.*s", b.n ? " and " : "",
					 STR_ARG(p->layers[i].values[k].text));
		if (!b.n)
			buf_addz(&b, "all");
		break;
	}
	return buf_c(&b);
}

/* ---- sections ---- */

/* How exactly a section names what is asked about; 0: not at all. */
static unsigned fits(const struct policy_section *s, const struct policy_query *q)
{
	struct str name = s->name;

	if (str_eq(name, S("*")))
		return s->kind == SECTION_CLASS ? 0 : 1;
	switch (s->kind) {
	case SECTION_TOOL:
		return str_eq(name, q->tool) ? 3 : 0;
	case SECTION_ENVIRONMENT:
		if (str_eq(name, S("default")))
			return q->environment_default ||
					       str_starts_nocase(q->environment, S("Default-"))
				       ? 2
				       : 0;
		/* A change in an environment whose type is not known is in all of them. */
		if (str_starts(name, S("type:")) && !q->environment_type.n && q->klass_known &&
		    q->klass != CLASS_READ_ONLY)
			return 2;
		if (str_starts(name, S("type:")))
			return str_eq_nocase(str_from_at(name, 5), q->environment_type) ? 2 : 0;
		return q->environment.n && str_eq_nocase(name, q->environment) ? 3 : 0;
	case SECTION_CLASS:
		return q->klass_known && str_eq(name, str_from(policy_classes[q->klass])) ? 3 : 0;
	case SECTION_HOST:
		return q->host.n && str_eq(name, q->host) ? 3 : 0;
	default:
		return 0;
	}
}

/* Of one kind and one layer, the section that names the call most exactly and sets the key. */
static const struct policy_section *best(const struct policy_layer *l, enum section_kind kind,
					 const struct policy_query *q, enum section_key key)
{
	const struct policy_section *found = NULL;
	unsigned most = 0;

	for (const struct policy_section *s = l->sections; s; s = s->next) {
		unsigned exact = s->kind == kind ? fits(s, q) : 0;

		if (exact > most && (key == SECTION_KEYS || s->where[key])) {
			most = exact;
			found = s;
		}
	}
	return found;
}

static void rule_of(struct policy_ruling *r, const struct policy_section *action,
		    const struct policy_section *floor, const struct policy_section *channels)
{
	if (action && (enum policy_action)action->value[SECTION_ACTION] > r->action) {
		r->action = (enum policy_action)action->value[SECTION_ACTION];
		r->action_where = action->where[SECTION_ACTION];
	}
	if (floor && (enum klass)floor->value[SECTION_FLOOR] > r->floor) {
		r->floor = (enum klass)floor->value[SECTION_FLOOR];
		r->floor_where = floor->where[SECTION_FLOOR];
	}
	if (channels && (r->channels & ~(unsigned)channels->value[SECTION_CHANNELS])) {
		r->channels &= (unsigned)channels->value[SECTION_CHANNELS];
		r->channels_where = channels->where[SECTION_CHANNELS];
	}
}

struct policy_ruling policy_rule(const struct policy *p, const struct policy_query *q)
{
	struct policy_ruling r = {
		.action = POLICY_ALLOW,
		.action_where = "default",
		.floor = CLASS_READ_ONLY,
		.floor_where = "default",
		.channels = (unsigned)policy_value(p, POLICY_CHANNELS),
		.channels_where = policy_where(p, POLICY_CHANNELS),
	};

	for (size_t i = 0; i < LAYERS; i++) {
		const struct policy_layer *l = &p->layers[i];
		const struct policy_section *s;

		for (enum section_kind k = 0; k < SECTION_KINDS; k++)
			rule_of(&r, best(l, k, q, SECTION_ACTION), best(l, k, q, SECTION_FLOOR),
				best(l, k, q, SECTION_CHANNELS));
		/* To name an environment is to guard it, unless the section says otherwise. */
		s = best(l, SECTION_ENVIRONMENT, q, SECTION_KEYS);
		if (s && !str_eq(s->name, S("*")) && !s->where[SECTION_FLOOR] &&
		    !(s->where[SECTION_ACTION] && s->value[SECTION_ACTION] == POLICY_ALLOW))
			r.listed = true;
	}
	return r;
}

bool policy_tool_section(const struct policy *p, size_t i, struct str *name, const char **where)
{
	for (size_t l = 0; l < LAYERS; l++)
		for (const struct policy_section *s = p->layers[l].sections; s; s = s->next) {
			if (s->kind != SECTION_TOOL || str_eq(s->name, S("*")) || i--)
				continue;
			*name = s->name;
			*where = s->begins;
			return true;
		}
	return false;
}
