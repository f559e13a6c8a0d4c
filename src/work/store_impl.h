/*
 * store_impl.h - what the files of the store share.
 */
#ifndef WORK_STORE_IMPL_H
#define WORK_STORE_IMPL_H

#include "base/arena.h"
#include "work/store.h"

#define STORE_TOKEN    "refresh_token"
#define STORE_SEAL_KEY "seal_key"
#define STORE_LOG_KEY  "log_key"
#define STORE_PIN      "approve_pin"
#define STORE_SNAPSHOT_KEY "snapshot_key"

/* What a refresh token belongs to. */
struct store_login {
	char *authority, *tenant, *client_id, *account;
};

/* Items that came along with another and may be asked for next. */
struct store_ahead {
	const char *name;
	struct secret *raw;
	int64_t until;
};

struct store {
	const struct store_kind *kind; /* of "session": NULL until it is needed */
	const char *name;              /* as written in the configuration */
	char *profile;
	char *token_file; /* the person's refresh token file, or NULL */
	char *key_file;   /* of store = file, or NULL */
	char *dir;        /* state_dir/profiles/NAME, or NULL when the name is not a safe one */
	char *login_command;
	char *description;
	struct store_login login;
	bool have_dir;
	struct secret *seal_key;
	struct store_ahead ahead[2];
	int64_t rest_until; /* the helper is not waited for until then */
	enum store_result rest_result;
	int64_t written;
	char message[512], next[512];
};

/* How one kind keeps raw items.  The order of arguments is store.h's. */
struct store_kind {
	const char *name;
	bool bare;      /* items are kept as they are, without an envelope */
	bool helper;    /* asked through flowlatch-keyring; the functions are NULL */
	bool in_memory; /* the helper's collection that is gone at the end of the session */
	enum store_result (*get)(struct store *s, const char *name, struct secret **out);
	enum store_result (*put)(struct store *s, const char *name, const struct secret *raw);
	enum store_result (*erase)(struct store *s, const char *name);
};

extern const struct store_kind store_plain, store_token_file, store_sealed, store_kernel,
	store_keyring, store_session_service;

/* The kind to use now. */
const struct store_kind *store_kind(struct store *s);

/* Records a message and forgets the last advice; returns `r`. */
enum store_result store_say(struct store *s, enum store_result r, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));
void store_advise(struct store *s, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));
enum store_result store_need_dir(struct store *s);
bool store_name_ok(const char *name);
/* STORE_OK when the name can be an item's and the profile's a directory's. */
enum store_result store_check_name(struct store *s, const char *name);
/* A key that lies in a plain file: an earlier store's, or left by a sign-out.  It stays there
 * until the next sign-in takes it into the store (store_take_keys). */
bool store_in_plain_file(const struct store *s, const char *name, char path[4096]);
/* Puts an item into the store itself, in its envelope. */
enum store_result store_put_wrapped(struct store *s, const char *name,
				    const struct secret *value);
/* True when the kernel lets this process use its keyring. */
bool store_kernel_works(void);

/* A private file of ours; `text`: white space around it does not count. */
enum store_result store_read_file(struct store *s, const char *path, bool text,
				  struct secret **out);
enum store_result store_write_file(struct store *s, const char *path, struct str bytes);
enum store_result store_remove_file(struct store *s, const char *path);

/* The envelope: versioned JSON on one line, with what the item belongs to. */
struct secret *store_wrap(struct store *s, const char *name, const struct secret *value);
enum store_result store_unwrap(struct store *s, const char *name, const struct secret *raw,
			       struct secret **out);
/* Puts a raw item aside, or hands out one that was put aside (then it is the caller's). */
void store_keep_ahead(struct store *s, const char *name, struct str raw);
struct secret *store_take_ahead(struct store *s, const char *name);

/* store_keyring.c: what the helper is asked and what its answer means. */
bool store_helper_request(struct store *s, const struct store_request *r,
			  const struct secret *raw, struct buf *out);
enum store_result store_helper_result(struct store *s, const struct store_answer *a, int status,
				      const char *name, struct secret **raw);
/* Says what a status word means. */
enum store_result store_helper_tell(struct store *s, const char *status);
const char *store_helper_path(struct arena *a);
/* Runs an operation to its end in a loop of its own. */
enum store_result store_wait(struct store *s, const struct store_request *r, struct secret **out);

#endif
