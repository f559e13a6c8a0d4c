/*
 * login_show.c - the code in large letters, the three choices, the letter to an administrator.
 */
#include "front/login.h"

#include <stdlib.h>

#include "base/limits.h"
#include "front/term.h"
#include "work/permission.h"

/* ---- the code, large ---- */

enum { GLYPH_ROWS = 5, GLYPH_COLUMNS = 5, INDENT = 4 };

/* Each row of a letter in five bits. */
static const struct {
	char letter;
	unsigned char rows[GLYPH_ROWS];
} glyphs[] = {
	{ '0', { 0x0e, 0x13, 0x15, 0x19, 0x0e } }, { '1', { 0x04, 0x0c, 0x04, 0x04, 0x0e } },
	{ '2', { 0x1e, 0x01, 0x0e, 0x10, 0x1f } }, { '3', { 0x1e, 0x01, 0x0e, 0x01, 0x1e } },
	{ '4', { 0x12, 0x12, 0x1f, 0x02, 0x02 } }, { '5', { 0x1f, 0x10, 0x1e, 0x01, 0x1e } },
	{ '6', { 0x0e, 0x10, 0x1e, 0x11, 0x0e } }, { '7', { 0x1f, 0x01, 0x02, 0x04, 0x04 } },
	{ '8', { 0x0e, 0x11, 0x0e, 0x11, 0x0e } }, { '9', { 0x0e, 0x11, 0x0f, 0x01, 0x0e } },
	{ 'A', { 0x0e, 0x11, 0x1f, 0x11, 0x11 } }, { 'B', { 0x1e, 0x11, 0x1e, 0x11, 0x1e } },
	{ 'C', { 0x0f, 0x10, 0x10, 0x10, 0x0f } }, { 'D', { 0x1e, 0x11, 0x11, 0x11, 0x1e } },
	{ 'E', { 0x1f, 0x10, 0x1e, 0x10, 0x1f } }, { 'F', { 0x1f, 0x10, 0x1e, 0x10, 0x10 } },
	{ 'G', { 0x0f, 0x10, 0x13, 0x11, 0x0f } }, { 'H', { 0x11, 0x11, 0x1f, 0x11, 0x11 } },
	{ 'I', { 0x0e, 0x04, 0x04, 0x04, 0x0e } }, { 'J', { 0x07, 0x02, 0x02, 0x12, 0x0c } },
	{ 'K', { 0x11, 0x12, 0x1c, 0x12, 0x11 } }, { 'L', { 0x10, 0x10, 0x10, 0x10, 0x1f } },
	{ 'M', { 0x11, 0x1b, 0x15, 0x11, 0x11 } }, { 'N', { 0x11, 0x19, 0x15, 0x13, 0x11 } },
	{ 'O', { 0x0e, 0x11, 0x11, 0x11, 0x0e } }, { 'P', { 0x1e, 0x11, 0x1e, 0x10, 0x10 } },
	{ 'Q', { 0x0e, 0x11, 0x15, 0x12, 0x0d } }, { 'R', { 0x1e, 0x11, 0x1e, 0x12, 0x11 } },
	{ 'S', { 0x0f, 0x10, 0x0e, 0x01, 0x1e } }, { 'T', { 0x1f, 0x04, 0x04, 0x04, 0x04 } },
	{ 'U', { 0x11, 0x11, 0x11, 0x11, 0x0e } }, { 'V', { 0x11, 0x11, 0x11, 0x0a, 0x04 } },
	{ 'W', { 0x11, 0x11, 0x15, 0x1b, 0x11 } }, { 'X', { 0x11, 0x0a, 0x04, 0x0a, 0x11 } },
	{ 'Y', { 0x11, 0x0a, 0x04, 0x04, 0x04 } }, { 'Z', { 0x1f, 0x02, 0x04, 0x08, 0x1f } },
	{ '-', { 0x00, 0x00, 0x0e, 0x00, 0x00 } },
};

