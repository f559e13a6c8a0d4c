/*
 * messages.c - what the service says when an expression fails.
 *
 * Sources: public threads and repositories in which the service's own words are quoted or were
 * recorded.  A row without one says "unverified" and is worded like its neighbours.
 */
#include "wdl/messages.h"

#include "base/buf.h"
#include "wdl/functions.h"

static const struct wdl_message_row rows[WDL_M__MAX] = {
	[WDL_M_UNKNOWN_FUNCTION] = {
		"The template function '%1' is not defined or not valid.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_NOT_HERE] = {
		"The template function '%1' is not expected at this location.",
		"microsoft/data-factory-testing-framework, Microsoft's own evaluator",
	},
	[WDL_M_ITS_STRING] = {
		"The template language function '%1' expects its parameter to be a string. The "
		"provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_ITS_STRING_TYPE] = {
		"The template language function '%1' expects its parameter to be of type "
		"'String'. The provided value is of type '%2'.%u",
		"seen in public code that quotes the service",
	},
	[WDL_M_FIRST_STRING] = {
		"The template language function '%1' expects its first parameter to be of type "
		"string. The provided value is of type '%2'.%u",
		"pnp/provision-assist-m365#50; microsoft/powerapps-tools#93",
	},
	[WDL_M_SECOND_STRING] = {
		"The template language function '%1' expects its second parameter to be of type "
		"string. The provided value is of type '%2'.%u",
		"quoted in public threads and notes",
	},
	[WDL_M_NTH_STRING] = {
		"The template language function '%1' expects its %3 parameter to be of type "
		"string. The provided value is of type '%2'.%u",
		"unverified",
	},
	[WDL_M_NAMED_STRING] = {
		"The template language function '%1' expects its %3 parameter '%4' to be a "
		"string. The provided value is of type '%2'.%u",
		"quoted in public threads and notes",
	},
	[WDL_M_NOT_VALID] = {
		"The provided parameters for template language function '%1' are not valid.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_NTH_INTEGER] = {
		"The template language function '%1' expects its %3 parameter to be an integer. "
		"The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_NUMBER] = {
		"The template language function '%1' expects its %3 parameter to be an integer, "
		"a float or a decimal number. The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_ITS_BOOLEAN] = {
		"The template language function '%1' expects its parameter to be a boolean. The "
		"provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_FIRST_BOOLEAN] = {
		"The template language function '%1' expects its first parameter to be of type "
		"boolean. The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_ALL_BOOLEANS] = {
		"The template language function '%1' expects all of its parameters to be "
		"booleans. Found invalid parameter types: '%2'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_FIRST_ARRAY] = {
		"The template language function '%1' expects its first parameter to be of type "
		"array. The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_JOIN_ARRAY] = {
		"The template language function '%1' expects its first parameter to be an array. "
		"The provided value is of type '%2'.%u",
		"quoted in public threads and notes",
	},
	[WDL_M_OBJECT] = {
		"The template language function '%1' expects its first parameter to be of type "
		"object. The provided value is of type '%2'.%u",
		"ScoreUnder/IllogicApps, tests made from the service (in part)",
	},
	[WDL_M_ARRAY_OR_STRING] = {
		"The template language function '%1' expects its parameter to be an array or a "
		"string. The provided value is of type '%2'.%u",
		"quoted in public threads and notes",
	},
	[WDL_M_BE_ARRAY_OR_STRING] = {
		"The template language function '%1' expects its parameter be an array or a "
		"string. The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_COLLECTION] = {
		"The template language function '%1' expects its first parameter 'collection' to "
		"be an array or a string. The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_COUNT] = {
		"The template language function '%1' parameters are out of range: 'count' must "
		"be a positive integer. The provided value is '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_EMPTY] = {
		"The template language function '%1' expects its parameter to be an object, an "
		"array or a string. The provided value is of type '%2'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_CONTAINS] = {
		"The template language function '%1' expects its first argument 'collection' to "
		"be a dictionary (object), an array or a string. The provided value is of type "
		"'%2'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_SAME_TYPE] = {
		"Template language function '%1' expects parameters of same type, but found '%2' "
		"distinct types.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_CONVERT] = {
		"The template language function '%1' was invoked with a parameter that is not "
		"valid. The value cannot be converted to the target type.",
		"OfficeDev/microsoft-teams-apps-requestateam#42",
	},
	[WDL_M_COMPARE_MATCH] = {
		"The template language function '%1' expects two parameter of matching types. "
		"The function was invoked with values of type '%2' and '%3' that do not match.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_COMPARE_TYPES] = {
		"The template language function '%1' expects all of its parameters to be either "
		"integer or decimal numbers. Found invalid parameter types: '%2'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_SUBSTRING_START] = {
		"The template language function '%1' parameter is out of range: 'start index' "
		"must be non-negative integer and should be less than the length of the string.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_SUBSTRING] = {
		"The template language function '%1' parameters are out of range: 'start index' "
		"and 'length' must be non-negative integers and their sum must be no larger than "
		"the length of the string.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_CHUNK] = {
		"The template language function '%1' expects chunk size to be a positive "
		"integer. The provided value is less than 1.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_EXISTS] = {
		"The template language function '%1' expects the property to not exist in the "
		"object. Unable to add property '%2' to '%3' as it already exists.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RANGE_COUNT] = {
		"The template language function '%1' parameters are out of range: 'count' must "
		"be a positive integer that does not exceed 100000. The provided value is '%2'.%u",
		"unverified",
	},
	[WDL_M_RANGE_SUM] = {
		"The template language function '%1' parameters are out of range: the sum of "
		"'startIndex' and 'count' must not exceed 2147483647.%u",
		"unverified",
	},
	[WDL_M_RAND] = {
		"The template language function '%1' parameters are out of range: the minimum "
		"'%2' must be less than the maximum '%3'.%u",
		"unverified",
	},
	[WDL_M_ZERO_DIVISOR] = {
		"Attempt to divide an integral or decimal value by zero in function '%1'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_OVERFLOW] = {
		"The template language function '%1' was invoked with parameters whose result is "
		"out of range: 'Arithmetic operation resulted in an overflow.'",
		"unverified",
	},
	[WDL_M_OLD_EMPTY] = {
		"The template language function '%1' was invoked with a parameter that is not "
		"valid: 'String cannot be of zero length. (Parameter 'oldValue')'",
		"ScoreUnder/IllogicApps (the quoted part)",
	},
	[WDL_M_TOO_LONG] = {
		"The template language function '%1' exceeds the maximum size limit of '%2' "
		"characters.",
		"unverified",
	},
	[WDL_M_RESULT_TOO_LONG] = {
		"The template language expression evaluation exceeds the maximum result size "
		"limit of '%1' characters. The result has '%2' characters.",
		"unverified",
	},
	[WDL_M_BASE64] = {
		"The template language function '%1' was invoked with a parameter that is not "
		"valid. The value cannot be decoded from base64 representation.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_BASE64_STRING] = {
		"The template language function '%1' was invoked with a parameter that is not "
		"valid. The value cannot be decoded from base64 representation.",
		"Azure/bicep, baselines of its tests: the sister service's words, of Azure Resource "
		"Manager",
	},
	[WDL_M_DATA_URI] = {
		"The template language function '%1' expects its parameter to be formatted as a "
		"valid data URI. The provided value '%2' was not formatted correctly.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_URI] = {
		"The template language function '%1' expects its parameter to be a well formed "
		"absolute URI. The provided value was '%2'.%u",
		"unverified",
	},
	[WDL_M_JSON] = {
		"The template language function '%1' parameter is not valid. The provided value "
		"'%2' cannot be parsed: '%3'.%u",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_XML] = {
		"The template language function '%1' parameter is not valid. The provided value "
		"cannot be converted to XML: '%2'.%u",
		"tomdam/flowforger (in part)",
	},
	[WDL_M_XML_ROOT] = {
		"The template language function '%1' parameter is not valid. The provided value "
		"cannot be converted to XML: '%2'.%u",
		"unverified",
	},
	[WDL_M_XPATH_XML] = {
		"The template language function '%1' expects its first parameter to be an XML "
		"object. The provided value is of type '%2'.%u",
		"ScoreUnder/IllogicApps, tests made from the service (in part)",
	},
	[WDL_M_XPATH] = {
		"The template language function '%1' parameters are not valid: the XPath "
		"expression '%2' cannot be evaluated: '%3'.%u",
		"unverified",
	},
	[WDL_M_NO_XML] = {
		"The function '%1' needs libxml2, which is not installed here.",
		"own words: the service has no such case",
	},
	[WDL_M_DATE] = {
		"In function '%1', the value provided for date time string '%2' was not valid. "
		"The datetime string must match ISO 8601 format.",
		"microsoft/Power-CAT-Copilot-Studio-Kit#807",
	},
	[WDL_M_DATE_FORMAT] = {
		"In function '%1', the value provided for date time format '%2' was not valid.",
		"unverified",
	},
	[WDL_M_DATE_RANGE] = {
		"In function '%1', the resulting date time is out of range: 'The added or "
		"subtracted value results in an un-representable DateTime.'",
		"unverified",
	},
	[WDL_M_TIME_UNIT] = {
		"In function '%1', the value provided for the time unit '%2' was not valid. It "
		"must be one of 'Second, Minute, Hour, Day, Week, Month, Year'.",
		"unverified",
	},
	[WDL_M_ZONE] = {
		"In the template language function '%1', the value provided for the time zone id "
		"'%2' was not valid.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_ZONE_MISMATCH] = {
		"The template language function '%1' expects its second parameter to be a time "
		"zone matching the time zone indicated by the timestamp. The provided value '%2' "
		"does not match.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_ZONE_GAP] = {
		"In function '%1', the value provided for date time string '%2' was not valid: "
		"the clock skips that time in the time zone '%3'.",
		"unverified",
	},
	[WDL_M_LOCALE] = {
		"The template language function '%1' was invoked with a locale that is not "
		"valid: '%2'.%u",
		"unverified",
	},
	[WDL_M_NUMBER_FORMAT] = {
		"The template language function '%1' was invoked with a format that is not "
		"valid: '%2'.%u",
		"unverified",
	},
	[WDL_M_TIME_SPAN] = {
		"In function '%1', the value provided for time span '%2' was not valid.",
		"unverified",
	},
	[WDL_M_GUID_FORMAT] = {
		"The template language function '%1' was invoked with a format that is not "
		"valid: '%2'. It must be one of 'N', 'D', 'B', 'P' or 'X'.%u",
		"unverified",
	},
	[WDL_M_NO_PROPERTY] = {
		"The template language expression '%1' cannot be evaluated because property '%2' "
		"doesn't exist, available properties are '%3'. Please see "
		"https://aka.ms/logicexpressions for usage details.",
		"microsoft/powercat-business-approvals-kit#280",
	},
	[WDL_M_NO_SELECT] = {
		"The template language expression '%1' cannot be evaluated because property '%2' "
		"cannot be selected. Please see https://aka.ms/logicexpressions for usage "
		"details.",
		"microsoft/coe-starter-kit#10911",
	},
	[WDL_M_NO_SELECT_TYPE] = {
		"The template language expression '%1' cannot be evaluated because property '%2' "
		"cannot be selected. Property selection is not supported on values of type '%3'. "
		"Please see https://aka.ms/logicexpressions for usage details.",
		"quoted in public threads and notes",
	},
	[WDL_M_NO_SELECT_INDEX] = {
		"The template language expression '%1' cannot be evaluated because property '%2' "
		"cannot be selected. Array elements can only be selected using an integer index. "
		"Please see https://aka.ms/logicexpressions for usage details.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_OUT_OF_BOUNDS] = {
		"The template language expression '%1' cannot be evaluated because array index "
		"'%2' is outside bounds (0, %3) of array. Please see "
		"https://aka.ms/logicexpressions for usage details.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_NO_ACTION] = {
		"Template language expression cannot be evaluated: the template action '%1' is "
		"not defined at current scope.",
		"microsoft/data-factory-testing-framework, Microsoft's own evaluator",
	},
	[WDL_M_NO_VARIABLE] = {
		"Template language expression cannot be evaluated: the template variable '%1' "
		"cannot be found.",
		"microsoft/data-factory-testing-framework, Microsoft's own evaluator",
	},
	[WDL_M_NO_PARAMETER] = {
		"The workflow parameter '%1' is not found.",
		"Azure/LogicAppsUX#8809",
	},
	[WDL_M_NO_LOOP] = {
		"Template language expression cannot be evaluated: the template action '%2' is "
		"not a loop around this action, which function '%1' expects.",
		"unverified",
	},
	[WDL_M_FORM_TYPE] = {
		"The template language function '%1' failed to retrieve formdata contents from "
		"outputs. The output content is not a valid form data content. Supported form "
		"data content types are 'multipart/form-data' and "
		"'application/x-www-form-urlencoded' and the provided content type is '%2'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_FORM_MANY] = {
		"The template language function '%1' failed to retrieve formdata contents from "
		"outputs. There are more than one items matching the field name '%2'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_MULTIPART_TYPE] = {
		"The template language function '%1' failed to retrieve multipart contents from "
		"outputs. The supported multipart content type is 'multipart/*' and the provided "
		"content type is '%2'. ",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_MULTIPART_INDEX] = {
		"The template language function '%1' failed to retrieve multipart contents from "
		"outputs. The index value '%2' exceeds the number of multipart contents '%3' in "
		"the outputs.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_PARSE] = {
		"The template language expression '%1' is not valid: %2.",
		"own words: the service has no such case",
	},
	[WDL_M_PARSE_TOKEN] = {
		"Unable to parse template language expression '%1': expected token '%2' and "
		"actual '%3'.",
		"OfficeDev/msteams-sample-line-of-business-apps-csharp#59",
	},
	[WDL_M_PARSE_CHARACTER] = {
		"The template language expression '%1' is not valid: the string character '%2' at "
		"position '%3' is not expected.",
		"Azure/LogicAppsUX#2377",
	},
	/* Runs. */
	[WDL_M_RUN_INPUTS] = {
		"Unable to process template language expressions in action '%1' inputs at"
		" line '0' and column '0': '%2'.",
		"tomdam/flowforger, measured against the service; a public notebook of "
		"recorded runs (2026)",
	},
	[WDL_M_RUN_EXPRESSION] = {
		"Unable to process template language expressions for action '%1' at line "
		"'1' and column '0': '%2'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_TRACKED] = {
		"Unable to process template language expressions in action '%1' "
		"trackedProperties at line '0' and column '0': '%2'.",
		"unverified",
	},
	[WDL_M_RUN_FAILED] = {
		"An action failed. No dependent actions succeeded.",
		"tomdam/flowforger, measured against the service; a public notebook of "
		"recorded runs (2026)",
	},
	[WDL_M_RUN_AFTER] = {
		"The execution of template action '%1' is skipped: the 'runAfter' "
		"condition for action '%2' is not satisfied. Expected status values '%3' "
		"and actual value '%4'.",
		"tomdam/flowforger, measured against the service; a public notebook of "
		"recorded runs (2026)",
	},
	[WDL_M_RUN_BRANCH] = {
		"The execution of template action '%1' skipped: the branching condition "
		"for this action is not satisfied.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_DEPENDENCY] = {
		"The execution of template action '%1' is skipped: dependant action '%2' "
		"completed with status '%3' and code '%4'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_NO_ITEMS] = {
		"The execution of template action '%1' is skipped: there are no items to "
		"repeat.",
		"quoted in part in public notes on runs",
	},
	[WDL_M_RUN_FOREACH] = {
		"The execution of template action '%1' failed: the result of the "
		"evaluation of 'foreach' expression '%2' is of type '%3'. The result must"
		" be a valid array.",
		"quoted in public threads and in Microsoft's Data Factory documentation",
	},
	[WDL_M_RUN_SCOPE_VALUE] = {
		"The execution of template action '%1' failed: The result of the "
		"evaluation of 'scope' action expression '%2' is not valid. It is of type"
		" '%3' but is expected to be a value of type '%4'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_CASE] = {
		"The execution of template action '%1' failed: an unexpected exception "
		"encountered when evaluating branching condition. 'Template language "
		"function 'strongEquals' expects parameters of same type, but found "
		"'%2,%3' distinct types.'",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_OPERATOR] = {
		"The '%1' condition of an action takes operands that the definition does "
		"not give it.",
		"unverified",
	},
	[WDL_M_RUN_FROM] = {
		"The 'from' property value in the '%1' action inputs is of type '%2'. The"
		" value must be an array.",
		"quoted in public notes on runs",
	},
	[WDL_M_RUN_TABLE_FROM] = {
		"The 'from' property value in the 'table' action inputs is of type '%1'. "
		"The value must be of type 'Array'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_TABLE_COLUMNS] = {
		"The property 'columns' must be specified unless the 'from' property "
		"value is an array of objects.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_ITEM] = {
		"The execution of template action '%1' failed: The evaluation of '%2' "
		"action '%3' expression '%4' failed: '%5'.",
		"Azure/Azure-Sentinel#7130",
	},
	[WDL_M_RUN_WHERE] = {
		"The execution of template action '%1' failed: The evaluation of 'query' "
		"action 'where' expression gave a value of type '%2'. The result must be "
		"a boolean.",
		"unverified",
	},
	[WDL_M_RUN_VARIABLE] = {
		"The variable '%1' of type '%2' cannot be initialized or updated with "
		"value of type '%3'. The variable '%1' only supports values of types "
		"'%4'.",
		"quoted in part in public notes on runs",
	},
	[WDL_M_RUN_APPEND] = {
		"The input value is of type '%1' which cannot be appended to the variable"
		" '%2' of type '%3'. The action type '%4' only supports values of types "
		"'Float, Integer, String, Boolean, Object'.",
		"quoted in public threads",
	},
	[WDL_M_RUN_APPEND_NULL] = {
		"The value cannot be null. The action type '%1' only supports values of "
		"types 'Float, Integer, String, Boolean, Object'.",
		"Azure/Azure-Network-Security#361",
	},
	[WDL_M_RUN_APPEND_TO] = {
		"The variable '%1' of type '%2' cannot be used in an action of type '%3'."
		" The variable must be of type '%4'.",
		"unverified",
	},
	[WDL_M_RUN_INCREMENT] = {
		"The variable '%1' of type '%2' cannot be incremented or decremented by a"
		" value of type '%3'.",
		"unverified",
	},
	[WDL_M_RUN_NO_VARIABLE] = {
		"The variable '%1' must be initialized before it can be used inside "
		"action '%2'.",
		"quoted in public notes on a save that was refused (InvalidVariableOperation)",
	},
	[WDL_M_RUN_VARIABLE_TWICE] = {
		"The variable '%1' is initialized more than once.",
		"unverified",
	},
	[WDL_M_RUN_CONTENT] = {
		"Required property 'content' expects a value but got null. Path ''.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_JSON] = {
		"The 'content' property of actions of type 'ParseJson' must be valid "
		"JSON. The provided value cannot be parsed: '%1'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_BINARY] = {
		"The property 'content' must be of type JSON in the 'ParseJson' action "
		"inputs, but was of type '%1'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_KEYWORD] = {
		"The 'schema' property of action 'ParseJson' inputs contains 'pattern' or"
		" 'patternProperties' properties. 'Pattern' or 'patternProperties' "
		"properties are not supported in the action json schema.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_SCHEMA] = {
		"The schema validation failed.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_TIMEOUT] = {
		"The execution of template action '%1' timed out after '%2'.",
		"unverified",
	},
	[WDL_M_RUN_UNTIL] = {
		"The 'until' loop of action '%1' reached its limit of '%2' before its "
		"condition was met.",
		"unverified",
	},
	[WDL_M_RUN_RESPONSE] = {
		"The execution of template action '%1' is skipped: nobody waits for a "
		"response.",
		"unverified",
	},
	[WDL_M_RUN_NO_RESPONSE] = {
		"The server did not receive a response from an upstream server. Request "
		"tracking id '%1'.",
		"tomdam/flowforger, measured against the service",
	},
	[WDL_M_RUN_WAIT] = {
		"The execution of template action '%1' failed: its time is not valid: "
		"'%2'.",
		"unverified",
	},
	[WDL_M_RUN_LARGE] = {
		"The result of action '%1' is nested too deeply.",
		"own words: the service has no such case",
	},
	[WDL_M_RUN_NO_ANSWER] = {
		"Nothing answers action '%1' here.",
		"own words: the service has no such case",
	},
	[WDL_M_RUN_TRIGGER_SCHEMA] = {
		"The input body for trigger '%1' of type 'Request' did not match its "
		"schema definition. Error details: '%2'.",
		"quoted in public threads",
	},
	[WDL_M_RUN_TRIGGER_EXPRESSION] = {
		"Unable to process template language expressions for trigger '%1' at line"
		" '1' and column '0': '%2'.",
		"unverified",
	},
	[WDL_M_RUN_SPLIT] = {
		"The execution of template trigger '%1' failed: the result of the "
		"evaluation of 'splitOn' expression '%2' is of type '%3'. The result must"
		" be a valid array.",
		"Azure/azure-rest-api-specs#23687",
	},
};

