/*
 * http_lib.h - libcurl as a table of its functions, for the files wire/http*.c alone.
 *
 * The library is opened when it is first needed, because linking it would cost every start of
 * the program five milliseconds.
 */
#ifndef WIRE_HTTP_LIB_H
#define WIRE_HTTP_LIB_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>

#define HTTP_LIB_FUNCTIONS(X)                                                                      \
	X(global_init_mem)                                                                         \
	X(version_info)                                                                            \
	X(free)                                                                                    \
	X(easy_init)                                                                               \
	X(easy_cleanup)                                                                            \
	X(easy_setopt)                                                                             \
	X(easy_getinfo)                                                                            \
	X(easy_header)                                                                             \
	X(easy_strerror)                                                                           \
	X(multi_init)                                                                              \
	X(multi_cleanup)                                                                           \
	X(multi_setopt)                                                                            \
	X(multi_add_handle)                                                                        \
	X(multi_remove_handle)                                                                     \
	X(multi_perform)                                                                           \
	X(multi_poll)                                                                              \
	X(multi_info_read)                                                                         \
	X(slist_append)                                                                            \
	X(slist_free_all)                                                                          \
	X(url)                                                                                     \
	X(url_set)                                                                                 \
	X(url_get)                                                                                 \
	X(url_cleanup)

#define HTTP_LIB_MEMBER(name) __typeof__(&curl_##name) name;
struct http_lib {
	HTTP_LIB_FUNCTIONS(HTTP_LIB_MEMBER)
};
#undef HTTP_LIB_MEMBER

/* The loaded library, or NULL with one sentence in *why (when not NULL).  Tries once. */
const struct http_lib *http_lib(const char **why);

#endif
