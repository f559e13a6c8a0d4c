/*
 * test_lint_rules.c - each rule of the linter by cases beyond its examples: near misses, which it
 * must let pass, and the parts of the rule that its example does not show.
 */
#include "unit.h"

#include "wdl/lint.h"

static size_t found(const struct lint_report *r, const char *id)
{
	size_t n = 0;

	for (const struct lint_finding *f = r->first; f; f = f->next)
		n += strcmp(f->rule->id, id) == 0;
	return n;
}

#define SCHEMA                                                                                     \
	"`$schema`:`https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"        \
	"2016-06-01/workflowdefinition.json#`,`contentVersion`:`1.0.0.0`"
#define T1(trigger) "{" SCHEMA ",`triggers`:{`t`:{" trigger "}},`actions`:{}}"
#define DOC(trigger, actions) "{" SCHEMA ",`triggers`:{`t`:{" trigger "}},`actions`:{" actions "}}"
#define BUTTON "`type`:`Request`,`kind`:`Button`,`inputs`:{`schema`:{}}"
#define HTTP "`type`:`Request`,`kind`:`Http`"
#define ANYONE HTTP ",`inputs`:{`triggerAuthenticationType`:`All`}"
#define DAILY "`type`:`Recurrence`,`recurrence`:{`frequency`:`Day`,`interval`:1}"
#define EVERY(members) "`type`:`Recurrence`,`recurrence`:{" members "}"
#define C(n, in, after) "`" n "`:{`type`:`Compose`,`inputs`:`" in "`,`runAfter`:{" after "}}"
#define X(in) C("A", in, "")
#define ON(n, statuses) "`" n "`:[" statuses "]"
#define OK(n) ON(n, "`Succeeded`")
#define H(n, after)                                                                                \
	"`" n "`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://a.example/`},`runAfter`:{" \
	after "}}"
#define REQUEST(more) "`H`:{`type`:`Http`,`inputs`:{" more "}}"
#define GET "`method`:`GET`,`uri`:`https://a.example/`"
#define POST "`method`:`POST`,`uri`:`https://a.example/`"
#define SCOPE(n, actions, after)                                                                   \
	"`" n "`:{`type`:`Scope`,`actions`:{" actions "},`runAfter`:{" after "}}"
#define IF(expression, yes, no, after)                                                             \
	"`I`:{`type`:`If`,`expression`:" expression ",`actions`:{" yes "},`else`:{`actions`:{" no \
	"}},`runAfter`:{" after "}}"
#define EACH(n, list, actions, after)                                                              \
	"`" n "`:{`type`:`Foreach`,`foreach`:`" list "`,`actions`:{" actions "},`runAfter`:{" after \
	"}}"
#define UNTIL(n, expression, limit, actions, after)                                                \
	"`" n "`:{`type`:`Until`,`expression`:`" expression "`,`limit`:{" limit                    \
	"},`actions`:{" actions "},`runAfter`:{" after "}}"
#define INIT(n, type, value, after)                                                                \
	"`I" n "`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`" n "`,`type`:`" type \
	"`,`value`:" value "}]},`runAfter`:{" after "}}"
#define SET(n, type, variable, value, after)                                                       \
	"`" n "`:{`type`:`" type "`,`inputs`:{`name`:`" variable "`,`value`:" value                \
	"},`runAfter`:{" after "}}"
#define END(status, after)                                                                         \
	"`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`" status "`},`runAfter`:{" after "}}"
#define REPLY(n, after)                                                                            \
	"`" n "`:{`type`:`Response`,`inputs`:{`statusCode`:200},`runAfter`:{" after "}}"
#define WAIT(count, unit)                                                                          \
	"`W`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:" count ",`unit`:`" unit "`}}}"
#define SWITCH(cases)                                                                              \
	"`W`:{`type`:`Switch`,`expression`:`@triggerBody()`,`cases`:{" cases "},`default`:{`actions`:{}}}"
#define CASE(n, value) "`" n "`:{`case`:" value ",`actions`:{}}"
#define API(n) "`apiId`:`/providers/Microsoft.PowerApps/apis/shared_" n "`"
#define STEP(n, type, api, operation, parameters, after)                                           \
	"`" n "`:{`type`:`" type "`,`inputs`:{`host`:{`connectionName`:`c`," API(api)               \
	",`operationId`:`" operation "`},`parameters`:{" parameters "}},`runAfter`:{" after "}}"
#define OPEN(n, api, operation, parameters, after)                                                 \
	STEP(n, "OpenApiConnection", api, operation, parameters, after)
#define OLD(n)                                                                                     \
	"`" n "`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`name`:`@parameters("      \
	"'$connections')['shared_sql']['connectionId']`}},`method`:`get`,`path`:`/x`}}"
#define TRIGGER(api, operation, parameters, more)                                                  \
	"`type`:`OpenApiConnectionWebhook`,`inputs`:{`host`:{`connectionName`:`c`," API(api)        \
	",`operationId`:`" operation "`},`parameters`:{" parameters "}}" more
#define PARAMETERS(more)                                                                           \
	"`parameters`:{`$connections`:{`type`:`Object`},`$authentication`:{`type`:`SecureObject`}"  \
	more "}"
