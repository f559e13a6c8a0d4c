/*
 * wdl.c - what the language costs, in units of parsing the same bytes with cJSON.
 *
 * wdl [ROUNDS]     measures and prints; exit status 1 when linting 500 actions costs 20 times the
 *                  plain parse or more, or does not grow linearly to 5,000.
 * wdl write N      prints a definition with N actions.
 *
 * CPU time, the least of all rounds, ours and cJSON's in turns.  The plain parses run in a child,
 * because text/json.c gives cJSON an allocator of its own for the rest of the process.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "wdl/eval.h"
#include "wdl/lint.h"
#include "wdl/parse.h"
#include "wdl/walk.h"

/* ---- a definition ---- */

/* One piece of a long flow: %1 is its number, %0 the one before; each has its count of actions.
 * ` stands for a double quote. */
static const struct {
	const char *text, *last;
	unsigned actions;
} pieces[] = {
	{ "`Compose_%1`:{`type`:`Compose`,`inputs`:`@concat('run ', string(%1), ' ', "
	  "coalesce(triggerBody()?['text'], 'none'), ' at ', formatDateTime(utcNow(), "
	  "'yyyy-MM-dd'))`,`runAfter`:{%0}}",
	  "Compose_%1", 1 },
	{ "`Set_status_%1`:{`type`:`SetVariable`,`inputs`:{`name`:`status`,`value`:`step %1 of "
	  "@{workflow()?['run']?['name']}: @{outputs('Start')}`},`runAfter`:{%0}}",
	  "Set_status_%1", 1 },
	{ "`Get_items_%1`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`apiId`:`/providers/"
	  "Microsoft.PowerApps/apis/shared_sharepointonline`,`connectionName`:"
	  "`shared_sharepointonline`,`operationId`:`GetItems`},`parameters`:{`dataset`:"
	  "`@parameters('site')`,`table`:`Orders %1`,`$filter`:`Status eq '@{outputs('Start')}' and "
	  "Created ge '@{addDays(utcNow(), -7, 'yyyy-MM-dd')}'`,`$top`:500}},`runAfter`:{%0},"
	  "`metadata`:{`operationMetadataId`:`0a1b2c3d-0000-4000-8000-00000000%1`}},"
	  "`Each_%1`:{`type`:`Foreach`,`foreach`:`@outputs('Get_items_%1')?['body/value']`,`actions`:{"
	  "`Send_%1`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`apiId`:`/providers/"
	  "Microsoft.PowerApps/apis/shared_office365`,`connectionName`:`shared_office365`,"
	  "`operationId`:`SendEmailV2`},`parameters`:{`emailMessage/To`:"
	  "`@items('Each_%1')?['Owner']?['Email']`,`emailMessage/Subject`:`Order "
	  "@{items('Each_%1')?['Title']} is @{if(equals(items('Each_%1')?['Status'], 'Late'), 'late', "
	  "'open')}`,`emailMessage/Body`:`<p>Dear @{items('Each_%1')?['Owner']?['DisplayName']},</p>"
	  "<p>the order of @{formatDateTime(coalesce(items('Each_%1')?['Created'], utcNow()), "
	  "'dd.MM.yyyy')} waits for you.</p>`}},`runAfter`:{}}},"
	  "`runAfter`:{`Get_items_%1`:[`Succeeded`]}}",
	  "Each_%1", 3 },
	{ "`Check_%1`:{`type`:`If`,`expression`:{`and`:[{`greater`:[`@length(variables('status'))`,"
	  "%1]},{`not`:{`equals`:[`@toLower(string(triggerBody()?['text']))`,`no`]}}]},`actions`:{"
	  "`Yes_%1`:{`type`:`Compose`,`inputs`:{`number`:%1,`when`:`@utcNow()`,`text`:"
	  "`@{variables('status')}!`},`runAfter`:{}}},`else`:{`actions`:{`No_%1`:{`type`:`Compose`,"
	  "`inputs`:`@json('{}')`,`runAfter`:{}}}},`runAfter`:{%0}}",
	  "Check_%1", 3 },
	{ "`Rows_%1`:{`type`:`Select`,`inputs`:{`from`:`@range(0, %1)`,`select`:{`id`:`@item()`,"
	  "`name`:`@concat('row ', item())`}},`runAfter`:{%0}},`Few_%1`:{`type`:`Query`,`inputs`:{"
	  "`from`:`@body('Rows_%1')`,`where`:`@and(greater(item()?['id'], 2), "
	  "not(empty(item()?['name'])))`},`runAfter`:{`Rows_%1`:[`Succeeded`]}}",
	  "Few_%1", 2 },
};

static void piece(struct buf *b, const char *text, size_t number, const char *before)
{
	for (; *text; text++) {
		if (text[0] == '%' && text[1] == '1') {
			buf_addf(b, "%zu", number);
			text++;
		} else if (text[0] == '%' && text[1] == '0') {
			buf_addf(b, "\"%s\":[\"Succeeded\"]", before);
			text++;
		} else {
			buf_addc(b, *text == '`' ? '"' : *text);
		}
	}
}

