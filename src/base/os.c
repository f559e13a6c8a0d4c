/*
 * os.c - the operating system: time, files, locks, the start of the process.
 */
#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"

/* Between the name of a file and six random characters, while it is being written. */
#define TEMPORARY ".tmp-"

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t os_now_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

int64_t os_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

void os_format_time(int64_t wall_ms, char out[25])
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t s = (time_t)((wall_ms - ms) / 1000);
	struct tm tm;
	char text[64];

	gmtime_r(&s, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)ms);
	memcpy(out, text, 24);
	out[24] = '\0';
}

/* Takes exactly `n` digits off the front. */
static bool digits(struct str *s, size_t n, int *out)
{
	uint64_t v;

	if (s->n < n || !str_to_u64(str_first(*s, n), &v))
		return false;
	*out = (int)v;
	*s = str_from_at(*s, n);
	return true;
}

static bool one_of(struct str *s, const char *set, char *out)
{
	if (!s->n || !strchr(set, s->p[0]) || !s->p[0])
		return false;
	*out = s->p[0];
	*s = str_from_at(*s, 1);
	return true;
}

/* ".5" up to ".123456789", of which milliseconds are kept. */
static bool fraction(struct str *s, int *ms)
{
	size_t n = 0;
	char c;

	if (!one_of(s, ".", &c))
		return true;
	for (int scale = 100; one_of(s, "0123456789", &c); scale /= 10, n++)
		*ms += (c - '0') * scale;
	return n >= 1 && n <= 9;
}

static int days_in_month(int year, int month)
{
	static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool os_parse_time(struct str s, int64_t *wall_ms)
{
	struct tm tm = { 0 };
	int frac = 0, off_h = 0, off_m = 0;
	char c, zone;

	if (!digits(&s, 4, &tm.tm_year) || !one_of(&s, "-", &c) || !digits(&s, 2, &tm.tm_mon) ||
	    !one_of(&s, "-", &c) || !digits(&s, 2, &tm.tm_mday) || !one_of(&s, "Tt ", &c) ||
	    !digits(&s, 2, &tm.tm_hour) || !one_of(&s, ":", &c) || !digits(&s, 2, &tm.tm_min) ||
	    !one_of(&s, ":", &c) || !digits(&s, 2, &tm.tm_sec))
		return false;
	if (!fraction(&s, &frac) || !one_of(&s, "Zz+-", &zone))
		return false;
	if ((zone == '+' || zone == '-') &&
	    (!digits(&s, 2, &off_h) || !one_of(&s, ":", &c) || !digits(&s, 2, &off_m)))
		return false;
	if (s.n || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > days_in_month(tm.tm_year, tm.tm_mon) || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60 || off_h > 23 || off_m > 59)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*wall_ms = (int64_t)timegm(&tm) * 1000 + frac -
		   (zone == '-' ? -1 : 1) * (off_h * 60 + off_m) * 60000;
	return true;
}

int os_read_fd(int fd, struct buf *b)
{
	for (;;) {
		size_t want = b->max - b->n < 65536 ? b->max - b->n : 65536;
		char beyond = 0, *at = want ? buf_room(b, want) : &beyond;
		ssize_t n;

		if (!at)
			return ENOMEM;
		/* A file that fills the buffer exactly is fine; one byte more is not. */
		n = read(fd, at, want ? want : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return 0;
		if (!want)
			return EFBIG;
		b->n += (size_t)n;
	}
}

int os_read_file(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

	if (fd < 0)
		return errno;
	err = os_read_fd(fd, b);
	close(fd);
	return err;
}

static int write_all(int fd, struct str data)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			data = str_from_at(data, (size_t)n);
	}
	return 0;
}

int os_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	int fd, err = 0;
	size_t n;

	if (slash && (size_t)(slash - path) >= sizeof(dir))
		return ENAMETOOLONG;
	n = slash ? (size_t)(slash - path) : 0;
	memcpy(dir, path, n);
	dir[n] = '\0';
	fd = open(!slash ? "." : n ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	/* Some file systems cannot sync a directory; the rename is then as safe as it gets. */
	if (fsync(fd) && errno != EINVAL)
		err = errno;
	close(fd);
	return err;
}

/* Removes what a killed process left of writing the same file: it may hold old secrets. */
static void remove_leftovers(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096], name[512];
	struct dirent *e;
	struct stat st;
	DIR *d;
	int n;

	if (!slash || (size_t)(slash - path) >= sizeof(dir) - 1)
		return;
	snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - path), path);
	n = snprintf(name, sizeof(name), "%s" TEMPORARY, slash + 1);
	d = n > 0 && (size_t)n < sizeof(name) ? opendir(dir) : NULL;
	while (d && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, name, (size_t)n) != 0 ||
		    strlen(e->d_name) != (size_t)n + 6 ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		/* A younger one may be somebody's work. */
		if (S_ISREG(st.st_mode) && st.st_mtime < time(NULL) - 60)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

int os_write_atomic(const char *path, struct str data)
{
	return os_write_atomic_mode(path, data, 0600);
}

int os_write_atomic_mode(const char *path, struct str data, unsigned mode)
{
	char tmp[4096];
	int fd, err, n = snprintf(tmp, sizeof(tmp), "%s" TEMPORARY "XXXXXX", path);

	if (n < 0 || (size_t)n >= sizeof(tmp))
		return ENAMETOOLONG;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return errno;
	err = write_all(fd, data);
	/* A Windows drive has no modes. */
	if (!err && mode != 0600 && fchmod(fd, mode) && errno != EPERM && errno != ENOSYS)
		err = errno;
	if (!err && fsync(fd))
		err = errno;
	if (close(fd) && !err)
		err = errno;
	if (!err && rename(tmp, path))
		err = errno;
	if (err)
		unlink(tmp);
	else
		remove_leftovers(path);
	return err ? err : os_sync_parent(path);
}

