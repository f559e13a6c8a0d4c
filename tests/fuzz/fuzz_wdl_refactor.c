/*
 * fuzz_wdl_refactor.c - any definition: a refused change changes nothing, a name that was changed
 * comes back the same, what was changed reads back, and a difference ends and tells the truth.
 *
 * The text is a document, from its first "{" on.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "text/json.h"
#include "wdl/diff.h"
#include "wdl/refactor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A macro, so that the trace names the line. */
#define must(x) ((x) ? (void)0 : abort())

/* The first names of each kind, and one that is in an expression. */
static struct str name_of(const struct refactor_flow *f, enum refactor_kind kind)
{
	const struct json *from[] = {
		[REFACTOR_ACTION] = json_get(f->definition, "actions"),
		[REFACTOR_PARAMETER] = json_get(f->definition, "parameters"),
		[REFACTOR_CONNECTION] = f->references,
	};

	if (kind != REFACTOR_VARIABLE)
		return json_name(json_first(from[kind]));
	JSON_EACH(s, from[REFACTOR_ACTION])
		JSON_EACH(v, json_at(s, "/inputs/variables"))
			return json_get_str(v, "name");
	return S("");
}

/* It is printed and read again: no object has two members of one name. */
static void check_sound(struct arena *a, const struct json *v)
{
	struct json *again = json_parse(a, json_text(a, v), JSON_STRICT, NULL);

	must(again && json_identical(again, v));
}

static void check_rename(struct arena *a, const struct json *was, enum refactor_kind kind)
{
	static const char *const others[] = { [REFACTOR_ACTION] = "Zz'new_one",
					      [REFACTOR_VARIABLE] = "zz 'new",
					      [REFACTOR_PARAMETER] = "zz (new)",
					      [REFACTOR_CONNECTION] = "zz_new-1" };
	struct json *now = json_copy(a, was), *normal;
	struct refactor_result r, back;
	struct refactor_flow f;
	struct str name;
	const char *why;

	if (!refactor_open(a, now, &f, &why))
		return;
	name = str_dup(a, name_of(&f, kind));
	r = refactor_rename(a, &f, kind, name, name);
	if (!r.ok) {
		must(json_identical(now, was) && r.message.n);
		return;
	}
	check_sound(a, now);
	normal = json_copy(a, now);
	/* What names the new name already would mean it. */
	if (refactor_find(a, &f, kind, str_from(others[kind])).first)
		return;
	r = refactor_rename(a, &f, kind, name, str_from(others[kind]));
	if (!r.ok) {
		must(json_identical(now, normal));
		return;
	}
	check_sound(a, now);
	must(refactor_find(a, &f, kind, name).count == 0);
	back = refactor_rename(a, &f, kind, r.name, name);
	must(back.ok && back.changed == r.changed && json_identical(now, normal));
}

static void check_extract(struct arena *a, const struct json *was)
{
	static const char *const expressions[] = { "item()", "triggerBody()", "variables('v')",
						   "outputs('A')", "items('A')?['b']" };
	struct refactor_flow f;
	const char *why;

	for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++) {
		struct json *now = json_copy(a, was);
		struct refactor_result r;
		size_t before;

		if (!refactor_open(a, now, &f, &why))
			return;
		r = refactor_replace(a, &f, str_from(expressions[i]), S("concat('{', '}')"), S(""));
		must(r.ok ? r.changed > 0 : json_identical(now, was));
		check_sound(a, now);
		before = json_text(a, now).n;
		r = refactor_extract(a, &f, S("concat('{','}')"), S("Zz new"), S(""));
		must(r.ok ? r.changed > 0 && json_at_n(f.root, r.pointer) :
			    json_text(a, now).n == before);
		check_sound(a, now);
		refactor_close(a, &f);
		check_sound(a, now);
		must(diff_documents(a, now, now).equal);
		must(!r.ok || !diff_documents(a, was, now).equal);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	ptrdiff_t start = str_find_char(text, '{');
	struct json *was;
	struct arena a;

	if (start < 0 || size > 20000)
		return 0;
	arena_init(&a, (size_t)512 << 20);
	was = json_parse(&a, str_from_at(text, (size_t)start), JSON_STRICT, NULL);
	if (was) {
		for (unsigned k = 0; k < REFACTOR__KINDS; k++)
			check_rename(&a, was, (enum refactor_kind)k);
		check_extract(&a, was);
	}
	arena_release(&a);
	return 0;
}
