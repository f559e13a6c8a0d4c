/*
 * test_package.c - work/package.c: forms of JSON, names, places in the text; zips that are built
 * here byte by byte, whole and broken at every byte.
 */
#include "unit.h"

#include "work/package_priv.h"

#define DEFINITION "{\"triggers\":{},\"actions\":{\"A\":{\"type\":\"Compose\",\"inputs\":1}}}"

/* ---- forms ---- */

static void test_forms(void **state)
{
	static const struct {
		const char *text, *within, *name;
		bool flow, embedded;
	} rows[] = {
		{ DEFINITION, "", "", true, false },
		{ "{\"triggers\":{}}", "", "", true, false },
		{ "{\"definition\":" DEFINITION "}", "", "", true, false },
		{ "{\"properties\":{\"displayName\":\"N\",\"definition\":" DEFINITION "}}", "", "N",
		  true, false },
		{ "{\"name\":\"R\",\"clientdata\":{\"properties\":{\"definition\":" DEFINITION "}}}",
		  "/clientdata", "R", true, false },
		{ "{\"clientdata\":\"{\\\"actions\\\":{}}\"}", "/clientdata", "", true, true },
		{ "\"{\\\"actions\\\":{}}\"", "", "", true, true },
		{ "{\"clientdata\":\"{\"}", "", "", false, true },
		{ "{\"clientdata\":\"[]\"}", "", "", false, true },
		{ "{\"clientdata\":null,\"actions\":{}}", "", "", true, false },
		{ "{\"properties\":{\"definition\":{}}}", "", "", false, false },
		{ "{\"properties\":{\"definition\":\"x\"}}", "", "", false, false },
		{ "{}", "", "", false, false },
		{ "[]", "", "", false, false },
		{ "null", "", "", false, false },
		{ "\"x\"", "", "", false, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *root = json_parse(*state, str_from(rows[i].text), JSON_ANSWER, NULL);
		struct package_flow f = { .name = { "", 0 } };
		const char *why = NULL;
		bool flow = package_recognise(*state, root, &f, &why);

		if (!root || flow != rows[i].flow || (!flow && !why))
			fail_msg("%s: %s", rows[i].text, why ? why : "no reason");
		if (!flow)
			continue;
		if (!str_eq(f.within, str_from(rows[i].within)) ||
		    !str_eq(f.name, str_from(rows[i].name)) || f.embedded != rows[i].embedded ||
		    !f.document)
			fail_msg("%s: within %.*s, name %.*s", rows[i].text, STR_ARG(f.within),
				 STR_ARG(f.name));
	}
}

/* What other flows may run it by. */
static void test_ids(void **state)
{
#define ONE "1f87b5e3-9b8e-484f-ac7b-e69687cc571b"
#define TWO "2f87b5e3-9b8e-484f-ac7b-e69687cc571b"
	static const struct {
		const char *file, *member, *text, *ids[3];
	} rows[] = {
		{ "a/Orders-" ONE ".json", "", DEFINITION, { ONE } },
		{ "x.zip", "Workflows/Orders-" ONE ".json", DEFINITION, { ONE } },
		{ "x-" TWO ".zip", "Microsoft.Flow/flows/" ONE "/definition.json", DEFINITION, { ONE } },
		{ "x.json", "", "{\"name\":\"" ONE "\",\"properties\":{\"workflowEntityId\":\"" TWO
		  "\",\"definition\":" DEFINITION "}}", { TWO, ONE } },
		{ "x.json", "", "{\"name\":\"Row\",\"workflowid\":\"" ONE "\",\"clientdata\":"
		  "{\"properties\":{\"definition\":" DEFINITION "}}}", { ONE } },
		{ ONE "/x.json", "", DEFINITION, { NULL } },
		{ "definition.json", "", DEFINITION, { NULL } },
		{ "x-1f87b5e3-9b8e-484f-ac7b-e69687cc571.json", "", DEFINITION, { NULL } },
	};
	const char *why;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct package_flow f = { .file = str_from(rows[i].file),
					  .member = str_from(rows[i].member) };
		size_t n = 0;

		assert_true(package_recognise(*state, json_parse(*state, str_from(rows[i].text),
								 JSON_STRICT, NULL), &f, &why));
		for (size_t k = 0; k < COUNT(f.ids); k++) {
			if (!f.ids[k].n)
				continue;
			if (n >= 3 || !rows[i].ids[n] || !str_eq(f.ids[k], str_from(rows[i].ids[n])))
				fail_msg("row %zu: %.*s", i, STR_ARG(f.ids[k]));
			n++;
		}
		assert_true(n >= 3 || !rows[i].ids[n]);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *path, *name;
	} paths[] = {
		{ "Workflows/My-flow-1F87B5E3-9B8E-484F-AC7B-E69687CC571B.json", "My-flow" },
		{ "a/b/Workflows/x-1f87b5e3-9b8e-484f-ac7b-e69687cc571b.json", "x" },
		{ "Workflows/1F87B5E3-9B8E-484F-AC7B-E69687CC571B.json",
		  "1F87B5E3-9B8E-484F-AC7B-E69687CC571B" },
		{ "plain.json", "plain" },
		{ "Workflows/x-1F87B5E3-9B8E-484F-AC7B-E69687CC571G.json",
		  "x-1F87B5E3-9B8E-484F-AC7B-E69687CC571G" },
		{ "", "" },
		{ "/", "" },
	};
	static const char xml[] =
		"<R><Workflows>"
		"<Workflow Name=\"One &amp; two\"><JsonFileName>/Workflows/A.json</JsonFileName>"
		"</Workflow><Workflow Name=\"Three\"><JsonFileName>/Workflows/b.JSON</JsonFileName>"
		"</Workflow><Workflow Name=\"no file\"/></Workflows></R>";
	struct json *names;

	for (size_t i = 0; i < COUNT(paths); i++)
		if (!str_eq(package_name_of_path(str_from(paths[i].path)), str_from(paths[i].name)))
			fail_msg("%s", paths[i].path);
	names = package_names_of_solution(*state, str_from(xml));
	assert_int_equal(json_count(names), 2);
	assert_string_equal(json_get_z(names, "workflows/a.json"), "One & two");
	assert_string_equal(json_get_z(names, "workflows/b.json"), "Three");
	assert_int_equal(json_count(package_names_of_solution(*state, S("<Workflows>"))), 0);
	assert_int_equal(json_count(package_names_of_solution(*state, S("<Workflows><"
									"</Workflows>"))),
			 0);
	assert_int_equal(json_count(package_names_of_solution(*state, S(""))), 0);
	assert_true(str_eq(package_name_of_data(*state, S("<Workflow Name=\"x\"/>")), S("x")));
	assert_int_equal(package_name_of_data(*state, S("<Workflow")).n, 0);
}