#define WITH(parameters, actions)                                                                  \
	"{" SCHEMA ",`parameters`:{" parameters "},`triggers`:{`t`:{" BUTTON "}},`actions`:{" actions \
	"}}"
#define FLOW(references, trigger, actions)                                                         \
	"{`properties`:{`displayName`:`Orders`,`connectionReferences`:{" references                \
	"},`definition`:{" SCHEMA "," PARAMETERS("") ",`triggers`:{`t`:{" trigger "}},`actions`:{"  \
	actions "}}}}"
#define REFERENCE(source)                                                                          \
	"`c`:{`connectionName`:`shared-sql-1`,`source`:`" source "`,`id`:`/providers/Microsoft.PowerApps" \
	"/apis/shared_sql`}"
#define ROWS(parameters) OPEN("G", "sharepointonline", "GetItems", parameters, "")
#define HIDE(side) ",`runtimeConfiguration`:{`secureData`:{`properties`:[`" side "`]}}"
#define TEXT(n) "`properties`:{`text`:{`type`:`string`}},`required`:[" n "]"
#define FORM(n) "`type`:`Request`,`kind`:`Button`,`inputs`:{`schema`:{`type`:`object`," TEXT(n) "}}"

#define FIFTY "12345678901234567890123456789012345678901234567890"