const struct wdl_message_row *wdl_message(enum wdl_message m)
{
	return &rows[m];
}

static struct str anchor(struct arena *a, struct str function);

struct str wdl_message_fill(struct arena *a, const char *text, const struct str *values)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)-1 / 2);
	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			buf_addc(&b, *p);
			continue;
		}
		p++;
		if (*p == 'u') {
			buf_addz(&b, " Please see https://aka.ms/logicexpressions#");
			buf_adds(&b, anchor(a, values[0]));
			buf_addz(&b, " for usage details.");
		} else {
			buf_adds(&b, values[*p - '1']);
		}
	}
	return buf_str(&b);
}

/*
 * Calls with a number of arguments that the function does not take.  Recorded by
 * tomdam/flowforger from runs of the service; %1 is the name as written, %2 the count.
 */
static const struct {
	const char *name, *text;
} arity[] = {
	{ "variables",
	  "The template language function '%1' must have only one parameter." },
	{ "body",
	  "The template language function '%1' must have only one parameter." },
	{ "actionbody",
	  "The template language function '%1' must have only one parameter." },
	{ "outputs",
	  "The template language function '%1' must have only one parameter." },
	{ "actionoutputs",
	  "The template language function '%1' must have only one parameter." },
	{ "actions",
	  "The template language function '%1' must have only one parameter." },
	{ "items",
	  "The template language function '%1' must have only one parameter." },
	{ "parameters",
	  "The template language function '%1' must have only one parameter." },
	{ "iterationindexes",
	  "The template language function '%1' must have only one parameter." },
	{ "result",
	  "The template language function '%1' must have only one parameter." },
	{ "triggerformdatavalue",
	  "The template language function '%1' must have only one parameter." },
	{ "triggerformdatamultivalues",
	  "The template language function '%1' must have only one parameter." },
	{ "triggermultipartbody",
	  "The template language function '%1' must have only one parameter." },
	{ "trim",
	  "The template language function '%1' must have only one parameter." },
	{ "urihost",
	  "The template language function '%1' must have only one parameter." },
	{ "uripath",
	  "The template language function '%1' must have only one parameter." },
	{ "uripathandquery",
	  "The template language function '%1' must have only one parameter." },
	{ "uriport",
	  "The template language function '%1' must have only one parameter." },
	{ "uriquery",
	  "The template language function '%1' must have only one parameter." },
	{ "urischeme",
	  "The template language function '%1' must have only one parameter." },
	{ "item",
	  "The template language function '%1' must not have any parameters." },
	{ "trigger",
	  "The template language function '%1' must not have any parameters." },
	{ "triggerbody",
	  "The template language function '%1' must not have any parameters." },
	{ "triggeroutputs",
	  "The template language function '%1' must not have any parameters." },
	{ "workflow",
	  "The template language function '%1' must not have any parameters." },
	{ "formdatavalue",
	  "The template language function '%1' expects two parameters: the name of the "
	  "action as the first parameter, the name of the form field as the second "
	  "parameter. The function was invoked with '%2' parameter(s)." },
	{ "formdatamultivalues",
	  "The template language function '%1' expects two parameters: the name of the "
	  "action as the first parameter, the name of the form field as the second "
	  "parameter. The function was invoked with '%2' parameter(s)." },
	{ "multipartbody",
	  "The template language function '%1' expects two parameters: the name of the "
	  "action as the first parameter, the index of the multipart content as the "
	  "second parameter. The function was invoked with '%2' parameter(s)." },
	{ "equals",
	  "The template language function '%1' expects two parameters: the values to "
	  "test for deep equality. The function was invoked with '%2' parameter(s). "
	  "Please see https://aka.ms/logicexpressions#equals for usage details." },
	{ "greater",
	  "The template language function '%1' expects two parameter of matching types. "
	  "The function was invoked with '%2' parameter(s)." },
	{ "less",
	  "The template language function '%1' expects two parameter of matching types. "
	  "The function was invoked with '%2' parameter(s)." },
	{ "greaterorequals",
	  "The template language function '%1' expects two parameter of matching types. "
	  "The function was invoked with '%2' parameter(s)." },
	{ "lessorequals",
	  "The template language function '%1' expects two parameter of matching types. "
	  "The function was invoked with '%2' parameter(s)." },
	{ "and",
	  "The template language function '%1' expects at least one boolean parameter. "
	  "The function was invoked with '%2' parameters. Please see "
	  "https://aka.ms/logicexpressions#and for usage details." },
	{ "or",
	  "The template language function '%1' expects at least one boolean parameter. "
	  "The function was invoked with '%2' parameters. Please see "
	  "https://aka.ms/logicexpressions#or for usage details." },
	{ "not",
	  "The template language function '%1' expects one parameter: the boolean value "
	  "to negate. The function was invoked with '%2' parameters. Please see "
	  "https://aka.ms/logicexpressions#not for usage details." },
	{ "if",
	  "The template language function '%1' expects three parameter: the condition to "
	  "test as the first parameter, the value to return if the condition is true as "
	  "the second parameter, and the value to return if the condition is false as "
	  "the third parameter. The function was invoked with '%2' parameter(s). Please "
	  "see https://aka.ms/logicexpressions#if for usage details." },
	{ "coalesce",
	  "The template language function '%1' expects at least one parameter: the value "
	  "to coalesce. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#coalesce for usage details." },
	{ "contains",
	  "The template language function '%1' expects two parameters : the collection "
	  "of items to search within and the object to find within the collection. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#contains for usage details." },
	{ "startswith",
	  "The template language function '%1' expects two parameters: the string as the "
	  "first parameter, the value to check as the second parameter. The function was "
	  "invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#startswith for usage details." },
	{ "endswith",
	  "The template language function '%1' expects two parameters: the string as the "
	  "first parameter, the value to check as the second parameter. The function was "
	  "invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#endswith for usage details." },
	{ "empty",
	  "The template language function '%1' expects one parameter: the object, array "
	  "or string to test for emptiness. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#empty for usage "
	  "details." },
	{ "bool",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to a boolean. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#bool for usage details." },
	{ "isfloat",
	  "The template language function '%1' expects a string to parse as the first "
	  "parameter, and an optional RFC4646 culture-identifier string as the second "
	  "parameter. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#isFloat for usage details." },
	{ "isint",
	  "The template language function '%1' expects one parameter, a string which may "
	  "contain an integer. The function was invoked with '%2' parameter(s). Please "
	  "see https://aka.ms/logicexpressions#isInt for usage details." },
	{ "concat",
	  "The template language function '%1' expects a comma separated list of string "
	  "and integer parameters. The function was invoked with no parameters. Please "
	  "see https://aka.ms/logicexpressions#concat for usage details." },
	{ "substring",
	  "The template language function '%1' expects two parameters: the 'string' to "
	  "take a section from as the first parameter, the 'start index' as the second "
	  "parameter. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#substring for usage details." },
	{ "replace",
	  "The template language function '%1' expects three string parameters: the "
	  "string to replace characters inside of as the first parameter, the string "
	  "that will be replaced by the new string as the second parameter, and the new "
	  "string as the third parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#replace for usage "
	  "details." },
	{ "tolower",
	  "The template language function '%1' expects one parameter: the string to "
	  "convert to lower casing. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#toLower for usage details." },
	{ "toupper",
	  "The template language function '%1' expects one parameter: the string to "
	  "convert to upper casing. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#toUpper for usage details." },
	{ "split",
	  "The template language function '%1' expects two parameters: the string to "
	  "split as the first parameter, the separator as the second parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#split for usage details." },
	{ "join",
	  "The template language function '%1' expects two parameters: the array of "
	  "elements to join as the first parameter, and the element separator as the "
	  "second parameter. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#join for usage details." },
	{ "indexof",
	  "The template language function '%1' expects two parameters: the string as the "
	  "first parameter, the value to find the index of as the second parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#indexof for usage details." },
	{ "lastindexof",
	  "The template language function '%1' expects two parameters: the string as the "
	  "first parameter, the value to find the last index of as the second parameter. "
	  "The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#lastindexof for usage details." },
	{ "nthindexof",
	  "The template language function '%1' expects three parameters: the string as "
	  "the first parameter, the value to find the index of as the second parameter "
	  "and a number parameter to specify which occurrence of the text to find as the "
	  "third parameter. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#nthindexof for usage details." },
	{ "guid",
	  "The template language function '%1' can be invoked with no parameters or with "
	  "an optional format parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#guid for usage "
	  "details." },
	{ "utcnow",
	  "The template language function '%1' can be invoked with no parameters or with "
	  "an optional format parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#utcnow for usage "
	  "details." },
	{ "string",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to a string. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#string for usage details." },
	{ "length",
	  "The template language function '%1' expects one parameter: an array or a "
	  "string the length of which is returned. The function was invoked with '%2' "
	  "parameters. Please see https://aka.ms/logicexpressions#length for usage "
	  "details." },
	{ "slice",
	  "The template language function '%1' expects two parameters, with an optional "
	  "third parameter. It expects the source string as the first parameter, the "
	  "start index as a second parameter, and an optional third parameter specifying "
	  "the end index of the substring. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#slice for usage "
	  "details." },
	{ "chunk",
	  "The template language function '%1' expects two parameters: the string to "
	  "chunk as the first parameter, the chunk length as the second parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#chunk for usage details." },
	{ "formatnumber",
	  "The template language function '%1' expects two parameters, with an optional "
	  "third parameter. It expects the number to be formatted at the first "
	  "parameter, a numeric format string as the second parameter, and an optional "
	  "locale string, which defaults to 'en-us', as the third parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#FormatNumber for usage details." },
	{ "json",
	  "The template language function '%1' expects one parameter: the string or XML "
	  "to be parsed. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#json for usage details." },
	{ "createarray",
	  "The template language function '%1' expects a comma separated list of "
	  "parameters. The function was invoked with no parameters. Please see "
	  "https://aka.ms/logicexpressions#createArray for usage details." },
	{ "array",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to an array. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#array for usage details." },
	{ "first",
	  "The template language function '%1' expects one parameter: the array or "
	  "string of which the first element will be returned. The function was invoked "
	  "with '%2' parameter(s). Please see https://aka.ms/logicexpressions#first for "
	  "usage details." },
	{ "last",
	  "The template language function '%1' expects one parameter: the array or "
	  "string of which the last element will be returned. The function was invoked "
	  "with '%2' parameter(s). Please see https://aka.ms/logicexpressions#last for "
	  "usage details." },
	{ "skip",
	  "The template language function '%1' expects two parameters: the collection to "
	  "skip the objects from as the first parameter and the count of objects to skip "
	  "as the second parameter. The function was invoked with '%2' parameter(s). "
	  "Please see https://aka.ms/logicexpressions#skip for usage details." },
	{ "take",
	  "The template language function '%1' expects two parameters: the collection to "
	  "take the objects from as the first parameter and the count of objects to take "
	  "as the second parameter. The function was invoked with '%2' parameter(s). "
	  "Please see https://aka.ms/logicexpressions#take for usage details." },
	{ "union",
	  "The template language function '%1' expects either a comma separated list of "
	  "arrays or a comma separated list of objects as its parameters. The function "
	  "was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#union for usage details." },
	{ "intersection",
	  "The template language function '%1' expects either a comma separated list of "
	  "arrays or a comma separated list of objects as its parameters. The function "
	  "was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#intersection for usage details." },
	{ "range",
	  "The template language function '%1' expects two integer parameters: an "
	  "inclusive start index of the range as the first parameter and a count of "
	  "integers to return as the second parameter. The function was invoked with "
	  "'%2' parameter(s). Please see https://aka.ms/logicexpressions#range for usage "
	  "details." },
	{ "sort",
	  "The template language function '%1' expects an array as the first parameter "
	  "and an optional object key as the second parameter. The function was invoked "
	  "with '%2' parameter(s). Please see https://aka.ms/logicexpressions#sort for "
	  "usage details." },
	{ "reverse",
	  "The template language function '%1' expects an array as the first parameter. "
	  "The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#reverse for usage details." },
	{ "addproperty",
	  "The template language function '%1' expects three parameters: the object as "
	  "the first parameter, the name of the property to add as the second parameter, "
	  "and the value as the third parameter. The function was invoked with '%2' "
	  "parameter(s)." },
	{ "setproperty",
	  "The template language function '%1' expects three parameters: the object as "
	  "the first parameter, the name of the property to set as the second parameter, "
	  "and the value as the third parameter. The function was invoked with '%2' "
	  "parameter(s)." },
	{ "removeproperty",
	  "The template language function '%1' expects two parameters: the object as the "
	  "first parameter and the name of the property to remove as the second "
	  "parameter. The function was invoked with '%2' parameter(s)." },
	{ "add",
	  "The template language function '%1' expects two numeric parameters: the first "
	  "summand as the first parameter and the seccond summand as the second "
	  "parameter. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#add for usage details." },
	{ "sub",
	  "The template language function '%1' expects two numeric parameters: the "
	  "minuend as the first parameter and the subtrahend as the second parameter. "
	  "The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#sub for usage details." },
	{ "mul",
	  "The template language function '%1' expects two numeric parameters: the first "
	  "multiplicand as the first parameter and the second multiplicand as the second "
	  "parameter. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#mul for usage details." },
	{ "div",
	  "The template language function '%1' expects two numeric parameters: the "
	  "dividend as the first parameter and the divisor as the second parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#div for usage details." },
	{ "mod",
	  "The template language function '%1' expects two numeric parameters: the "
	  "dividend as the first parameter and the divisor as the second parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#div for usage details." },
	{ "min",
	  "The template language function '%1' expects either an array of numbers or a "
	  "comma separated list of numbers as its parameters. The function was invoked "
	  "with no parameters. Please see https://aka.ms/logicexpressions#min for usage "
	  "details." },
	{ "max",
	  "The template language function '%1' expects either an array of numbers or a "
	  "comma separated list of numbers as its parameters. The function was invoked "
	  "with no parameters. Please see https://aka.ms/logicexpressions#max for usage "
	  "details." },
	{ "rand",
	  "The template language function '%1' expects two integer parameters: an "
	  "inclusive minimum of the range as the first parameter and an inclusive "
	  "maximum of the range as the second parameter. The function was invoked with "
	  "'%2' parameter(s). Please see https://aka.ms/logicexpressions#rand for usage "
	  "details." },
	{ "int",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to an integer. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#int for usage details." },
	{ "float",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to a floating point number. The function was invoked with "
	  "'%2' parameters. Please see https://aka.ms/logicexpressions#float for usage "
	  "details." },
	{ "decimal",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to a decimal number. The function was invoked with '%2' "
	  "parameters. Please see https://aka.ms/logicexpressions#decimal for usage "
	  "details." },
	{ "parsedatetime",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, an optional locale string as the second parameter, and an optional "
	  "format string as the third parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#parsedatetime for "
	  "usage details." },
	{ "formatdatetime",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, an optional format string as the second parameter and an optional "
	  "locale as the third parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#formatdatetime for "
	  "usage details." },
	{ "adddays",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, the number of days to add as the second parameter, and an optional "
	  "format string as the third parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#adddays for usage "
	  "details." },
	{ "addhours",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, the number of hours to add as the second parameter, and an "
	  "optional format string as the third parameter. The function was invoked with "
	  "'%2' parameter(s). Please see https://aka.ms/logicexpressions#addhours for "
	  "usage details." },
	{ "addminutes",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, the number of minutes to add as the second parameter, and an "
	  "optional format string as the third parameter. The function was invoked with "
	  "'%2' parameter(s). Please see https://aka.ms/logicexpressions#addminutes for "
	  "usage details." },
	{ "addseconds",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, the number of seconds to add as the second parameter, and an "
	  "optional format string as the third parameter. The function was invoked with "
	  "'%2' parameter(s). Please see https://aka.ms/logicexpressions#addseconds for "
	  "usage details." },
	{ "addtotime",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, an interval as the second parameter, a time unit as the third "
	  "parameter, and an optional format string as the fourth parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#AddToTime for usage details." },
	{ "subtractfromtime",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, an interval as the second parameter, a time unit as the third "
	  "parameter, and an optional format string as the fourth parameter. The "
	  "function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#SubtractFromTime for usage details." },
	{ "getfuturetime",
	  "The template language function '%1' expects an interval as the first "
	  "parameter, a time unit as the second parameter, and an optional format string "
	  "as the third parameter. The function was invoked with '%2' parameter(s). "
	  "Please see https://aka.ms/logicexpressions#GetFutureTime for usage details." },
	{ "getpasttime",
	  "The template language function '%1' expects an interval as the first "
	  "parameter, a time unit as the second parameter, and an optional format string "
	  "as the third parameter. The function was invoked with '%2' parameter(s). "
	  "Please see https://aka.ms/logicexpressions#GetPastTime for usage details." },
	{ "ticks",
	  "The template language function '%1' expects a single parameter that is a "
	  "timestamp. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#ticks for usage details." },
	{ "dayofmonth",
	  "The template language function '%1' expects a single parameter that is a "
	  "timestamp. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#dayofmonth for usage details." },
	{ "dayofweek",
	  "The template language function '%1' expects a single parameter that is a "
	  "timestamp. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#dayofweek for usage details." },
	{ "dayofyear",
	  "The template language function '%1' expects a single parameter that is a "
	  "timestamp. The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#dayofyear for usage details." },
	{ "startofday",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter and an optional format string as the second parameter. The function "
	  "was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#startofday for usage details." },
	{ "startofhour",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter and an optional format string as the second parameter. The function "
	  "was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#startofhour for usage details." },
	{ "startofmonth",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter and an optional format string as the second parameter. The function "
	  "was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#startofmonth for usage details." },
	{ "datedifference",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter and timestamp as the second parameter. The function was invoked "
	  "with '%2' parameter(s)." },
	{ "convertfromutc",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, a target time zone as the second parameter, and an optional format "
	  "string as the third parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#ConvertFromUtc for "
	  "usage details." },
	{ "converttoutc",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, a source time zone as the second parameter, and an optional format "
	  "string as the third parameter. The function was invoked with '%2' "
	  "parameter(s). Please see https://aka.ms/logicexpressions#ConvertToUtc for "
	  "usage details." },
	{ "converttimezone",
	  "The template language function '%1' expects a timestamp as the first "
	  "parameter, a source time zone as the second parameter, a target time zone as "
	  "the third parameter, and an optional format string as the fourth parameter. "
	  "The function was invoked with '%2' parameter(s). Please see "
	  "https://aka.ms/logicexpressions#ConvertTimeZone for usage details." },
	{ "base64",
	  "The template language function '%1' expects one parameter: the string to "
	  "encode into base64 representation. The function was invoked with '%2' "
	  "parameters. Please see https://aka.ms/logicexpressions#base64 for usage "
	  "details." },
	{ "base64tostring",
	  "The template language function '%1' expects one parameter: the base64 string "
	  "to decode. The function was invoked with '%2' parameters. Please see "
	  "https://aka.ms/logicexpressions#base64ToString for usage details." },
	{ "decodebase64",
	  "The template language function '%1' expects one parameter: the string to "
	  "decode from base64 representation. The function was invoked with '%2' "
	  "parameters. Please see https://aka.ms/logicexpressions#decodeBase64 for usage "
	  "details." },
	{ "base64tobinary",
	  "The template language function '%1' expects one parameter: the string to "
	  "decode from base64 representation. The function was invoked with '%2' "
	  "parameters. Please see https://aka.ms/logicexpressions#base64ToBinary for "
	  "usage details." },
	{ "binary",
	  "The template language function '%1' expects one parameter: the value that is "
	  "to be converted to binary. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#binary for usage details." },
	{ "datauri",
	  "The template language function '%1' expects one parameter: the value to be "
	  "converted to a data URI. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#dataUri for usage details." },
	{ "datauritostring",
	  "The template language function '%1' expects one parameter: the data URI that "
	  "is to be converted to string. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#dataUriToString for usage details." },
	{ "datauritobinary",
	  "The template language function '%1' expects one parameter: the data URI that "
	  "is to be converted to binary. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#dataUriToBinary for usage details." },
	{ "decodedatauri",
	  "The template language function '%1' expects one parameter: the data URI. The "
	  "function was invoked with '%2' parameters. Please see "
	  "https://aka.ms/logicexpressions#decodeDataUri for usage details." },
	{ "uricomponent",
	  "The template language function '%1' expects at least one parameter: the value "
	  "to convert to URI component. The function was invoked with '%2' parameters. "
	  "Please see https://aka.ms/logicexpressions#uriComponent for usage details." },
	{ "encodeuricomponent",
	  "The template language function '%1' expects at least one parameter: the "
	  "string to URL encode. The function was invoked with '%2' parameters. Please "
	  "see https://aka.ms/logicexpressions#encodeUriComponent for usage details." },
	{ "uricomponenttostring",
	  "The template language function '%1' expects one parameter: the URI component "
	  "to convert to binary. The function was invoked with '%2' parameters. Please "
	  "see https://aka.ms/logicexpressions#uriComponentToString for usage details." },
	{ "uricomponenttobinary",
	  "The template language function '%1' expects one parameter: the URI component "
	  "to convert to binary. The function was invoked with '%2' parameters. Please "
	  "see https://aka.ms/logicexpressions#uriComponentToBinary for usage details." },
	{ "decodeuricomponent",
	  "The template language function '%1' expects one parameter: the string to "
	  "decode. The function was invoked with '%2' parameters. Please see "
	  "https://aka.ms/logicexpressions#decodeUriComponent for usage details." },
	{ "xml",
	  "The template language function '%1' expects one parameter: the string or "
	  "object to be converted. The function was invoked with '%2' parameter(s). "
	  "Please see https://aka.ms/logicexpressions#xml for usage details." },
	{ "xpath",
	  "The template language function '%1' expects two parameters: an XML object and "
	  "an XPath expression. The function was invoked with '%2' parameter(s). Please "
	  "see https://aka.ms/logicexpressions#xpath for usage details." },
};

static const char *arity_text(struct str lower)
{
	for (size_t i = 0; i < sizeof(arity) / sizeof(arity[0]); i++)
		if (str_eq(lower, str_from(arity[i].name)))
			return arity[i].text;
	return NULL;
}

/* The anchor that the function's other message links to; the service mixes the cases. */
static struct str anchor(struct arena *a, struct str function)
{
	struct str lower = str_lower(a, function), text = str_from(arity_text(lower)), link;
	ptrdiff_t at = str_find(text, S("#"));

	if (at < 0)
		return lower;
	link = str_from_at(text, (size_t)at + 1);
	return str_first(link, (size_t)str_find_char(link, ' '));
}

/* Where the service was measured to take more arguments than the reference says. */
static const char *const takes_more[] = { "equals", "uriComponent", "encodeUriComponent" };

static bool takes(const struct wdl_function *f, unsigned count)
{
	if (count < (unsigned)f->min)
		return false;
	if (f->max == WDL_ANY_COUNT || count <= (unsigned)f->max)
		return true;
	for (size_t i = 0; i < sizeof(takes_more) / sizeof(takes_more[0]); i++)
		if (strcmp(f->name, takes_more[i]) == 0)
			return true;
	return false;
}

bool wdl_arity_message(struct arena *a, const struct wdl_function *f, struct str name,
		       unsigned count,
		       struct str *message, const char **source)
{
	const char *text = "The template language function '%1' was invoked with '%2' parameter(s).";
	struct str values[2];
	const char *known;

	/* Every call of every evaluation comes here. */
	if (takes(f, count))
		return false;
	values[0] = name;
	values[1] = str_fmt(a, "%u", count);
	known = arity_text(str_lower(a, name));
	*source = known ? "tomdam/flowforger, measured against the service" : "unverified";
	*message = wdl_message_fill(a, known ? known : text, values);
	return true;
}
