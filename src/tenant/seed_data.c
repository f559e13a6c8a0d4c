/*
 * seed_data.c - the seed files, inside the program.
 *
 * The assembler includes them as they are, so they stay readable JSON in the source and the
 * program needs no file at run time.
 * Knows names of files only.
 */
#include "tenant/state.h"

#define SEED_FILES(X)                                                                              \
	X(people, "people.json")                                                                   \
	X(connectors, "connectors.json")                                                           \
	X(believable, "flows-believable.json")                                                     \
	X(empty, "flows-empty.json")                                                               \
	X(large, "flows-large.json")                                                               \
	X(orders, "p-orders.json")                                                                 \
	X(nightly_sync, "p-nightly-sync.json")

#define SEED_BYTES(id, file)                                                                       \
	__asm__(".pushsection .rodata\n"                                                           \
		".global seed_" #id "_begin\n.hidden seed_" #id "_begin\nseed_" #id "_begin:\n"    \
		".incbin \"src/tenant/seed/" file "\"\n"                                           \
		".global seed_" #id "_end\n.hidden seed_" #id "_end\nseed_" #id "_end:\n"          \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char seed_##id##_begin[], seed_##id##_end[];
SEED_FILES(SEED_BYTES)

static const struct {
	const char *name;
	const char *begin, *end;
} files[] = {
#define SEED_ROW(id, file) { file, seed_##id##_begin, seed_##id##_end },
	SEED_FILES(SEED_ROW)
};

struct str seed_file(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (!strcmp(files[i].name, name))
			return str_n(files[i].begin, (size_t)(files[i].end - files[i].begin));
	return (struct str){ NULL, 0 };
}