/* Near misses: the rule is silent. */
static const struct {
	const char *id, *text;
} misses[] = {
	{ "STR01", "{" SCHEMA ",`triggers`:{`t`:{" HTTP ",`inputs`:{`schema`:{`properties`:{`actions`:{}}}}}},"
		   "`actions`:{}}" },
	{ "STR02", T1(DAILY) },
	{ "STR03", DOC("`type`:`OpenApiConnectionNotification`", "`A`:{`type`:`XmlValidation`}") },
	{ "STR04", "`run_after`:{`type`:`Compose`,`inputs`:{`retry_policy`:1,`status_code`:2}}" },
	{ "STR05", "`W`:{`type`:`Wait`,`inputs`:{`until`:{`timestamp`:`2030-01-01`}}},`V`:{`type`:"
		   "`SetVariable`,`inputs`:{`name`:`x`,`value`:null}}" },
	{ "STR06", "`E`:{`type`:`Expression`,`kind`:`IndexOf`,`inputs`:{}},`H`:{`type`:`Http`,`inputs`:{" GET
		   "},`operationOptions`:`DisableAsyncPattern, SuppressWorkflowHeaders`}" },
	{ "STR07", C("manual", "1", "") "," C("Manual_2", "1", OK("manual")) },
	{ "STR08", "`" FIFTY "123456789012345678901234567890`:{`type`:`Compose`,`inputs`:1,`description`:`"
		   FIFTY FIFTY FIFTY FIFTY FIFTY "123456`}" },
	{ "STR09", C("Löse_auf_(V2)_-_1.0", "1", "") },
	{ "STR10", "`A`:{`type`:`Compose`,`inputs`:{`retryPolicy`:1}}" },
	{ "STR11", SWITCH(CASE("a", "`1`") "," CASE("b", "1") "," CASE("c", "`A`") "," CASE("d", "`a`")) },
	{ "STR12", IF("{`or`:[{`not`:{`contains`:[`ab`,`a`]}},{`EQUALS`:[1,2]}]}", "", "", "") },
	{ "STR13", IF("`@equals(1,triggerBody())`", "", X("1"), "") "," SCOPE("S", SCOPE("Q", C("B", "1", ""),
								      ""), OK("I")) },
	{ "STR14", "`A`:{`type`:`Compose`,`inputs`:1,`runtimeConfiguration`:{`staticResult`:{`name`:`A0`}}}" },
	{ "STR15", SWITCH(CASE("a", "1")) "," UNTIL("U", "@equals(1,2)", "`count`:3", X("1"), "") },
	{ "STR16", "`L`:{`type`:`Foreach`,`foreach`:`@triggerBody()`,`actions`:{},`operationOptions`:"
		   "`Sequential`,`runtimeConfiguration`:{}}" },
	{ "STR17", "{`definition`:{" SCHEMA ",`metadata`:{},`staticResults`:{},`outputs`:{},`triggers`:{},"
		   "`actions`:{}},`displayName`:`a`}" },
	{ "GRF01", X("1") "," C("B", "1", ON("a", "`Succeeded`")) },
	{ "GRF02", SCOPE("S", X("1") "," C("B", "1", OK("A")), "") },
	{ "GRF03", X("1") "," C("B", "1", OK("A")) },
	{ "GRF04", X("1") "," C("B", "1", OK("A")) "," C("D", "1", OK("A") "," OK("B")) },
	{ "GRF05", X("1") "," C("B", "1", ON("A", "`SUCCEEDED`,`TIMEDOUT`,`skipped`")) },
	{ "GRF06", SCOPE("S", X("1"), "") "," C("B", "1", OK("S")) },
	{ "GRF07", H("A", "") "," C("B", "1", OK("A")) "," C("D", "1", ON("A", "`Failed`")) ","
		   C("E", "1", ON("B", "`Succeeded`,`Skipped`") "," ON("D", "`Succeeded`,`Skipped`")) },
	{ "GRF08", IF("`@equals(triggerBody(),1)`", X("1"), "", "") "," C("B", "1", ON("I", "`Skipped`,`Failed`")) },
	{ "GRF09", H("A", "") "," SCOPE("S", END("Failed", ""), ON("A", "`Failed`")) },
	{ "GRF10", H("A", "") "," C("B", "1", ON("A", "`Succeeded`,`Failed`,`TimedOut`")) ","
		   C("D", "1", OK("B")) },
	{ "GRF11", EACH("L", "@triggerBody()", H("A", "") "," C("B", "1", OK("A")), "") "," C("D", "1", OK("L")) },
	{ "GRF12", EACH("L", "@triggerBody()", X("1"), "") "," END("Failed", OK("L")) },
	{ "REF01", C("manual_2", "1", "") "," C("B", "@outputs('manual_2')", OK("manual_2")) ","
		   C("D", "@outputs('manual')", OK("B")) },
	{ "REF02", C("Ärger", "1", "") "," C("B", "@outputs('Ärger')", OK("Ärger")) },
	{ "REF03", H("A", "") "," SCOPE("S", SCOPE("Q", C("B", "@body('A')", ""), ""), ON("A", "`Failed`")) },
	{ "REF04", EACH("L", "@triggerBody()", X("1"), "") "," C("B", "@result('L')", OK("L")) },
	{ "REF05", EACH("L", "@triggerBody()", SCOPE("S", X("@items('L')"), ""), "") ","
		   "`Q`:{`type`:`Query`,`inputs`:{`from`:`@triggerBody()`,`where`:`@equals(item(),1)`}}" },
	{ "REF06", IF("`@equals(triggerBody(),1)`", X("1"), "", "") "," C("B", "@result('I')", OK("I")) },
	{ "REF07", INIT("x", "array", "[]", "") "," SET("W", "AppendToArrayVariable", "X", "1", OK("Ix")) },
	{ "REF08", INIT("x", "array", "[]", "") "," SCOPE("S", SET("W", "SetVariable", "x", "[]", ""), OK("Ix")) },
	{ "REF09", INIT("x", "string", "`a`", "") "," SCOPE("S", X("@variables('x')"), OK("Ix")) ","
		   INIT("y", "string", "`@variables('x')`", OK("Ix")) },
	{ "REF10", INIT("x", "integer", "`@length('a')`", "") "," SET("W", "DecrementVariable", "x", "2", OK("Ix"))
		   "," INIT("o", "object", "null", "") },
	{ "REF11", INIT("x", "string", "`a`", "") "," INIT("y", "string", "`a`", "") ","
		   SET("W", "SetVariable", "x", "`@variables('y')`", OK("Ix") "," OK("Iy")) },
	{ "REF12", INIT("x", "string", "`a`", "") ",`L`:{`type`:`Foreach`,`foreach`:`@triggerBody()`,`actions`:{"
		   SET("W", "SetVariable", "x", "`b`", "") "},`runAfter`:{" OK("Ix") "}}" },
	{ "REF13", WITH("`Rate (percent)`:{`type`:`Int`},`S (a_S)`:{`type`:`String`,`metadata`:{`schemaName`:"
			"`a_S`}}", X("@concat(parameters('rate (percent)'),parameters('S (a_S)'))")) },
	{ "REF14", H("A", "") "," C("B", "@body('A')", OK("A")) },
	{ "REF15", DOC(FORM(""), X("@concat(triggerBody()?['TEXT'],triggerBody()?['key-button-date'],"
				  "triggerOutputs()?['headers'])")) },
	{ "REF16", DOC(FORM("`text`"), X("@concat(triggerBody()['text'],outputs('A')['body'])")) },
	{ "REF17", INIT("x", "string", "`a`", "") "," X("@variables(triggerBody())") },
	{ "REF18", IF("`@equals(triggerBody(),1)`", X("1"), C("B", "2", ""), "") ","
		   C("D", "@if(equals(actions('A')?['status'],'Skipped'),0,outputs('A'))", OK("I")) },
	{ "REF19", C("A", "@triggerBody()?['value']", "") ",`S`:{`type`:`Select`,`inputs`:{`from`:"
		   "`@triggerBody()`,`select`:1},`runAfter`:{" OK("A") "}}," C("B", "@first(body('S'))?['value']",
									      OK("S")) },
	{ "EXP01", X("@concat('a}b', '{')") },
	{ "EXP02", X("@concat('a ?? b', 'x && y == z')") },
	{ "EXP03", X("@TOUPPER('map(x)')") },
	{ "EXP04", X("@substring('abc', 1)") },
	{ "EXP05", X("@div(int('4'), length('ab'))") },
	{ "EXP06", X("@length(createArray('a'))") },
	{ "EXP07", X("@concat('a@b.example', '@trigger()')") },
	{ "EXP09", X("@concat('„a“')") },
	{ "EXP10", X("@concat('a', 'b')") },
	{ "EXP11", EACH("L", "@json('[1]')", X("@{triggerBody()}"), "") ","
		   "`S`:{`type`:`Select`,`inputs`:{`from`:`@triggerBody()`,`select`:`@{item()}`}}" },
	{ "EXP12", X("@convertFromUtc(utcNow(), 'w. europe standard time', 'dd/MM/yyyy HH:mm')") },
	{ "EXP13", X("@equals(triggerBody()?['a'], 'true')") ","
		   IF("{`equals`:[`@length(triggerBody())`,0]}", "", "", "") },
	{ "EXP14", X("{\\\"a\\\":\\\"@{guid()}\\\",\\\"b\\\":@{string(triggerBody())}}") },
	{ "EXP15", X("@uriComponent('a')") },
	{ "EXP16", X("@union(triggerBody()?['renewed'], triggerBody()?['renewals'])") },
	{ "EXP17", DOC(FORM("`text`"), X("@split(if(empty(triggerBody()?['text']), '', triggerBody()?['text']), ',')")) },
	{ "EXP08", X("write to me@utc.example (now) or @someone(1)") },
	{ "EXP18", X("@formatDateTime(utcNow(), 'hh:mm tt')") },
	{ "EXP19", X("@concat('C:\\\\new\\\\table', 'n')") },
	{ "TRG01", T1("`type`:`Request`,`kind`:`powerappv2`") },
	{ "TRG02", T1(EVERY("`frequency`:`week`,`interval`:2,`timeZone`:`UTC`,`schedule`:{`hours`:[`7`,23],"
			    "`minutes`:[0],`weekDays`:[`friday`]}")) },
	{ "TRG03", T1("`type`:`Request`,`splitOn`:`@triggerBody()`,`runtimeConfiguration`:{}") },
	{ "TRG04", T1("`type`:`Request`,`runtimeConfiguration`:{`concurrency`:{`runs`:100}}") },
	{ "TRG05", DOC("`type`:`Request`,`splitOn`:`@triggerOutputs()?['body/value']`", X("1")) },
	{ "TRG06", T1("`type`:`Request`,`conditions`:[{`expression`:`@not(empty(triggerOutputs()?['body/a']))`}]") },
	{ "TRG07", DOC(TRIGGER("commondataserviceforapps", "SubscribeWebhookTrigger",
			       "`subscriptionRequest/message`:3,`subscriptionRequest/entityname`:`account`", ""),
		       OPEN("U", "commondataserviceforapps", "UpdateRecord",
			    "`entityName`:`contacts`,`recordId`:`@triggerOutputs()?['body/contactid']`", "")) },
	{ "TRG08", T1(HTTP ",`inputs`:{`triggerAuthenticationType`:`SpecificUsers`}") },
	{ "TRG09", DOC(HTTP, WAIT("90", "Second") "," REPLY("R", OK("W")) "," IF("`@equals(triggerBody(),1)`",
				 REPLY("Q", ""), REPLY("P", ""), "")) },
	{ "TRG10", T1("`type`:`Request`,`kind`:`PowerAppV2`") },
	{ "TRG11", T1(TRIGGER("office365", "OnNewEmailV3", "", "")) },
	{ "TRG12", T1(TRIGGER("commondataserviceforapps", "SubscribeWebhookTrigger",
			      "`subscriptionRequest/message`:1,`subscriptionRequest/entityname`:`account`", "")) },
	{ "TRG13", T1(TRIGGER("office365", "OnNewEmailV3", "", "")) },
	{ "CON01", DOC(BUTTON, H("A", "")) },
	{ "CON02", FLOW("`k`:{`api`:{`name`:`shared_sql`},`connection`:{`connectionReferenceLogicalName`:`c`}}", BUTTON,
			OPEN("A", "sql", "Get", "", "")) },
	{ "CON03", FLOW("`k`:{`api`:{`name`:`shared_sql`},`connection`:{`connectionReferenceLogicalName`:`c`}}", BUTTON,
			OPEN("A", "SQL", "Get", "", "") "," OLD("B")) },
	{ "CON04", DOC(BUTTON, REQUEST(GET ",`authentication`:{`type`:`Basic`}")) },
	{ "CON05", DOC(BUTTON, STEP("A", "OpenApiConnectionWebhook", "teams", "PostCardAndWaitForResponse", "", "")
			       "," OPEN("B", "approvals", "GetApproval", "", "")) },
	{ "CON06", DOC(BUTTON, OPEN("A", "sql", "Get", "", "") "," STEP("B", "OpenApiConnectionWebhook", "sql", "Get", "", "")) },
	{ "CON07", DOC(BUTTON, OPEN("A", "smtp", "SendEmail", "", "") ","
			       OPEN("B", "teams", "PostMessageToConversation", "", "")) },
	{ "CON08", DOC(BUTTON, STEP("A", "OpenApiConnectionWebhook", "approvals", "StartAndWaitForAnApproval",
				    "`approvalType`:`Sequential`,`WebhookApprovalCreationInput/title`:`a`", "")) },
	{ "CON09", FLOW(REFERENCE("Invoker"), BUTTON, X("1")) },
	{ "CON10", DOC(BUTTON, OPEN("A", "commondataserviceforapps", "UpdateRecord",
				    "`item/a@odata.bind`:`@triggerBody()`,`item/b@odata.bind`:``", "")) },
	{ "CON13", DOC(BUTTON, OPEN("A", "commondataserviceforapps", "CreateRecord", "`item/a`:null", "")) },
	{ "CON14", DOC(BUTTON, OPEN("A", "sharepointonline", "GetItems", "`dataset`:`@parameters('p')`,`$top`:5", "")
			       "," C("B", "https://contoso.sharepoint.com/", OK("A"))) },
	{ "CON16", DOC(BUTTON, OPEN("A", "office365", "SendEmailV2", "", "")) },
	{ "LIM01", X("1") "," C("B", "1", OK("A")) },
	{ "LIM02", SCOPE("S", SCOPE("Q", SCOPE("R", SCOPE("P", X("1"), ""), ""), ""), "") },
	{ "LIM03", SWITCH(CASE("a", "1") "," CASE("b", "2")) },
	{ "LIM04", INIT("x", "array", "[]", "") },
	{ "LIM05", INIT("x", "string", "`a`", "") "," UNTIL("U", "@equals(variables('x'),'b')", "`count`:60",
				SET("W", "SetVariable", "x", "`b`", ""), OK("Ix")) ","
		   IF("`@equals(variables('x'),'b')`", X("1"), "", OK("U")) },
	{ "LIM06", REQUEST(GET ",`retryPolicy`:{`type`:`exponential`,`count`:1,`interval`:`PT5S`,`maximumInterval`:`P1D`}") },
	{ "LIM07", EACH("L", "@range(0, 5000)", X("1"), "") },
	{ "LIM08", WAIT("30", "Day") ",`H`:{`type`:`Http`,`inputs`:{" GET "},`limit`:{`timeout`:`P30D`}}" },
	{ "LIM09", "`H`:{`type`:`Http`,`inputs`:{" GET "},`limit`:{`timeout`:`PT1H`}}" },
	{ "LIM10", DOC(EVERY("`frequency`:`Minute`,`interval`:1"), X("1")) },
	{ "LIM11", WAIT("5", "Second") },
	{ "PRF01", EACH("L", "@triggerBody()", X("1"), "") "," EACH("M", "@triggerBody()", C("B", "1", ""), OK("L")) },
	{ "PRF02", INIT("x", "array", "[]", "") "," EACH("L", "@triggerBody()", H("A", "") ","
				SET("W", "AppendToArrayVariable", "x", "1", OK("A")), OK("Ix")) },
	{ "PRF03", DOC(BUTTON, ROWS("`$filter`:`a eq 1`") ",`Q`:{`type`:`Query`,`inputs`:{`from`:"
			       "`@outputs('G')?['body/value']`,`where`:`@equals(item(),1)`},`runAfter`:{" OK("G") "}}") },
	{ "PRF04", INIT("x", "array", "[]", "") "," EACH("L", "@triggerBody()", H("A", "") ","
				SET("W", "AppendToArrayVariable", "x", "1", OK("A")), OK("Ix")) },
	{ "PRF05", UNTIL("U", "@equals(1,triggerBody())", "`count`:60,`timeout`:`PT1H`", H("A", "") "," WAIT("1", "Minute"), "") },
	{ "PRF06", EACH("L", "@createArray(1, 2)", X("1"), "") },
	{ "PRF07", DOC(BUTTON, ROWS("`$top`:5000") "," EACH("L", "@outputs('G')?['body/value']", X("1"), OK("G"))) },
	{ "QUA01", C("Compose", "1", "") "," C("Compose_the_mail_2", "1", OK("Compose")) },
	{ "QUA02", "`H`:{`type`:`Http`,`inputs`:{" GET ",`retryPolicy`:{`type`:`fixed`}}}," C("B", "1",
				ON("H", "`Succeeded`,`Failed`")) },
	{ "QUA03", "{`properties`:{`displayName`:`Tests of Orders`,`definition`:{`triggers`:{},`actions`:{}}}}" },
	{ "SEC01", REQUEST(POST ",`headers`:{`Authorization`:`Bearer <your-token-goes-here>`,`X-API-Key`:"
			   "`@parameters('key')`},`body`:`client_secret=@{parameters('s')}&password=xxxxxxxxxxxx`") },
	{ "SEC02", REQUEST(GET ",`headers`:{`Accept`:`@{triggerBody()}`}") },
	{ "SEC03", "`H`:{`type`:`Http`,`inputs`:{" GET "}" HIDE("inputs") "}," C("B", "@body('H')", OK("H")) },
	{ "SEC04", REQUEST("`method`:`GET`,`uri`:`http://localhost:8080/`") ",`J`:{`type`:`Http`,`inputs`:{"
		   "`method`:`GET`,`uri`:`https://a.example/@{triggerBody()}`}}" },
	{ "SEC05", DOC(TRIGGER("office365", "OnNewEmailV3", "", ""),
		       OPEN("A", "office365", "SendEmailV2", "`emailMessage/To`:`a@contoso.com`", "")) },
	{ "SEC06", DOC(ANYONE, REQUEST(GET ",`body`:`@triggerBody()`") "," OPEN("A", "office365", "SendEmailV2", "", "")) },
};

