/*
 * knowledge.c - the shipped files, and a search over their pieces.
 *
 * The assembler includes them as they are, so they stay readable in the source and the program
 * needs no file at run time.
 */
#include "tools/knowledge.h"

#define FILES(X)                                 \
	X(actions, "actions.md", false)          \
	X(connectors, "connectors.json", true)   \
	X(expressions, "expressions.md", false)

#define BYTES(id, file, json)                                                    \
	__asm__(".pushsection .rodata\n"                                         \
		".global knowledge_" #id "_begin\n.hidden knowledge_" #id "_begin\n" \
		"knowledge_" #id "_begin:\n"                                     \
		".incbin \"data/knowledge/" file "\"\n"                          \
		".global knowledge_" #id "_end\n.hidden knowledge_" #id "_end\n" \
		"knowledge_" #id "_end:\n"                                       \
		".byte 0\n"                                                      \
		".popsection\n");                                                \
	extern const char knowledge_##id##_end[];
FILES(BYTES)

static const struct knowledge_file files[] = {
#define ROW(id, file, json) { #id, json, knowledge_##id##_begin, knowledge_##id##_end },
	FILES(ROW)
};

enum { FILE_COUNT = sizeof(files) / sizeof(*files), MOST_PIECES = 512, MOST_WORDS = 8 };
/* A piece that is shown; sections of the shipped files are shorter. */
enum { MOST_TEXT = 1500 };

const struct knowledge_file *knowledge_file(size_t i)
{
	return i < FILE_COUNT ? &files[i] : NULL;
}

static struct str text_of(const struct knowledge_file *f)
{
	return str_n(f->begin, (size_t)(f->end - f->begin));
}

static struct json *connectors(struct arena *a)
{
	for (size_t i = 0; i < FILE_COUNT; i++)
		if (files[i].is_json)
			return json_get(json_parse(a, text_of(&files[i]), JSON_STRICT, NULL),
					"connectors");
	return NULL;
}

const struct json *knowledge_connector(struct arena *a, struct str connector)
{
	return json_get_nocase(connectors(a), connector);
}

/* ---- pieces ---- */

struct piece {
	const char *topic; /* name of the file */
	struct str title, text;
	unsigned score;
};

struct pieces {
	struct arena *a;
	struct piece all[MOST_PIECES];
	size_t count;
};

static void add(struct pieces *p, const char *topic, struct str title, struct str text)
{
	if (p->count < MOST_PIECES && title.n)
		p->all[p->count++] = (struct piece){ topic, title, str_trim(text), 0 };
}

/* "## title" and what follows it up to the next. */
static void add_sections(struct pieces *p, const struct knowledge_file *f)
{
	struct str rest = text_of(f);
	ptrdiff_t at = str_find(rest, S("\n## "));

	while (at >= 0) {
		struct str title, body;

		rest = str_from_at(rest, (size_t)at + 4);
		at = str_find(rest, S("\n## "));
		body = at < 0 ? rest : str_first(rest, (size_t)at);
		str_cut(&body, '\n', &title);
		add(p, f->name, title, body);
	}
}

static void add_connectors(struct pieces *p, const struct knowledge_file *f)
{
	JSON_EACH (c, connectors(p->a)) {
		add(p, f->name, json_name(c), json_get_str(c, "hint"));
		JSON_EACH (op, json_get(c, "operations"))
			add(p, f->name,
			    str_fmt(p->a, "%.*s %.*s", STR_ARG(json_name(c)),
				    STR_ARG(json_name(op))),
			    json_get_str(op, "hint"));
	}
}

/* ---- the search ---- */

/* Every word must be there; in the title it counts more. */
static unsigned score(const struct piece *piece, struct str words)
{
	unsigned sum = 0, n = 0;
	struct str word;

	while (n < MOST_WORDS && str_cut(&words, ' ', &word)) {
		if (word.n < 2)
			continue;
		if (word.n > 3 && word.p[word.n - 1] == 's')
			word.n--;
		n++;
		if (str_contains_nocase(piece->title, word))
			sum += 5;
		else if (str_contains_nocase(piece->text, word))
			sum += 1;
		else
			return 0;
	}
	return sum;
}

static struct piece *best_of(struct pieces *p)
{
	struct piece *best = NULL;

	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].score && (!best || p->all[i].score > best->score))
			best = &p->all[i];
	return best;
}

struct json *knowledge_search(struct arena *a, struct str words, size_t most)
{
	struct pieces *p = arena_alloc(a, sizeof(*p));
	struct json *out = json_new_array(a);
	struct piece *best;

	p->a = a;
	for (size_t i = 0; i < FILE_COUNT; i++) {
		if (files[i].is_json)
			add_connectors(p, &files[i]);
		else
			add_sections(p, &files[i]);
	}
	for (size_t i = 0; i < p->count; i++)
		p->all[i].score = score(&p->all[i], words);
	while (most-- && (best = best_of(p))) {
		struct json *v = json_push(out, json_new_object(a));

		json_set_z(a, v, "topic", best->topic);
		json_set_str(a, v, "title", best->title);
		json_set_str(a, v, "text", str_first_utf8(best->text, MOST_TEXT));
		json_set_str(a, v, "resource",
			     str_fmt(a, "flowlatch://knowledge/%s", best->topic));
		best->score = 0;
	}
	return out;
}