/* ---- places ---- */

static void test_places(void **state)
{
	static const char text[] = "{\n \"a\": [1, {\"b\\u0041/~\": \"x\\ty\\ud83d\\ude00z\"}],\n"
				   "\t\"\xc3\xa9\": true, \"e\": {}, \"n\": -1.5e3}";
	static const struct {
		const char *pointer;
		int offset; /* -1: none */
		const char *found;
		size_t line, column;
	} rows[] = {
		{ "", -1, "{", 1, 1 },
		{ "/a", -1, "\"a\"", 2, 2 },
		{ "/a/0", -1, "1", 2, 8 },
		{ "/a/1", -1, "{", 2, 11 },
		{ "/a/1/bA~1~0", -1, "\"x\\ty\\ud83d\\ude00z\"", 2, 25 },
		{ "/a/1/bA~1~0", 0, "x\\ty\\ud83d\\ude00z", 2, 26 },
		{ "/a/1/bA~1~0", 2, "y\\ud83d\\ude00z", 2, 29 },
		{ "/a/1/bA~1~0", 4, "z", 2, 42 },
		{ "/a/1/bA~1~0", 5, "", 2, 43 },
		{ "/a/1/bA~1~0", 99, "", 2, 43 },
		{ "/\xc3\xa9", -1, "true", 3, 7 },
		{ "/\xc3\xa9", 3, "true", 3, 7 },
		{ "/e", -1, "\"e\"", 3, 13 },
		{ "/e", 1, "", 3, 15 },
		{ "/e/missing", 1, "\"e\"", 3, 13 },
		{ "/n", -1, "-1.5e3", 3, 27 },
		{ "/no/where", -1, "{", 1, 1 },
		{ "/a/7", -1, "\"a\"", 2, 2 },
	};
	struct package_spot spots[COUNT(rows)] = { 0 };
	struct package_flow f = { .within = { "", 0 }, .text = str_from(text) };

	f.root = f.document = json_parse(*state, f.text, JSON_STRICT, NULL);
	assert_non_null(f.root);
	for (size_t i = 0; i < COUNT(rows); i++) {
		spots[i].pointer = str_from(rows[i].pointer);
		spots[i].has_offset = rows[i].offset >= 0;
		spots[i].offset = rows[i].offset >= 0 ? (size_t)rows[i].offset : 0;
	}
	package_locate(*state, &f, spots, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct package_place *p = &spots[i].place;
		struct str found = str_n(text + p->byte, p->bytes);

		if (!p->found || !str_eq(found, str_from(rows[i].found)) ||
		    p->line != rows[i].line || p->column != rows[i].column)
			fail_msg("%s %d: %.*s at %zu:%zu", rows[i].pointer, rows[i].offset,
				 STR_ARG(found), p->line, p->column);
		assert_int_equal(p->end_line, p->line);
		assert_int_equal(p->end_column - p->column, p->characters);
	}
}

/* ---- zips ---- */

static void put(struct buf *b, size_t bytes, uint32_t v)
{
	for (size_t i = 0; i < bytes; i++)
		buf_addc(b, (char)(i < 4 ? v >> (8 * i) : 0));
}