/* A definition with about `actions` actions, or of about `bytes` bytes. */
static struct str definition(struct arena *a, size_t actions, size_t bytes)
{
	size_t n = 2, i = 0;
	const char *before = "Status";
	struct buf b;

	buf_init_in(&b, a, 1 << 26);
	piece(&b, "{`$schema`:`https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
		  "2016-06-01/workflowdefinition.json#`,`contentVersion`:`1.0.0.0`,`parameters`:{"
		  "`$connections`:{`defaultValue`:{},`type`:`Object`},`$authentication`:{"
		  "`defaultValue`:{},`type`:`SecureObject`},`site`:{`type`:`String`,`defaultValue`:"
		  "`https://contoso.example/sites/orders`}},`triggers`:{`manual`:{`type`:`Request`,"
		  "`kind`:`Button`,`inputs`:{`schema`:{`type`:`object`,`properties`:{`text`:{`type`:"
		  "`string`}}}}}},`actions`:{`Start`:{`type`:`Compose`,`inputs`:`open`,`runAfter`:{}},"
		  "`Status`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`status`,"
		  "`type`:`string`,`value`:`new`}]},`runAfter`:{`Start`:[`Succeeded`]}}",
	      0, "");
	while (bytes ? b.n < bytes : n < actions) {
		size_t k = i++ % (sizeof(pieces) / sizeof(*pieces));
		struct buf name;

		buf_addc(&b, ',');
		piece(&b, pieces[k].text, i, before);
		buf_init_in(&name, a, 64);
		piece(&name, pieces[k].last, i, "");
		before = buf_c(&name);
		n += pieces[k].actions;
	}
	buf_addz(&b, "}}");
	return buf_str(&b);
}

/* ---- expressions ---- */

static const char *const expressions[] = {
	"@concat('a', 'b', string(12))",
	"@add(mul(3, 4), sub(10, 2))",
	"@formatDateTime(addDays('2026-11-21T10:00:00Z', 3), 'dddd, d MMMM yyyy')",
	"@if(greater(length(body('Get')?['value']), 2), 'many', 'few')",
	"@first(body('Get')?['value'])?['Title']",
	"Dear @{variables('name')}, you have @{length(body('Get')?['value'])} orders.",
	"@join(split('a,b,c,d', ','), ';')",
	"@toUpper(substring(variables('name'), 0, 3))",
	"@contains(createArray('x', 'y'), 'y')",
	"@json('{\"a\": [1, 2, {\"b\": null}]}')?['a'][2]",
	"@union(body('Get')?['value'], createArray(1, 2))",
	"@setProperty(json('{\"a\":1}'), 'b', body('Get')?['count'])",
	"@base64ToString(base64('hello world'))",
	"@convertTimeZone('2026-07-01T12:00:00Z', 'UTC', 'W. Europe Standard Time', 'g')",
	"@coalesce(null, body('Get')?['none'], 'default')",
	"@replace(uriComponent('a b&c=d'), '%20', '+')",
	"@and(not(empty(variables('name'))), equals(outputs('Get')?['statusCode'], 200))",
	"@div(float('10.5'), 3)",
	"@last(take(skip(range(0, 50), 10), 5))",
	"@dayOfWeek(startOfMonth('2026-11-21T10:00:00Z'))",
};

enum { EXPRESSIONS = 1000, KINDS = sizeof(expressions) / sizeof(*expressions) };

static const char context[] =
	"{\"actions\":{\"Get\":{\"outputs\":{\"statusCode\":200,\"body\":{\"count\":3,\"value\":["
	"{\"Title\":\"One\"},{\"Title\":\"Two\"},{\"Title\":\"Three\"}]}},\"status\":\"Succeeded\"}},"
	"\"variables\":{\"name\":\"Adele Vance\"}}";

/* ---- the work ---- */

struct work {
	struct str text;
	size_t result; /* so that nothing is left out */
	bool bad;
};

static void plain(struct work *w)
{
	cJSON *v = cJSON_ParseWithLength(w->text.p, w->text.n);

	w->bad = !v;
	cJSON_Delete(v);
}

static void lint(struct work *w)
{
	struct arena a;
	struct lint_report r;

	arena_init(&a, (size_t)1 << 30);
	r = lint_document(&a, json_parse(&a, w->text, JSON_ANSWER, NULL));
	/* What is measured is a sound definition, but for its size. */
	w->bad = !r.usable;
	for (const struct lint_finding *f = r.first; f; f = f->next) {
		if (f->severity != LINT_ERROR || str_eq(str_from(f->rule->id), S("LIM01")))
			continue;
		fprintf(stderr, "%s %.*s: %.*s\n", f->rule->id, STR_ARG(f->pointer),
			STR_ARG(f->message));
		w->bad = true;
	}
	w->result = r.actions;
	arena_release(&a);
}

static void parse(struct work *w)
{
	struct arena a;
	struct wdl_places p;

	arena_init(&a, (size_t)1 << 30);
	p = wdl_walk_definition(&a, json_parse(&a, w->text, JSON_ANSWER, NULL), S(""));
	w->bad = p.errors > 0;
	w->result = p.count;
	arena_release(&a);
}