/* Parts of a rule that its example does not show: how often it speaks, and how loudly. */
static const struct {
	const char *id, *text;
	size_t count;
	enum lint_severity severity;
} hits[] = {
	{ "STR01", "{`$schema`:`https://example.com/other.json#`,`triggers`:{},`actions`:{}}", 2, LINT_INFO },
	{ "STR02", "{" SCHEMA ",`triggers`:{},`actions`:{}}", 1, LINT_WARNING },
	{ "STR03", "`A`:{`type`:`Whatever`}", 1, LINT_WARNING },
	{ "STR03", "`A`:{`inputs`:1}", 1, LINT_ERROR },
	{ "STR04", "`A`:{`type`:`Response`,`inputs`:{`status_code`:200,`Status_Code`:1}}", 2, LINT_ERROR },
	{ "STR04", WITH("`p`:{`type`:`String`,`default_value`:`a`}", ""), 1, LINT_ERROR },
	{ "STR05", "`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`a`,`type`:`array`},{`name`:`b`},"
		   "{`type`:`array`}]}}", 2, LINT_ERROR },
	{ "STR05", SWITCH("`a`:{`case`:1},`b`:{`actions`:{}}"), 2, LINT_ERROR },
	{ "STR06", INIT("x", "text", "`a`", ""), 1, LINT_ERROR },
	{ "STR06", "`H`:{`type`:`Http`,`inputs`:{" GET "},`operationOptions`:`DisableAsync`}", 1, LINT_WARNING },
	{ "STR08", "`A`:{`type`:`Compose`,`inputs`:1,`description`:`" FIFTY FIFTY FIFTY FIFTY FIFTY
		   "1234567`}", 1, LINT_ERROR },
	{ "STR09", C("a/b", "1", "") "," C("it's", "1", OK("a/b")), 2, LINT_INFO },
	{ "STR11", SWITCH(CASE("a", "`@triggerBody()`") "," CASE("b", "[1]") ",`default`:{`actions`:{}}"), 3, LINT_ERROR },
	{ "STR13", SCOPE("S", "", "") "," SCOPE("Q", SCOPE("R", "", ""), OK("S")) "," C("A", "1", OK("Q")), 2,
	  LINT_WARNING },
	{ "STR15", "`A`:{`type`:`Compose`,`inputs`:1,`colour`:1}", 1, LINT_WARNING },
	{ "STR15", DOC(BUTTON ",`runAfter`:{}", ""), 1, LINT_ERROR },
	{ "STR06", REQUEST("`method`:`FETCH`,`uri`:`https://a.example/`"), 1, LINT_ERROR },
	{ "STR17", "{" SCHEMA ",`triggers`:{},`actions`:{},`connectionReferences`:{}}", 1, LINT_WARNING },
	{ "GRF05", X("1") "," C("B", "1", "`A`:[]"), 1, LINT_ERROR },
	{ "GRF05", X("1") "," C("B", "1", ON("A", "`Cancelled`")), 1, LINT_WARNING },
	{ "GRF06", X("1") "," C("B", "1", ""), 1, LINT_INFO },
	{ "GRF07", H("A", "") "," C("B", "1", OK("A")) "," C("D", "1", OK("B")) "," C("E", "1", ON("A", "`Failed`")) ","
		   C("F", "1", OK("E") "," OK("D")), 1, LINT_WARNING },
	{ "GRF08", IF("{`and`:[{`equals`:[`@length('ab')`,3]},{`equals`:[`@triggerBody()`,1]}]}", X("1"), "", ""), 1,
	  LINT_WARNING },
	{ "GRF08", IF("`@not(false)`", "", X("1"), ""), 1, LINT_WARNING },
	{ "GRF08", X("1") "," C("B", "1", ON("A", "`Skipped`")) "," C("D", "1", ON("A", "`TimedOut`")), 2, LINT_WARNING },
	{ "GRF09", H("A", "") "," H("B", ON("A", "`Failed`")), 1, LINT_INFO },
	{ "GRF10", H("A", "") "," C("B", "1", ON("A", "`Failed`")), 1, LINT_INFO },
	{ "REF04", UNTIL("U", "@equals(1,2)", "`count`:3", X("1"), "") "," C("B", "@outputs('A')", OK("U")), 1,
	  LINT_WARNING },
	{ "REF05", X("@item()"), 1, LINT_ERROR },
	{ "REF10", INIT("x", "integer", "`1`", "") "," SET("W", "SetVariable", "x", "[1]", OK("Ix")), 1, LINT_ERROR },
	{ "REF12", INIT("x", "array", "[]", "") ",`L`:{`type`:`Foreach`,`foreach`:`@triggerBody()`,`actions`:{"
		   SET("W", "AppendToArrayVariable", "x", "1", "") "},`runAfter`:{" OK("Ix")
		   "},`runtimeConfiguration`:{`concurrency`:{`repetitions`:20}}}", 1, LINT_INFO },
	{ "REF13", WITH("`Site (a_Site)`:{`type`:`String`}", X("@parameters('Site (a_Site)')")), 1, LINT_ERROR },
	{ "REF15", DOC(DAILY, X("@triggerBody()?['a']")), 1, LINT_WARNING },
	{ "REF15", DOC(FORM(""), X("@concat(triggerOutputs()?['body/txt'],triggerOutputs()?['body']?['text'])")), 1,
	  LINT_WARNING },
	{ "REF17", WITH("`p`:{`type`:`String`}", C("A", "1", "") "," C("B", "1", OK("A"))), 2, LINT_INFO },
	{ "REF17", FLOW(REFERENCE("Embedded"), BUTTON, ""), 1, LINT_INFO },
	{ "EXP05", X("@concat(triggerBody(), string(int('a')), div(length(triggerBody()), 0))"), 2, LINT_ERROR },
	{ "EXP05", X("@parseDateTime('nonsense')"), 1, LINT_ERROR },
	{ "EXP08", X("a @{utcNow()} and @guid()"), 1, LINT_WARNING },
	{ "EXP08", X("@channel please look"), 1, LINT_WARNING },
	{ "EXP11", INIT("x", "integer", "1", "") "," SET("W", "SetVariable", "x", "`@{triggerBody()}`", OK("Ix")), 1,
	  LINT_WARNING },
	{ "EXP11", "`W`:{`type`:`Switch`,`expression`:`@{triggerBody()}`,`cases`:{" CASE("a", "1") "}}", 1,
	  LINT_WARNING },
	{ "EXP12", X("@parseDateTime('1/2/2026', 'dd/MM/yyyy', 'en-GB')"), 1, LINT_WARNING },
	{ "EXP12", X("@convertFromUtc(utcNow(), 'Europe/Berlin')"), 1, LINT_WARNING },
	{ "EXP12", X("@convertFromUtc(utcNow(), 'Middle Earth Standard Time')"), 1, LINT_WARNING },
	{ "EXP13", IF("{`equals`:[`@length(triggerBody())`,`0`]}", "", "", ""), 1, LINT_WARNING },
	{ "EXP14", X("{\\\"a\\\":\\\"@{triggerBody()?['a']}\\\"}"), 1, LINT_INFO },
	{ "EXP17", DOC(HTTP, X("@int(triggerBody()?['a'])")), 1, LINT_INFO },
	{ "TRG01", T1("`type`:`Request`,`kind`:`Pigeon`"), 1, LINT_WARNING },
	{ "TRG02", T1(EVERY("`frequency`:`Second`,`interval`:30")), 1, LINT_ERROR },
	{ "TRG02", T1(EVERY("`frequency`:`Month`,`interval`:24")), 1, LINT_ERROR },
	{ "TRG02", T1(EVERY("`frequency`:`Day`,`interval`:1,`timeZone`:`Europe/Berlin`,`schedule`:{`hours`:[24],"
			    "`minutes`:[`x`]}")), 3, LINT_ERROR },
	{ "TRG02", T1(EVERY("`frequency`:`Day`,`interval`:1,`timeZone`:`Kamchatka Time`")), 1, LINT_WARNING },
	{ "TRG03", T1("`type`:`Request`,`runtimeConfiguration`:{`concurrency`:{`runs`:1}}"), 1, LINT_INFO },
	{ "TRG09", DOC(HTTP, REPLY("R", "") "," REPLY("Q", OK("R"))), 1, LINT_ERROR },
	{ "TRG09", DOC(HTTP, WAIT("5", "Minute") "," REPLY("R", OK("W"))), 1, LINT_ERROR },
	{ "TRG09", DOC(HTTP, STEP("A", "OpenApiConnectionWebhook", "approvals", "StartAndWaitForAnApproval", "", "")
			     "," REPLY("R", OK("A"))), 1, LINT_WARNING },
	{ "TRG12", T1(TRIGGER("sharepointonline", "GetOnUpdatedItems", "", "")), 1, LINT_INFO },
	{ "CON02", FLOW(REFERENCE("Embedded"), BUTTON, "`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{"
			"`connectionName`:`shared-sql-1`," API("sql") ",`operationId`:`Get`}}}"), 1, LINT_ERROR },
	{ "CON02", "{`properties`:{`definition`:" DOC(BUTTON, OPEN("A", "sql", "Get", "", "")) "}}", 1, LINT_WARNING },
	{ "CON03", DOC(BUTTON, "`A`:{`type`:`ApiConnection`,`inputs`:{`host`:{" API("sql") "}}}"), 1, LINT_ERROR },
	{ "CON06", DOC(BUTTON, OLD("A")), 1, LINT_INFO },
	{ "CON07", DOC(BUTTON, OPEN("A", "teams", "PostMessageToChannelV3", "", "")), 1, LINT_WARNING },
	{ "CON08", DOC(BUTTON, STEP("A", "OpenApiConnectionWebhook", "approvals", "StartAndWaitForAnApproval",
				    "`title`:`a`,`ApprovalCreationInput/assignedTo`:`b`", "")), 2, LINT_ERROR },
	{ "CON14", DOC(BUTTON, OPEN("A", "sharepointonline", "GetItems", "`dataset`:`https://a.sharepoint.com/b`", "")),
	  1, LINT_INFO },
	{ "LIM05", UNTIL("U", "@equals(1,2)", "`count`:60", X("1"), ""), 1, LINT_INFO },
	{ "LIM06", REQUEST(GET ",`retryPolicy`:{`type`:`fixed`,`count`:2,`interval`:`PT1S`}"), 1, LINT_ERROR },
	{ "LIM06", REQUEST(GET ",`retryPolicy`:{`type`:`fixed`,`count`:2,`interval`:`20 seconds`}"), 1, LINT_ERROR },
	{ "LIM07", EACH("L", "@range(0, 100001)", X("1"), ""), 1, LINT_WARNING },
	{ "LIM08", "`H`:{`type`:`Http`,`inputs`:{" GET "},`limit`:{`timeout`:`P31D`}}", 1, LINT_ERROR },
	{ "LIM08", "`H`:{`type`:`Http`,`inputs`:{" GET "},`limit`:{`timeout`:`1 hour`}}", 1, LINT_ERROR },
	{ "LIM08", "`W`:{`type`:`Wait`,`inputs`:{`until`:{`timestamp`:`@addDays(utcNow(), 45)`}}}", 1, LINT_ERROR },
	{ "LIM11", WAIT("2", "Second"), 1, LINT_INFO },
	{ "PRF01", EACH("L", "@triggerBody()", EACH("M", "@item()?['a']", X("1"), ""), ""), 1, LINT_INFO },
	{ "PRF06", DOC(BUTTON, OPEN("G", "sharepointonline", "GetItem", "", "") "," EACH("L", "@outputs('G')?['body']", X("1"),
										   OK("G"))), 1, LINT_INFO },
	{ "SEC01", REQUEST(GET ",`authentication`:{`type`:`Basic`,`username`:`a`,`password`:`Tr0ub4dor-and-3`}"), 1,
	  LINT_ERROR },
	{ "SEC01", X("https://a.blob.core.windows.net/c?sv=2024-11-04&se=2026-01-01&sig=q7Zr0aVb3Lk9Xw2pTn5s%3D"), 1,
	  LINT_ERROR },
	{ "SEC01", X("Server=tcp:a;User ID=u;Password=k3Jq9vR2;"), 1, LINT_ERROR },
	{ "SEC02", REQUEST(GET ",`headers`:{`Authorization`:`Bearer @{triggerBody()}`}"), 1, LINT_WARNING },
	{ "SEC04", DOC(ANYONE, REQUEST("`method`:`GET`,`uri`:`https://@{triggerBody()?['host']}/a`")), 1, LINT_WARNING },
	{ "SEC04", REQUEST("`method`:`GET`,`uri`:`@triggerBody()?['url']`"), 1, LINT_INFO },
	{ "SEC05", DOC(TRIGGER("office365", "OnNewEmailV3", "", ""),
		       OPEN("A", "gmail", "SendEmail", "`a`:`@outputs('A')`", "")), 1, LINT_INFO },
};