static uint32_t crc(struct str s)
{
	uint32_t c = 0xffffffffu;

	for (size_t i = 0; i < s.n; i++) {
		c ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

/* A stored entry of `path` with `content` (APPNOTE 4.3.7 and 4.3.12). */
static void header(struct buf *b, bool central, struct str path, struct str content, size_t offset)
{
	put(b, 4, central ? 0x02014b50 : 0x04034b50);
	if (central)
		put(b, 2, 20);
	put(b, 2, 20);
	put(b, 8, 0); /* flags, method, time, date */
	put(b, 4, crc(content));
	put(b, 4, (uint32_t)content.n);
	put(b, 4, (uint32_t)content.n);
	put(b, 2, (uint32_t)path.n);
	put(b, 2, 0);
	if (central) {
		put(b, 10, 0);
		put(b, 4, (uint32_t)offset);
	}
	buf_adds(b, path);
	if (!central)
		buf_adds(b, content);
}

static struct str zip(struct arena *a, const struct str (*entries)[2], size_t count)
{
	struct buf b, directory;
	size_t start;

	buf_init_in(&b, a, 1 << 20);
	buf_init_in(&directory, a, 1 << 20);
	for (size_t i = 0; i < count; i++) {
		size_t at = b.n;

		header(&b, false, entries[i][0], entries[i][1], 0);
		header(&directory, true, entries[i][0], entries[i][1], at);
	}
	start = b.n;
	buf_adds(&b, buf_str(&directory));
	put(&b, 4, 0x06054b50);
	put(&b, 4, 0);
	put(&b, 2, (uint32_t)count);
	put(&b, 2, (uint32_t)count);
	put(&b, 4, (uint32_t)directory.n);
	put(&b, 4, (uint32_t)start);
	put(&b, 2, 0);
	return buf_str(&b);
}

struct seen {
	size_t flows, unusable;
	char last[200], why[200];
};

static void on_flow(void *arg, struct arena *a, const struct package_flow *f)
{
	struct seen *s = arg;
	struct str text = str_fmt(a, "%.*s|%.*s|%.*s", STR_ARG(f->file), STR_ARG(f->member),
				  STR_ARG(f->name));

	s->flows++;
	memcpy(s->last, text.p, text.n < 199 ? text.n : 199);
}

static void on_unusable(void *arg, struct str path, struct str why)
{
	struct seen *s = arg;

	s->unusable++;
	assert_true(path.n > 0 && why.n > 0 && why.n < 2000);
	memcpy(s->why, why.p, why.n < 199 ? why.n : 199);
}

static struct seen read_bytes(struct str bytes)
{
	struct seen s = { 0 };
	struct package_sink sink = { &s, on_flow, on_unusable };

	package_read_bytes(S("f"), bytes, &sink);
	return s;
}

static const struct str entries[][2] = {
	{ STR_INIT("customizations.xml"),
	  STR_INIT("<R><Workflows><Workflow Name=\"N\"><JsonFileName>/Workflows/a.json</JsonFileName>"
		   "</Workflow></Workflows></R>") },
	{ STR_INIT("Workflows/a.json"),
	  STR_INIT("{\"properties\":{\"definition\":" DEFINITION "}}") },
	{ STR_INIT("Workflows/picture.png"), STR_INIT("\x89PNG") },
};

static void test_zip(void **state)
{
	struct str bytes = zip(*state, entries, COUNT(entries));
	struct seen s = read_bytes(bytes);

	assert_int_equal(s.flows, 1);
	assert_int_equal(s.unusable, 0);
	assert_string_equal(s.last, "f|Workflows/a.json|N");
	s = read_bytes(S("PK\005\006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	assert_string_equal(s.why, "the zip holds no flow");
	s = read_bytes(S(""));
	assert_string_equal(s.why, "it is empty");
}

/* Cut at every byte, and with every byte wrong: told or read, never both wrong and silent. */
static void test_broken(void **state)
{
	struct str bytes = zip(*state, entries, COUNT(entries));
	char *copy = arena_copy(*state, bytes.p, bytes.n);
	size_t told = 0;

	for (size_t n = 4; n < bytes.n; n++) {
		struct seen s = read_bytes(str_first(bytes, n));

		if (s.flows || s.unusable != 1)
			fail_msg("cut at %zu: %zu flows, %zu unusable", n, s.flows, s.unusable);
	}
	for (size_t i = 0; i < bytes.n; i++) {
		struct seen s;

		copy[i] ^= 0x41;
		s = read_bytes(str_n(copy, bytes.n));
		copy[i] ^= 0x41;
		if (!s.flows && !s.unusable)
			fail_msg("byte %zu changed: silence", i);
		told += s.unusable > 0;
	}
	assert_true(told > bytes.n / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_forms), UNIT(test_ids), UNIT(test_names), UNIT(test_places),
		UNIT(test_zip),	  UNIT(test_broken),
	};

	return UNIT_RUN(tests);
}