static void evaluate(struct work *w)
{
	struct wdl_context c = { 0 };
	struct arena a;

	arena_init(&a, (size_t)1 << 30);
	wdl_context_json(&c, json_parse(&a, str_from(context), JSON_ANSWER, NULL));
	w->bad = false;
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		const char *e = expressions[i % KINDS];
		struct wdl_result r = wdl_evaluate(&a, wdl_parse(&a, str_from(e)), &c);

		if (!r.ok)
			fprintf(stderr, "%s: %.*s\n", e, STR_ARG(r.fault.message));
		w->bad |= !r.ok;
	}
	w->result = EXPRESSIONS;
	arena_release(&a);
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double least(void (*run)(struct work *), struct work *w, double best)
{
	double start = cpu_us(), took;

	run(w);
	took = cpu_us() - start;
	if (w->bad) {
		fprintf(stderr, "wdl: the measured work went wrong\n");
		exit(2);
	}
	return took < best ? took : best;
}

/* The least of a few in a row: the first ones warm the caches. */
static double burst(void (*run)(struct work *), struct work *w)
{
	double best = 1e12;

	for (int i = 0; i < 5; i++)
		best = least(run, w, best);
	return best;
}

/* One row of the result. */
struct row {
	const char *what;
	void (*run)(struct work *);
	long rounds;
	struct str text;
	double ours, theirs;
};

/* A process that has never called us parses row after row, as often as it is asked to. */
struct parser {
	int ask, answer;
	pid_t pid;
};

static void serve(const struct row *rows, int ask, int answer)
{
	size_t i;

	while (read(ask, &i, sizeof(i)) == sizeof(i)) {
		struct work w = { .text = rows[i].text };
		double took = burst(plain, &w);

		if (write(answer, &took, sizeof(took)) != sizeof(took))
			break;
	}
	_exit(0);
}

static struct parser parser_start(const struct row *rows)
{
	struct parser p;
	int there[2], back[2];

	if (pipe(there) || pipe(back) || (p.pid = fork()) < 0) {
		perror("wdl");
		exit(2);
	}
	if (p.pid == 0) {
		close(there[1]);
		serve(rows, there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	p.ask = there[1];
	p.answer = back[0];
	return p;
}

static double parser_ask(const struct parser *p, size_t i)
{
	double took;

	if (write(p->ask, &i, sizeof(i)) != sizeof(i) ||
	    read(p->answer, &took, sizeof(took)) != sizeof(took)) {
		fprintf(stderr, "wdl: the plain parser is gone\n");
		exit(2);
	}
	return took;
}

static void measure(struct row *rows, size_t n)
{
	struct parser p = parser_start(rows);

	for (size_t i = 0; i < n; i++) {
		struct work w = { .text = rows[i].text };

		rows[i].ours = rows[i].theirs = 1e12;
		for (long k = 0; k < rows[i].rounds; k++) {
			double took = parser_ask(&p, i);

			rows[i].theirs = took < rows[i].theirs ? took : rows[i].theirs;
			took = burst(rows[i].run, &w);
			rows[i].ours = took < rows[i].ours ? took : rows[i].ours;
		}
		printf("%-26s %7zu bytes %8.2f ms  %5.1f times the plain parse (%.2f ms)\n",
		       rows[i].what, rows[i].text.n, rows[i].ours / 1e3,
		       rows[i].ours / rows[i].theirs, rows[i].theirs / 1e3);
	}
	close(p.ask);
	waitpid(p.pid, NULL, 0);
}

static struct str expression_list(struct arena *a)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		buf_addc(&b, i ? ',' : '[');
		json_print_str(&b, str_from(expressions[i % KINDS]));
	}
	buf_addc(&b, ']');
	return buf_str(&b);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 10;
	double ratio, more;
	struct arena a;
	struct str text;
	bool good;

	arena_init(&a, (size_t)1 << 30);
	if (argc > 2) {
		text = definition(&a, (size_t)atol(argv[2]), 0);
		fwrite(text.p, 1, text.n, stdout);
		return 0;
	}
	rounds = rounds > 0 ? rounds : 1;
	struct row rows[] = {
		{ "lint of 500 actions", lint, rounds, definition(&a, 500, 0) },
		{ "lint of 5,000 actions", lint, rounds / 5 + 1, definition(&a, 5000, 0) },
		{ "parse of all expressions", parse, rounds, definition(&a, 0, 84000) },
		{ "1,000 mixed expressions", evaluate, rounds, expression_list(&a) },
	};
	measure(rows, sizeof(rows) / sizeof(*rows));
	ratio = rows[0].ours / rows[0].theirs;
	more = rows[1].ours / rows[1].theirs;
	good = ratio < 20 && more < ratio * 1.5;
	printf("lint: goal under 20 times the plain parse, at 5,000 actions no more than half as much "
	       "again: %s\n",
	       good ? "met" : "MISSED");
	arena_release(&a);
	return good ? 0 : 1;
}
