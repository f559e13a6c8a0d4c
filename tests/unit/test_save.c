/*
 * test_save.c - what a save does to its target, from its arguments and from what was found.
 */
#include "unit.h"

#include "tools/save.h"

static struct json *quick(struct arena *a, const char *text)
{
	char *s = arena_copy(a, text, strlen(text));

	for (char *p = s; *p; p++)
		if (*p == '`')
			*p = '"';
	return json_parse(a, str_from(s), JSON_STRICT, NULL);
}

#define SET(path) "`operations`:[{`op`:`set`,`path`:[" path "],`value`:1}]"

static void test_effects(void **state)
{
	static const struct {
		const char *args;
		bool rebinds;
		enum effect effect;
	} rows[] = {
		{ "{`displayName`:`x`,`definition`:{}}", false, EFFECT_CREATE },
		{ "{`displayName`:`x`,`definition`:{},`dryRun`:true}", false, EFFECT_PREVIEW },
		{ "{`flowName`:`f`,`definition`:{},`dryRun`:true,`force`:true}", true, EFFECT_PREVIEW },
		{ "{`flowName`:`f`,`displayName`:`x`}", false, EFFECT_RENAME },
		{ "{`flowName`:`f`,`description`:`x`,`dryRun`:false}", false, EFFECT_RENAME },
		{ "{`flowName`:`f`,`definition`:{}}", false, EFFECT_REPLACE },
		{ "{`flowName`:`f`,`definition`:{},`connectionReferences`:{}}", false, EFFECT_REPLACE },
		/* Whatever the arguments say: what counts is that other connections are used. */
		{ "{`flowName`:`f`,`definition`:{}}", true, EFFECT_CONNECTIONS },
		{ "{`flowName`:`f`,`displayName`:`x`}", true, EFFECT_CONNECTIONS },
		{ "{`flowName`:`f`,`connectionReferences`:{}}", false, EFFECT_EDIT },
		{ "{`flowName`:`f`,`connectionReferences`:{}}", true, EFFECT_CONNECTIONS },
		{ "{`flowName`:`f`," SET("`actions`,`A`,`inputs`") "}", false, EFFECT_EDIT },
		{ "{`flowName`:`f`," SET("`actions`") "}", false, EFFECT_REPLACE },
		{ "{`flowName`:`f`," SET("`triggers`") "}", false, EFFECT_REPLACE },
		{ "{`flowName`:`f`," SET("`description`") "}", false, EFFECT_RENAME },
		{ "{`flowName`:`f`,`operations`:[{`op`:`set`,`path`:[`actions`,`A`,`inputs`],`value`:1},"
		  "{`op`:`set`,`path`:[`actions`,`B`,`inputs`],`value`:1}]}", false, EFFECT_REPLACE },
		{ "{`flowName`:`f`,`force`:true," SET("`actions`,`A`,`inputs`") "}", false, EFFECT_FORCE },
		{ "{`force`:true,`displayName`:`x`,`definition`:{}}", false, EFFECT_FORCE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target t = { .rebinds = rows[i].rebinds };

		if (save_effect(quick(*state, rows[i].args), &t) != rows[i].effect)
			fail_msg("row %zu: %s", i, rows[i].args);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT(test_effects) };

	return UNIT_RUN(tests);
}
