/*
 * wdl_input.h - what the programs that measure the language work on: a definition of any size, and
 * expressions of many kinds with what they are evaluated against.
 */
#ifndef BENCH_WDL_INPUT_H
#define BENCH_WDL_INPUT_H

#include "base/buf.h"

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

enum { KINDS = sizeof(expressions) / sizeof(*expressions) };

static const char context[] =
	"{\"actions\":{\"Get\":{\"outputs\":{\"statusCode\":200,\"body\":{\"count\":3,\"value\":["
	"{\"Title\":\"One\"},{\"Title\":\"Two\"},{\"Title\":\"Three\"}]}},\"status\":\"Succeeded\"}},"
	"\"variables\":{\"name\":\"Adele Vance\"}}";

#endif