static const unsigned char *glyph(char c)
{
	for (size_t i = 0; i < sizeof(glyphs) / sizeof(*glyphs); i++)
		if (glyphs[i].letter == c)
			return glyphs[i].rows;
	return NULL;
}

/* The locale is "C" in this program, so its name is all there is to go by. */
static bool utf8_terminal(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct str v = str_from(getenv(names[i]));

		if (v.n)
			return str_contains_nocase(v, S("utf-8")) || str_contains_nocase(v, S("utf8"));
	}
	return false;
}

struct str login_big_code(struct cli *cli, struct str code)
{
	const char *ink = utf8_terminal() ? "\xe2\x96\x88" : "#";
	struct buf b;

	for (size_t i = 0; i < code.n; i++)
		if (!glyph(code.p[i]))
			return (struct str){ 0 };
	if (!code.n || INDENT + code.n * (GLYPH_COLUMNS + 2) > cli->columns)
		return (struct str){ 0 };
	buf_init_in(&b, cli->arena, 64u << 10);
	for (int row = 0; row < GLYPH_ROWS; row++) {
		buf_addf(&b, "%*s", INDENT, "");
		for (size_t i = 0; i < code.n; i++) {
			for (int x = GLYPH_COLUMNS - 1; x >= 0; x--)
				buf_addz(&b, glyph(code.p[i])[row] >> x & 1 ? ink : " ");
			buf_addz(&b, i + 1 < code.n ? "  " : "\n");
		}
	}
	return buf_str(&b);
}

/* ---- whose client id ---- */

/* Microsoft's own public clients that people borrow.  Sources: Microsoft's PowerApps module, its
 * published configuration of pac, and the Azure CLI. */
static const struct {
	const char *id, *name;
} borrowed[] = {
	{ "9cee029c-6210-4654-90bb-17e6e9d36617", "Power Platform CLI" },
	{ "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Azure CLI" },
	{ "1950a258-227b-4e31-a9cf-717495945fc2", "Azure PowerShell" },
	{ "51f81489-12ee-4a9e-aaae-a2591f45987d", "Dynamics 365 development sample" },
};

const char *login_borrowed(struct cli *cli)
{
	for (size_t i = 0; cli->conf.client_id && i < sizeof(borrowed) / sizeof(*borrowed); i++)
		if (str_eq_nocase(str_from(cli->conf.client_id), str_from(borrowed[i].id)))
			return arena_printf(
				cli->arena,
				"This client id is Microsoft's own \"%s\", not yours and not flowlatch's. "
				"Pages and sign-in logs will name that program, its rights may go beyond "
				"what flowlatch needs, and Microsoft or your organisation may close it to "
				"you any day. `flowlatch setup app` makes one of your own.",
				borrowed[i].name);
	return NULL;
}

int login_choices(struct cli *cli)
{
	bool other = !str_eq(str_from(cli->conf.profile), S("default"));
	const char *profile = other ? arena_printf(cli->arena, " --profile %s", cli->conf.profile) : "";

	cli_fail(EXIT_USAGE, NULL, "no client_id is configured for the profile %s: flowlatch signs in as an "
				   "application that your tenant knows, and brings none of its own",
		 cli->conf.profile);
	cli_err_str(str_fmt(
		cli->arena,
		"\nThere are three ways to go on:\n"
		"\n"
		"  1. Register an application of your own (recommended).  It is a public client without\n"
		"     any secret, has the permissions that flowlatch uses and no others, and your\n"
		"     organisation can see, allow and remove it.\n"
		"\n"
		"       flowlatch setup app%s --run      with az; or without --run, a script for whoever may\n"
		"       flowlatch login%s\n"
		"\n"
		"     Registered by somebody else:\n"
		"       flowlatch login%s --client-id ID --tenant TENANT\n"
		"\n"
		"  2. Use a public client of Microsoft's, such as the %s:\n"
		"\n"
		"       flowlatch login%s --client-id %s\n"
		"\n"
		"     That is impersonation, if a common one: pages and logs will name that program, its\n"
		"     rights may go beyond what flowlatch needs, some services refuse it, and Microsoft\n"
		"     or your organisation may close it to you any day.  Good for a look, no more.\n"
		"\n"
		"  3. Try everything without an account, in a made-up tenant on this machine:\n"
		"\n"
		"       flowlatch call whoami --practice\n",
		profile, profile, profile, borrowed[0].name, profile, borrowed[0].id));
	return EXIT_USAGE;
}