static struct json *parsed(struct arena *a, const char *id, const char *text)
{
	struct json *v = lint_example(a, text);

	if (!v)
		fail_msg("%s: not JSON: %.300s", id, text);
	return v;
}

static void test_near_misses(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < COUNT(misses); i++) {
		struct lint_report r = lint_document(*state, parsed(*state, misses[i].id, misses[i].text));

		if (r.usable && !found(&r, misses[i].id))
			continue;
		bad++;
		for (const struct lint_finding *f = r.first; f; f = f->next)
			if (strcmp(f->rule->id, misses[i].id) == 0)
				print_message("# %s: %.*s: %.*s\n", misses[i].id, STR_ARG(f->pointer),
					      STR_ARG(f->message));
	}
	assert_int_equal(bad, 0);
}

/* Every rule that is checked has its near miss. */
static void test_all_have_one(void **state)
{
	const struct lint_rule *r;
	size_t bad = 0, n = 0;

	(void)state;
	for (size_t i = 0; (r = lint_rule_at(i)) != NULL; i++) {
		size_t k = 0;

		if (!r->check)
			continue;
		while (k < COUNT(misses) && strcmp(misses[k].id, r->id) != 0)
			k++;
		if (k == COUNT(misses)) {
			print_message("# %s has no near miss\n", r->id);
			bad++;
		}
		n++;
	}
	print_message("# %zu rules have a near miss\n", n);
	assert_int_equal(bad, 0);
}

static void test_hits(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < COUNT(hits); i++) {
		struct lint_report r = lint_document(*state, parsed(*state, hits[i].id, hits[i].text));
		bool good = r.usable && found(&r, hits[i].id) == hits[i].count;

		for (const struct lint_finding *f = r.first; f; f = f->next)
			if (strcmp(f->rule->id, hits[i].id) == 0)
				good = good && f->severity == hits[i].severity && f->message.n;
		if (good)
			continue;
		bad++;
		print_message("# %s %zu times: %.400s\n", hits[i].id, found(&r, hits[i].id), hits[i].text);
		for (const struct lint_finding *f = r.first; f; f = f->next)
			print_message("#   %s %s %.*s: %.*s\n", f->rule->id, lint_severity_name(f->severity),
				      STR_ARG(f->pointer), STR_ARG(f->message));
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_near_misses), UNIT(test_all_have_one), UNIT(test_hits),
	};

	return UNIT_RUN(tests);
}
