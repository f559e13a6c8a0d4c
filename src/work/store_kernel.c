/*
 * store_kernel.c - items in the kernel's keyring of this user: memory only, gone at a restart.
 *
 * Raw system calls, because they are five.  Sources: keyrings(7), keyctl(2), add_key(2),
 * user-keyring(7).  Containers usually forbid these calls; then there is no such store.
 * The kernel forgets the user's keyring some time after the user's last process has ended.
 */
#include "work/store_impl.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

/* Owner and possessor may do everything, nobody else anything: a server process need not
 * possess the keyring through its session. */
enum { RIGHTS = 0x3f3f0000 };

static long control(int operation, unsigned long a, unsigned long b, unsigned long c,
		    unsigned long d)
{
	return syscall(SYS_keyctl, operation, a, b, c, d);
}

static unsigned long special(int id)
{
	return (unsigned long)(long)id;
}

/* Makes the user's keyring ours to use: sessions of services do not have it. */
static bool attach(void)
{
	return control(KEYCTL_LINK, special(KEY_SPEC_USER_KEYRING),
		       special(KEY_SPEC_PROCESS_KEYRING), 0, 0) == 0;
}

bool store_kernel_works(void)
{
	return attach();
}

static enum store_result failed(struct store *s, const char *what)
{
	int err = errno;

	if (err == EDQUOT) {
		store_say(s, STORE_FAILED, "the kernel's keyring of this user is full");
		store_advise(s, "Choose another store: %s --store file", s->login_command);
		return STORE_FAILED;
	}
	if (err == ENOSYS || err == EPERM) {
		store_say(s, STORE_UNAVAILABLE, "the kernel's keyring is not to be had here");
		store_advise(s, "Choose another store: %s --store file", s->login_command);
		return STORE_UNAVAILABLE;
	}
	return store_say(s, STORE_FAILED, "the kernel's keyring: %s: %s", what, strerror(err));
}

static void describe(const struct store *s, const char *name, char text[4600])
{
	snprintf(text, 4600, "flowlatch:%s:%s", s->dir, name);
}

/* The key's number; -1 with errno ENOKEY when there is none. */
static long find(const struct store *s, const char *name)
{
	char text[4600];

	describe(s, name, text);
	if (!attach())
		return -1;
	return control(KEYCTL_SEARCH, special(KEY_SPEC_USER_KEYRING), (unsigned long)"user",
		       (unsigned long)text, 0);
}

static bool gone(void)
{
	return errno == ENOKEY || errno == EKEYREVOKED || errno == EKEYEXPIRED;
}

static enum store_result kernel_get(struct store *s, const char *name, struct secret **out)
{
	long key = find(s, name), n;
	struct buf b;

	if (key < 0)
		return gone() ? store_say(s, STORE_ABSENT, "nothing is kept for this profile")
			      : failed(s, "search");
	buf_init(&b, LIMIT_HELPER_LINE);
	if (!buf_room(&b, LIMIT_HELPER_LINE))
		return store_say(s, STORE_FAILED, "memory is out");
	n = control(KEYCTL_READ, (unsigned long)key, (unsigned long)b.p, LIMIT_HELPER_LINE, 0);
	if (n > 0 && n <= (long)LIMIT_HELPER_LINE) {
		b.n = (size_t)n;
		*out = secret_new(buf_str(&b));
	}
	buf_free_wiped(&b);
	if (n < 0)
		return gone() ? store_say(s, STORE_ABSENT, "nothing is kept for this profile")
			      : failed(s, "read");
	return *out ? STORE_OK : store_say(s, STORE_FAILED, "memory is out");
}

static enum store_result kernel_put(struct store *s, const char *name, const struct secret *raw)
{
	struct str bytes = secret_bytes(raw);
	char text[4600];
	long key;

	describe(s, name, text);
	if (!attach())
		return failed(s, "link");
	key = syscall(SYS_add_key, "user", text, bytes.p, bytes.n, KEY_SPEC_USER_KEYRING);
	if (key < 0)
		return failed(s, "add");
	if (control(KEYCTL_SETPERM, (unsigned long)key, RIGHTS, 0, 0))
		return failed(s, "set the rights");
	return STORE_OK;
}

static enum store_result kernel_erase(struct store *s, const char *name)
{
	long key = find(s, name);

	if (key < 0)
		return gone() ? store_say(s, STORE_ABSENT, "nothing is kept for this profile")
			      : failed(s, "search");
	/* Revoked first: others may still hold a link. */
	(void)control(KEYCTL_REVOKE, (unsigned long)key, 0, 0, 0);
	if (control(KEYCTL_UNLINK, (unsigned long)key, special(KEY_SPEC_USER_KEYRING), 0, 0))
		return failed(s, "unlink");
	return STORE_OK;
}

const struct store_kind store_kernel = {
	.name = "kernel",
	.get = kernel_get,
	.put = kernel_put,
	.erase = kernel_erase,
};
