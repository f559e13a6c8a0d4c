/*
 * flow_file.c - reading and writing a JSON file without changing what nobody asked to change.
 */
#include "front/flow_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* The first line that begins with white space tells the indentation. */
static void look_at_layout(struct flow_file *f, struct str text)
{
	ptrdiff_t end = str_find_char(text, '\n');
	size_t i;

	f->with = ' ';
	f->last_line = text.n && text.p[text.n - 1] == '\n';
	if (end < 0 || (size_t)end + 1 == text.n)
		return;
	f->crlf = end > 0 && text.p[end - 1] == '\r';
	for (i = (size_t)end + 1; i < text.n && (text.p[i] == ' ' || text.p[i] == '\t'); i++) {
		f->with = text.p[i];
		f->indent++;
	}
	/* Lines without indentation are written with the usual one. */
	if (!f->indent || f->indent > 16)
		f->indent = 2;
}

int flow_file_read(struct cli *cli, const char *name, struct flow_file *out)
{
	struct json_error e = { 0 };
	struct str text;
	struct buf b;
	int err;

	*out = (struct flow_file){ .name = name, .shown = cli_safe(cli, str_from(name), 0) };
	buf_init_in(&b, cli->arena, LIMIT_ANSWER_FLOW);
	err = strcmp(name, "-") == 0 ? os_read_fd(STDIN_FILENO, &b) : os_read_file(name, &b);
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "%s: %s", out->shown, strerror(err));
	text = buf_str(&b);
	if (str_starts(text, S("PK\x03\x04")))
		return cli_fail(EXIT_USAGE, "take the definition.json out of it first",
				"%s is a package, not a definition", out->shown);
	out->mark = str_starts(text, str_from(byte_order_mark));
	text = str_from_at(text, out->mark ? 3 : 0);
	/* Strict: what could not be written again as it was is refused. */
	out->json = json_parse(cli->arena, text, JSON_STRICT, &e);
	if (!out->json)
		return cli_fail(EXIT_USAGE, NULL, "%s: not JSON at byte %zu: %s", out->shown,
				e.offset, e.message);
	look_at_layout(out, text);
	return EXIT_FINE;
}

/* Two spaces a level become the file's indentation; strings hold no line ends. */
static void add_line(struct buf *b, const struct flow_file *f, struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == ' ')
		n++;
	for (size_t i = 0; i < n / 2 * f->indent; i++)
		buf_addc(b, f->with);
	buf_adds(b, str_from_at(line, n));
}

struct str flow_file_text(struct arena *a, const struct flow_file *f, const struct json *v)
{
	const char *end = f->crlf ? "\r\n" : "\n";
	struct str rest, line;
	struct buf pretty, b;
	bool first = true;

	buf_init_in(&b, a, 4 * LIMIT_ANSWER_FLOW);
	if (f->mark)
		buf_addz(&b, byte_order_mark);
	if (!f->indent) {
		json_print(&b, v);
	} else {
		buf_init_in(&pretty, a, 4 * LIMIT_ANSWER_FLOW);
		json_print_pretty(&pretty, v);
		rest = str_trim(buf_str(&pretty));
		while (str_cut(&rest, '\n', &line)) {
			if (!first)
				buf_addz(&b, end);
			first = false;
			add_line(&b, f, line);
		}
	}
	if (f->last_line)
		buf_addz(&b, end);
	return buf_ok(&b) ? buf_str(&b) : S("");
}

static int backup_of(struct cli *cli, const char *path, const char *shown)
{
	const char *to = arena_printf(cli->arena, "%s.bak", path);
	struct buf b;
	struct stat st;
	int err;

	buf_init_in(&b, cli->arena, 4 * LIMIT_ANSWER_FLOW);
	err = os_read_file(path, &b);
	if (err == ENOENT)
		return EXIT_FINE;
	if (!err)
		err = stat(path, &st) ? errno :
					os_write_atomic_mode(to, buf_str(&b), st.st_mode & 07777);
	return err ? cli_fail(EXIT_USAGE, "nothing was changed", "%s.bak: %s", shown, strerror(err)) :
		     EXIT_FINE;
}

int flow_file_write(struct cli *cli, const struct flow_file *f, const char *path,
		    const struct json *v, bool backup)
{
	struct str text = flow_file_text(cli->arena, f, v);
	const char *shown = cli_safe(cli, str_from(path), 0);
	char *real = realpath(path, NULL);
	const char *to = real ? str_c(cli->arena, str_from(real)) : path;
	unsigned mode = 0644;
	struct stat st;
	int code, err;

	free(real);
	if (stat(to, &st) == 0)
		mode = st.st_mode & 07777;
	/* What is written is read once more first: nothing may be lost. */
	if (!json_identical(json_parse(cli->arena, str_from_at(text, f->mark ? 3 : 0), JSON_STRICT,
				       NULL), v))
		return cli_fail(EXIT_INTERNAL, "nothing was changed",
				"%s: the new content does not read back the same", shown);
	code = backup ? backup_of(cli, to, shown) : EXIT_FINE;
	if (code != EXIT_FINE)
		return code;
	err = os_write_atomic_mode(to, text, mode);
	return err ? cli_fail(EXIT_USAGE, NULL, "%s: %s", shown, strerror(err)) : EXIT_FINE;
}