int os_open_private(const char *path, int flags, const char **why)
{
	struct stat st;
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);

	*why = NULL;
	if (fd < 0) {
		if (errno == ELOOP)
			*why = "is a symbolic link";
		return -1;
	}
	if (fstat(fd, &st))
		*why = "cannot be examined";
	else if (!S_ISREG(st.st_mode))
		*why = "is not a regular file";
	else if (st.st_uid != geteuid())
		*why = "belongs to somebody else";
	else if (st.st_mode & 077)
		*why = "can be used by others; its mode must be 0600";
	else if (st.st_nlink > 1)
		*why = "has a second name (a hard link)";
	if (!*why)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

bool os_is_remote(int fd)
{
	/* statfs(2) and linux/magic.h; 9p carries the Windows drives of WSL2. */
	static const unsigned long remote[] = {
		0x6969,	    /* nfs */
		0x517b,	    /* smb */
		0xff534d42, /* cifs */
		0xfe534d42, /* smb2 */
		0x65735546, /* fuse: sshfs, and what else lies behind it is not known */
		0x01021997, /* 9p */
		0x5346414f, /* afs (OpenAFS) */
		0x6b414653, /* afs (kernel) */
		0x73757245, /* coda */
		0x564c,	    /* ncp */
		0x00c36400, /* ceph */
		0x0bd00bd0, /* lustre */
		0x47504653, /* gpfs */
		0x19830326, /* beegfs */
	};
	struct statfs st;

	if (fstatfs(fd, &st))
		return false;
	for (size_t i = 0; i < sizeof(remote) / sizeof(*remote); i++)
		if ((unsigned long)(unsigned int)st.f_type == remote[i])
			return true;
	return false;
}

void os_syslog(int priority, const char *text)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	time_t now = time(NULL);
	char line[1024], when[32];
	struct tm tm;
	int n;

	if (fd < 0)
		return;
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	n = snprintf(line, sizeof(line), "<%d>%s flowlatch[%ld]: %s", priority, when,
		     (long)getpid(), text);
	if (n > 0 && (size_t)n < sizeof(line))
		(void)sendto(fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const struct sockaddr *)&at, sizeof(at));
	close(fd);
}

int os_mkdirs(const char *path)
{
	char part[4096];
	size_t n = strlen(path);
	struct stat st;

	if (n >= sizeof(part))
		return ENAMETOOLONG;
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return errno;
	}
	/* A file of that name is no directory; a link to one is. */
	if (stat(path, &st))
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

int os_mkdirs_for(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	size_t n;

	if (!slash || slash == path)
		return 0;
	n = (size_t)(slash - path);
	if (n >= sizeof(dir))
		return ENAMETOOLONG;
	memcpy(dir, path, n);
	dir[n] = '\0';
	return os_mkdirs(dir);
}

int os_try_lock(const char *path, int *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);

	if (fd < 0) {
		*err = errno;
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		*err = errno;
		close(fd);
		return -1;
	}
	return fd;
}

void os_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

char *os_home(struct arena *a)
{
	const char *home = getenv("HOME");

	if (!home || home[0] != '/') {
		const struct passwd *pw = getpwuid(getuid());

		home = pw ? pw->pw_dir : NULL;
	}
	return home ? arena_copy(a, home, strlen(home)) : NULL;
}

static char *xdg_dir(struct arena *a, const char *var, const char *below_home)
{
	const char *dir = getenv(var), *home;

	/* The XDG base directory specification: relative paths are invalid and ignored. */
	if (dir && dir[0] == '/')
		return arena_printf(a, "%s/flowlatch", dir);
	home = os_home(a);
	return home ? arena_printf(a, "%s/%s/flowlatch", home, below_home) : NULL;
}

char *os_config_dir(struct arena *a)
{
	return xdg_dir(a, "XDG_CONFIG_HOME", ".config");
}

char *os_state_dir(struct arena *a)
{
	return xdg_dir(a, "XDG_STATE_HOME", ".local/state");
}

char *os_runtime_dir(struct arena *a)
{
	return xdg_dir(a, "XDG_RUNTIME_DIR", ".local/state");
}

char *os_cache_dir(struct arena *a)
{
	return xdg_dir(a, "XDG_CACHE_HOME", ".cache");
}

char *os_self_dir(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	return slash ? arena_copy(a, path, (size_t)(slash - path)) : NULL;
}

void os_wipe(void *p, size_t n)
{
	if (p && n)
		explicit_bzero(p, n);
}

/* What would let the environment read our TLS secrets or steer the libraries. */
static const char *const dangerous_variables[] = {
	"SSLKEYLOGFILE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "GCONV_PATH",
	"RES_OPTIONS",   "LOCALDOMAIN",    "OPENSSL_CONF",  "NETRC",
};

void os_harden(void)
{
	struct rlimit none = { 0, 0 };

	/* Linux before 5.9 and valgrind do not know the call. */
	if (close_range(3, ~0u, 0))
		for (int fd = 3; fd < 256; fd++)
			close(fd);
	umask(077);
	for (size_t i = 0; i < sizeof(dangerous_variables) / sizeof(*dangerous_variables); i++)
		unsetenv(dangerous_variables[i]);
	signal(SIGPIPE, SIG_IGN);
	/* A file size limit is then an error of write(2), like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