/* ---- the letter ---- */

const char *login_consent_link(struct cli *cli, const struct hosts *hosts)
{
	const char *tenant = cli->conf.tenant;
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_URL);
	buf_addf(&b, "%.*s/%s/adminconsent?", STR_ARG(host_authority(hosts)),
		 tenant && tenant[0] ? tenant : "organizations");
	/* buf_add_field puts "&" in front of what is not first. */
	buf_addf(&b, "client_id=%s", cli->conf.client_id);
	buf_addz(&b, "&redirect_uri=");
	buf_add_percent(&b, S("http://localhost"));
	return buf_c(&b);
}

static void add_permissions(struct cli *cli, struct buf *b)
{
	size_t n;
	const struct api *apis = permission_apis(&n);

	for (size_t i = 0; i < n; i++) {
		if (cli->conf.read_only && apis[i].for_changes)
			continue;
		buf_addf(b, "  %s: %s%s\n", apis[i].name, apis[i].purpose,
			 apis[i].required ? "" : " (can be left out)");
		for (const struct permission *p = apis[i].permissions; p->scope; p++)
			if (permission_wanted(&apis[i], p, cli->conf.read_only))
				buf_addf(b, "    %-38s %s\n", p->scope, p->why);
	}
}

struct str login_letter(struct cli *cli, const struct hosts *hosts)
{
	const char *id = cli->conf.client_id;
	struct buf b;

	buf_init_in(&b, cli->arena, 64u << 10);
	buf_addf(&b,
		 "Subject: consent to flowlatch for our tenant\n"
		 "\n"
		 "I would like to use flowlatch, a program on my own machine that lets an AI agent read%s\n"
		 "my Power Automate flows.  Our tenant wants an administrator to consent.\n"
		 "This page does it (after \"Accept\" it ends at an address of localhost that cannot be\n"
		 "loaded; that is expected):\n"
		 "\n"
		 "  %s\n"
		 "\n"
		 "Application (client) id: %s\n"
		 "It is a public client: there is no secret and no certificate.\n"
		 "\n"
		 "Permissions, all of them delegated: each call is made as the person who signed in.\n"
		 "\n",
		 cli->conf.read_only ? "" : " and change", login_consent_link(cli, hosts), id);
	add_permissions(cli, &b);
	buf_addf(&b,
		 "\n"
		 "What it cannot do:\n"
		 "  - see or change anything that the person cannot see or change in Power Automate;\n"
		 "  - work while nobody is signed in: it has no application permissions;\n"
		 "  - read mail, files, calendars, chats or sites: it asks for no such permission;\n"
		 "  - send anything to anybody but Microsoft: it is a local program without a service.\n"
		 "%s"
		 "\n"
		 "How to take it back, at any time:\n"
		 "  - for everybody: Entra admin center, Enterprise applications, this id, Properties,\n"
		 "    Delete; or: az ad sp delete --id %s\n"
		 "  - permissions one by one: the same page, Permissions;\n"
		 "  - for one person: Users, the person, Revoke sessions.\n",
		 cli->conf.read_only ? "" :
				       "Changes ask the person first, and each is in a log on their "
				       "machine that shows\nwhen it was tampered with.\n",
		 id);
	return buf_str(&b);
}
