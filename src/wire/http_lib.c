/*
 * http_lib.c - opens libcurl and gives it an allocator that forgets what it frees.
 *
 * libcurl keeps headers, bodies and TLS records on the heap and does not clear them.
 */
#include "wire/http_lib.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

static void *wiping_malloc(size_t n)
{
	return malloc(n);
}

static void wiping_free(void *p)
{
	if (!p)
		return;
	os_wipe(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *p, size_t n)
{
	size_t had = p ? malloc_usable_size(p) : 0;
	void *moved;

	if (p && n && n <= had && n >= had / 2)
		return p;
	/* realloc(3) would leave the old bytes behind where it moves. */
	moved = malloc(n ? n : 1);
	if (!moved)
		return NULL;
	if (p) {
		memcpy(moved, p, had < n ? had : n);
		wiping_free(p);
	}
	return moved;
}

static char *wiping_strdup(const char *z)
{
	return strdup(z);
}

static void *wiping_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

#define NAME(name) "curl_" #name,
static const char *const names[] = { HTTP_LIB_FUNCTIONS(NAME) };
#undef NAME

/* 7.85: CURLOPT_PROTOCOLS_STR. */
#define OLDEST 0x075500

static const char *load(struct http_lib *lib)
{
	void *so = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	const curl_version_info_data *version;

	if (!so)
		return "libcurl.so.4 is missing; install it (Debian: apt install libcurl4)";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		void *function = dlsym(so, names[i]);

		if (!function)
			return "this libcurl is too old; 7.85 or newer is needed";
		/* Object and function pointers have one size where there is dlsym (POSIX). */
		memcpy((char *)lib + i * sizeof(function), &function, sizeof(function));
	}
	version = lib->version_info(CURLVERSION_NOW);
	if (version->version_num < OLDEST)
		return "this libcurl is too old; 7.85 or newer is needed";
	if (!(version->features & CURL_VERSION_SSL))
		return "this libcurl was built without TLS";
	if (lib->global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free, wiping_realloc,
				 wiping_strdup, wiping_calloc))
		return "libcurl could not be started";
	return NULL;
}

const struct http_lib *http_lib(const char **why)
{
	static struct http_lib table;
	static const char *trouble;
	static bool tried;

	if (!tried) {
		tried = true;
		trouble = load(&table);
	}
	if (why)
		*why = trouble;
	return trouble ? NULL : &table;
}
