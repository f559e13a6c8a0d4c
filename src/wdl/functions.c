/*
 * functions.c - the table of functions, in order of name without regard to case.
 *
 * Names, counts and parameters from Microsoft's reference of workflow expression functions
 * (October 2025); WDL_CATALOGUE rows from public catalogues of the engine, WDL_LEGACY rows
 * from definitions in use.
 */
#include "wdl/functions.h"

#include <stdlib.h>
#include <strings.h>

#include "wdl/text.h"

#define COUNT(t) (sizeof(t) / sizeof((t)[0]))

/* name, category, least and most arguments, documented least, parameters, types, ... */
static const struct wdl_function rows[] = {
	{ "action", WDL_CAT_WORKFLOW, 0, 0, 0, "", "",
	  .depends = WDL_ON_RUN,
	  .help = "the current action: name, startTime, endTime, inputs, outputs, status, code" },
	{ "actionBody", WDL_CAT_WORKFLOW, 1, 1, 1, "actionName", "s",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN, .evidence = WDL_LEGACY, .successor = "body",
	  .help = "older spelling of body" },
	{ "actionOutputs", WDL_CAT_WORKFLOW, 1, 1, 1, "actionName", "s",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN, .evidence = WDL_LEGACY, .successor = "outputs",
	  .help = "older spelling of outputs" },
	{ "actions", WDL_CAT_WORKFLOW, 1, 1, 1, "actionName", "s",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN,
	  .help = "an action as an object: name, inputs, outputs, status, code, times" },
	{ "add", WDL_CAT_MATH, 2, 2, 2, "summand1, summand2", "nn",
	  .help = "the sum of two numbers; nest calls for more" },
	{ "addDays", WDL_CAT_DATE, 2, 3, 2, "timestamp, days, format?", "dns",
	  .help = "a time with days added" },
	{ "addHours", WDL_CAT_DATE, 2, 3, 2, "timestamp, hours, format?", "dns",
	  .help = "a time with hours added" },
	{ "addMinutes", WDL_CAT_DATE, 2, 3, 2, "timestamp, minutes, format?", "dns",
	  .help = "a time with minutes added" },
	{ "addProperty", WDL_CAT_JSON_XML, 3, 3, 3, "object, property, value", "osx",
	  .help = "an object with a new member; fails when the member exists" },
	{ "addSeconds", WDL_CAT_DATE, 2, 3, 2, "timestamp, seconds, format?", "dns",
	  .help = "a time with seconds added" },
	{ "addToTime", WDL_CAT_DATE, 3, 4, 3, "timestamp, interval, timeUnit, format?", "diss",
	  .help = "a time with units added: Second, Minute, Hour, Day, Week, Month, Year" },
	{ "and", WDL_CAT_LOGICAL, 1, WDL_ANY_COUNT, 2, "expression1, expression2, ...", "b",
	  .help = "true when all are true" },
	{ "array", WDL_CAT_CONVERSION, 1, 1, 1, "value", "x",
	  .help = "an array with that one value" },
	{ "base64", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "the base64 text of a string" },
	{ "base64ToBinary", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "binary content from base64 text" },
	{ "base64ToJson", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .evidence = WDL_CATALOGUE, .help = "the JSON value of base64 text" },
	{ "base64ToString", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "the string of base64 text" },
	{ "binary", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "binary content of a string" },
	{ "body", WDL_CAT_WORKFLOW, 1, 1, 1, "actionName", "s",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN,
	  .help = "the body of an action's outputs" },
	{ "bool", WDL_CAT_CONVERSION, 1, 1, 1, "value", "x",
	  .help = "a boolean from a boolean, number or the text true or false" },
	{ "chunk", WDL_CAT_STRING, 2, 2, 2, "collection, length", "ci",
	  .help = "an array of pieces of that length" },
	{ "coalesce", WDL_CAT_JSON_XML, 1, WDL_ANY_COUNT, 2, "object1, object2, ...", "x",
	  .help = "the first value that is not null" },
	{ "concat", WDL_CAT_STRING, 1, WDL_ANY_COUNT, 2, "text1, text2, ...", "x",
	  .help = "the texts joined" },
	{ "contains", WDL_CAT_COLLECTION, 2, 2, 2, "collection, value", "kx",
	  .help = "true when an array has the item, a text the part, an object the key; exact case" },
	{ "convertFromUtc", WDL_CAT_DATE, 2, 3, 2, "timestamp, destinationTimeZone, format?", "dss",
	  .help = "a UTC time in another zone (Windows zone names)" },
	{ "convertTimeZone", WDL_CAT_DATE, 3, 4, 3, "timestamp, sourceTimeZone, destinationTimeZone, format?", "dsss",
	  .help = "a time of one zone in another (Windows zone names)" },
	{ "convertToUtc", WDL_CAT_DATE, 2, 3, 2, "timestamp, sourceTimeZone, format?", "dss",
	  .help = "a time of a zone in UTC (Windows zone names)" },
	{ "createArray", WDL_CAT_CONVERSION, 1, WDL_ANY_COUNT, 1, "object1, object2, ...", "x",
	  .help = "an array of the arguments" },
	{ "dataUri", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s", .help = "a data: URI of a string" },
	{ "dataUriToBinary", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "binary content of a data: URI" },
	{ "dataUriToString", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "the string of a data: URI" },
	{ "dateDifference", WDL_CAT_DATE, 2, 2, 2, "startDate, endDate", "dd",
	  .help = "the second time minus the first, as d.hh:mm:ss" },
	{ "dayOfMonth", WDL_CAT_DATE, 1, 1, 1, "timestamp", "d",
	  .help = "the day of the month, from 1" },
	{ "dayOfWeek", WDL_CAT_DATE, 1, 1, 1, "timestamp", "d",
	  .help = "the day of the week, Sunday is 0" },
	{ "dayOfYear", WDL_CAT_DATE, 1, 1, 1, "timestamp", "d",
	  .help = "the day of the year, from 1" },
	{ "decimal", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "a number with 28 significant digits" },
	{ "decodeBase64", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .successor = "base64ToString", .help = "the string of base64 text" },
	{ "decodeDataUri", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .successor = "dataUriToBinary", .help = "binary content of a data: URI" },
	{ "decodeUriComponent", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "percent escapes decoded" },
	{ "decodeXmlName", WDL_CAT_JSON_XML, 1, 1, 1, "name", "s",
	  .evidence = WDL_CATALOGUE, .help = "an XML name with its _xHHHH_ escapes decoded" },
	{ "decodeXmlValue", WDL_CAT_JSON_XML, 1, 1, 1, "value", "s",
	  .evidence = WDL_CATALOGUE, .help = "XML text with its entities decoded" },
	{ "div", WDL_CAT_MATH, 2, 2, 2, "dividend, divisor", "nn",
	  .help = "the quotient; of two integers without its fraction" },
	{ "empty", WDL_CAT_COLLECTION, 1, 1, 1, "collection", "k",
	  .help = "true for an empty array, object or text" },
	{ "encodeBase64", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .evidence = WDL_CATALOGUE, .successor = "base64", .help = "the base64 text of a string" },
	{ "encodeUriComponent", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .successor = "uriComponent",
	  .help = "everything but unreserved characters percent-encoded" },
	{ "encodeXmlName", WDL_CAT_JSON_XML, 1, 1, 1, "name", "s",
	  .evidence = WDL_CATALOGUE, .help = "a text as a valid XML name, with _xHHHH_ escapes" },
	{ "encodeXmlValue", WDL_CAT_JSON_XML, 1, 1, 1, "value", "s",
	  .evidence = WDL_CATALOGUE, .help = "a text with &, < and > as entities" },
	{ "endsWith", WDL_CAT_STRING, 2, 2, 2, "text, searchText", "ss",
	  .help = "true when the text ends with the part, in any case of letters" },
	{ "equals", WDL_CAT_LOGICAL, 2, 2, 2, "object1, object2", "xx",
	  .help = "true when both are equal" },
	{ "first", WDL_CAT_COLLECTION, 1, 1, 1, "collection", "c",
	  .help = "the first item of an array, or character of a text" },
	{ "float", WDL_CAT_CONVERSION, 1, 2, 1, "value, locale?", "ss",
	  .help = "a floating point number from text" },
	{ "formatDateTime", WDL_CAT_DATE, 1, 3, 1, "timestamp, format?, locale?", "dss",
	  .help = "a time in a .NET format" },
	{ "formatNumber", WDL_CAT_STRING, 2, 3, 2, "number, format, locale?", "nss",
	  .help = "a number in a .NET format" },
	{ "formatTimeSpan", WDL_CAT_DATE, 2, 3, 2, "timeSpan, format, locale?", "sss",
	  .evidence = WDL_CATALOGUE, .help = "a time span in a .NET format" },
	{ "formDataMultiValues", WDL_CAT_WORKFLOW, 2, 2, 2, "actionName, key", "ss",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN,
	  .help = "all values of a key of an action's form data" },
	{ "formDataValue", WDL_CAT_WORKFLOW, 2, 2, 2, "actionName, key", "ss",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN,
	  .help = "the only value of a key of an action's form data" },
	{ "getFutureTime", WDL_CAT_DATE, 2, 3, 2, "interval, timeUnit, format?", "iss",
	  .depends = WDL_ON_CLOCK, .help = "now plus units" },
	{ "getPastTime", WDL_CAT_DATE, 2, 3, 2, "interval, timeUnit, format?", "iss",
	  .depends = WDL_ON_CLOCK, .help = "now minus units" },
	{ "greater", WDL_CAT_LOGICAL, 2, 2, 2, "value, compareTo", "xx",
	  .help = "true when the first is greater" },
	{ "greaterOrEquals", WDL_CAT_LOGICAL, 2, 2, 2, "value, compareTo", "xx",
	  .help = "true when the first is greater or equal" },
	{ "guid", WDL_CAT_STRING, 0, 1, 0, "format?", "s",
	  .depends = WDL_ON_CHANCE, .help = "a new GUID in the format N, D, B, P or X" },
	{ "if", WDL_CAT_LOGICAL, 3, 3, 3, "expression, valueIfTrue, valueIfFalse", "bxx",
	  .help = "one of two values" },
	{ "indexOf", WDL_CAT_STRING, 2, 2, 2, "text, searchText", "ss",
	  .help = "where a part first occurs, from 0, in any case of letters; -1 when nowhere" },
	{ "int", WDL_CAT_CONVERSION, 1, 1, 1, "value", "x", .help = "an integer from text" },
	{ "intersection", WDL_CAT_COLLECTION, 2, WDL_ANY_COUNT, 2, "collection1, collection2, ...", "k",
	  .help = "the items or members that all have" },
	{ "isFloat", WDL_CAT_STRING, 1, 2, 1, "string, locale?", "ss",
	  .help = "true when the text is a number" },
	{ "isInt", WDL_CAT_STRING, 1, 1, 1, "string", "s",
	  .help = "true when the text is an integer" },
	{ "item", WDL_CAT_COLLECTION, 0, 0, 0, "", "",
	  .depends = WDL_ON_RUN, .help = "the current item of the innermost repeating action" },
	{ "items", WDL_CAT_WORKFLOW, 1, 1, 1, "loopName", "s",
	  .refers = WDL_REF_LOOP, .depends = WDL_ON_RUN,
	  .help = "the current item of the named loop" },
	{ "iterationIndexes", WDL_CAT_WORKFLOW, 1, 1, 1, "loopName", "s",
	  .refers = WDL_REF_UNTIL, .depends = WDL_ON_RUN,
	  .help = "the current round of the named Until, from 0" },
	{ "join", WDL_CAT_COLLECTION, 2, 2, 2, "collection, delimiter", "as",
	  .help = "the items as one text" },
	{ "json", WDL_CAT_CONVERSION, 1, 1, 1, "value", "x",
	  .help = "the JSON value of a text or of XML" },
	{ "last", WDL_CAT_COLLECTION, 1, 1, 1, "collection", "c",
	  .help = "the last item of an array, or character of a text" },
	{ "lastIndexOf", WDL_CAT_STRING, 2, 2, 2, "text, searchText", "ss",
	  .help = "where a part last occurs, from 0, in any case of letters; -1 when nowhere" },
	{ "length", WDL_CAT_STRING, 1, 1, 1, "collection", "c",
	  .help = "the number of items of an array, or characters of a text" },
	{ "less", WDL_CAT_LOGICAL, 2, 2, 2, "value, compareTo", "xx",
	  .help = "true when the first is less" },
	{ "lessOrEquals", WDL_CAT_LOGICAL, 2, 2, 2, "value, compareTo", "xx",
	  .help = "true when the first is less or equal" },
	{ "listCallbackUrl", WDL_CAT_WORKFLOW, 0, 0, 0, "", "",
	  .depends = WDL_ON_SERVICE,
	  .help = "the address that calls the trigger or action back; only the service knows it" },
	{ "max", WDL_CAT_MATH, 1, WDL_ANY_COUNT, 1, "number1, number2, ...", "n",
	  .help = "the greatest of the numbers, or of one array of numbers" },
	{ "mergeObjects", WDL_CAT_JSON_XML, 2, 2, 2, "object1, object2", "oo",
	  .evidence = WDL_CATALOGUE, .help = "the members of both objects, merged at every level" },
	{ "min", WDL_CAT_MATH, 1, WDL_ANY_COUNT, 1, "number1, number2, ...", "n",
	  .help = "the least of the numbers, or of one array of numbers" },
	{ "mod", WDL_CAT_MATH, 2, 2, 2, "dividend, divisor", "nn",
	  .help = "the remainder; its sign is that of the dividend" },
	{ "mul", WDL_CAT_MATH, 2, 2, 2, "multiplicand1, multiplicand2", "nn",
	  .help = "the product of two numbers" },
	{ "multipartBody", WDL_CAT_WORKFLOW, 2, 2, 2, "actionName, index", "si",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN,
	  .help = "the body of one part of an action's outputs" },
	{ "not", WDL_CAT_LOGICAL, 1, 1, 1, "expression", "b", .help = "the opposite" },
	{ "nthIndexOf", WDL_CAT_STRING, 3, 3, 3, "text, searchText, occurrence", "ssi",
	  .help = "where a part occurs for the nth time, from 0; -1 when it does not" },
	{ "or", WDL_CAT_LOGICAL, 1, WDL_ANY_COUNT, 2, "expression1, expression2, ...", "b",
	  .help = "true when at least one is true" },
	{ "outputs", WDL_CAT_WORKFLOW, 1, 1, 1, "actionName", "s",
	  .refers = WDL_REF_ACTION, .depends = WDL_ON_RUN, .help = "an action's outputs" },
	{ "parameters", WDL_CAT_WORKFLOW, 1, 1, 1, "parameterName", "s",
	  .refers = WDL_REF_PARAMETER, .depends = WDL_ON_RUN,
	  .help = "the value of a parameter of the definition" },
	{ "parse", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .evidence = WDL_CATALOGUE, .successor = "json", .help = "the JSON value of a text" },
	{ "parseDateTime", WDL_CAT_DATE, 1, 3, 1, "timestamp, locale?, format?", "sss",
	  .help = "a time from text, by locale and format" },
	{ "pow", WDL_CAT_MATH, 2, 2, 2, "base, exponent", "nn",
	  .evidence = WDL_CATALOGUE, .help = "a number to a power" },
	{ "rand", WDL_CAT_MATH, 2, 2, 2, "minValue, maxValue", "ii",
	  .depends = WDL_ON_CHANCE, .help = "a random integer, the upper end excluded" },
	{ "range", WDL_CAT_MATH, 2, 2, 2, "startIndex, count", "ii",
	  .help = "an array of count integers" },
	{ "removeProperty", WDL_CAT_JSON_XML, 2, 2, 2, "object, property", "os",
	  .help = "an object without a member" },
	{ "replace", WDL_CAT_STRING, 3, 3, 3, "text, oldText, newText", "sss",
	  .help = "the text with every occurrence replaced, exact case" },
	{ "result", WDL_CAT_WORKFLOW, 1, 1, 1, "scopedActionName", "s",
	  .refers = WDL_REF_SCOPE, .depends = WDL_ON_RUN,
	  .help = "the results of the actions directly inside a scope" },
	{ "reverse", WDL_CAT_COLLECTION, 1, 1, 1, "collection", "a",
	  .help = "the array from its end" },
	{ "setProperty", WDL_CAT_JSON_XML, 3, 3, 3, "object, property, value", "osx",
	  .help = "an object with a member set" },
	{ "skip", WDL_CAT_COLLECTION, 2, 2, 2, "collection, count", "ai",
	  .help = "the array without its first items" },
	{ "slice", WDL_CAT_STRING, 2, 3, 2, "text, startIndex, endIndex?", "sii",
	  .help = "part of a text from start to end, both forgiving" },
	{ "sort", WDL_CAT_COLLECTION, 1, 2, 1, "collection, sortBy?", "as",
	  .help = "the array in ascending order, by a key for objects" },
	{ "split", WDL_CAT_STRING, 2, 2, 2, "text, delimiter", "ss",
	  .help = "the parts of a text between marks" },
	{ "startOfDay", WDL_CAT_DATE, 1, 2, 1, "timestamp, format?", "ds",
	  .help = "the first moment of the day" },
	{ "startOfHour", WDL_CAT_DATE, 1, 2, 1, "timestamp, format?", "ds",
	  .help = "the first moment of the hour" },
	{ "startOfMonth", WDL_CAT_DATE, 1, 2, 1, "timestamp, format?", "ds",
	  .help = "the first moment of the month" },
	{ "startsWith", WDL_CAT_STRING, 2, 2, 2, "text, searchText", "ss",
	  .help = "true when the text starts with the part, in any case of letters" },
	{ "string", WDL_CAT_CONVERSION, 1, 1, 1, "value", "x",
	  .help = "the text of any value; null gives an empty text" },
	{ "strongEquals", WDL_CAT_LOGICAL, 1, WDL_ANY_COUNT, 2, "value1, value2, ...", "x",
	  .evidence = WDL_CATALOGUE, .help = "true when all are equal and of one type" },
	{ "sub", WDL_CAT_MATH, 2, 2, 2, "minuend, subtrahend", "nn",
	  .help = "the first number minus the second" },
	{ "substring", WDL_CAT_STRING, 2, 3, 2, "text, startIndex, length?", "sii",
	  .help = "part of a text; must stay inside it" },
	{ "subtractFromTime", WDL_CAT_DATE, 3, 4, 3, "timestamp, interval, timeUnit, format?", "diss",
	  .help = "a time with units taken off" },
	{ "take", WDL_CAT_COLLECTION, 2, 2, 2, "collection, count", "ci",
	  .help = "the first items of an array, or characters of a text" },
	{ "ticks", WDL_CAT_DATE, 1, 1, 1, "timestamp", "d",
	  .help = "100-nanosecond units since 0001-01-01" },
	{ "toLower", WDL_CAT_STRING, 1, 1, 1, "text", "s", .help = "the text in lower case" },
	{ "toUpper", WDL_CAT_STRING, 1, 1, 1, "text", "s", .help = "the text in upper case" },
	{ "trigger", WDL_CAT_WORKFLOW, 0, 0, 0, "", "",
	  .depends = WDL_ON_RUN, .help = "the trigger as an object" },
	{ "triggerBody", WDL_CAT_WORKFLOW, 0, 0, 0, "", "",
	  .depends = WDL_ON_RUN, .help = "the body of the trigger's outputs" },
	{ "triggerFormDataMultiValues", WDL_CAT_WORKFLOW, 1, 1, 1, "key", "s",
	  .depends = WDL_ON_RUN, .help = "all values of a key of the trigger's form data" },
	{ "triggerFormDataValue", WDL_CAT_WORKFLOW, 1, 1, 1, "key", "s",
	  .depends = WDL_ON_RUN, .help = "the only value of a key of the trigger's form data" },
	{ "triggerMultipartBody", WDL_CAT_WORKFLOW, 1, 1, 1, "index", "i",
	  .depends = WDL_ON_RUN, .help = "the body of one part of the trigger's outputs" },
	{ "triggerOutputs", WDL_CAT_WORKFLOW, 0, 0, 0, "", "",
	  .depends = WDL_ON_RUN, .help = "the trigger's outputs" },
	{ "trim", WDL_CAT_STRING, 1, 1, 1, "text", "s",
	  .help = "the text without white space at its ends" },
	{ "trimByteOrderMark", WDL_CAT_STRING, 1, 1, 1, "content", "s",
	  .evidence = WDL_CATALOGUE, .help = "the text without a byte order mark at its start" },
	{ "union", WDL_CAT_COLLECTION, 2, WDL_ANY_COUNT, 2, "collection1, collection2, ...", "k",
	  .help = "the items or members that any has, once each" },
	{ "uriComponent", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "everything but unreserved characters percent-encoded" },
	{ "uriComponentToBinary", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "binary content of percent-encoded text" },
	{ "uriComponentToString", WDL_CAT_CONVERSION, 1, 1, 1, "value", "s",
	  .help = "percent escapes decoded" },
	{ "uriHost", WDL_CAT_URI, 1, 1, 1, "uri", "s", .help = "the host of a URI" },
	{ "uriPath", WDL_CAT_URI, 1, 1, 1, "uri", "s", .help = "the path of a URI" },
	{ "uriPathAndQuery", WDL_CAT_URI, 1, 1, 1, "uri", "s",
	  .help = "the path and query of a URI" },
	{ "uriPort", WDL_CAT_URI, 1, 1, 1, "uri", "s",
	  .help = "the port of a URI, or the scheme's default" },
	{ "uriQuery", WDL_CAT_URI, 1, 1, 1, "uri", "s", .help = "the query of a URI with its ?" },
	{ "uriScheme", WDL_CAT_URI, 1, 1, 1, "uri", "s", .help = "the scheme of a URI" },
	{ "utcNow", WDL_CAT_DATE, 0, 1, 0, "format?", "s",
	  .depends = WDL_ON_CLOCK, .help = "the current time" },
	{ "variables", WDL_CAT_WORKFLOW, 1, 1, 1, "variableName", "s",
	  .refers = WDL_REF_VARIABLE, .depends = WDL_ON_RUN, .help = "the value of a variable" },
	{ "workflow", WDL_CAT_WORKFLOW, 0, 0, 0, "", "",
	  .depends = WDL_ON_RUN, .help = "the workflow and its run: name, id, tags, run" },
	{ "xml", WDL_CAT_CONVERSION, 1, 1, 1, "value", "x",
	  .help = "XML content from text or from an object with one member" },
	{ "xpath", WDL_CAT_JSON_XML, 2, 2, 2, "xml, xpath", "xs",
	  .help = "the nodes or value that an XPath 1.0 expression selects" },
};

/* Compares a counted name with a row's, ASCII case folded. */
static int order(const void *key, const void *row)
{
	const struct str *name = key;
	const struct wdl_function *f = row;
	int d = strncasecmp(name->p, f->name, name->n);

	return d ? d : f->name[name->n] ? -1 : 0;
}

const struct wdl_function *wdl_function_find(struct str name)
{
	/* The longest name has 26 letters; longer text is no name, and may hold a NUL. */
	if (name.n == 0 || name.n > 40 || memchr(name.p, 0, name.n))
		return NULL;
	return bsearch(&name, rows, COUNT(rows), sizeof(rows[0]), order);
}

const struct wdl_function *wdl_functions(size_t *count)
{
	*count = COUNT(rows);
	return rows;
}

const struct wdl_function *wdl_function_near(struct str name)
{
	const struct wdl_function *best = NULL;
	unsigned least = name.n < 5 ? 2 : 3; /* a distance of this much is not near */
	char lower[41], row[41];

	if (name.n < 3 || name.n > 40)
		return NULL;
	for (size_t i = 0; i < name.n; i++)
		lower[i] = wdl_is_letter(name.p[i]) ? (char)(name.p[i] | 32) : name.p[i];
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].name);
		unsigned d;

		for (size_t k = 0; k < n; k++)
			row[k] = wdl_is_letter(rows[i].name[k]) ? (char)(rows[i].name[k] | 32)
								: rows[i].name[k];
		d = str_distance(str_n(lower, name.n), str_n(row, n), least);
		if (d < least) {
			least = d;
			best = &rows[i];
		}
	}
	return best;
}

const char *wdl_category_name(enum wdl_category c)
{
	static const char *const names[] = {
		[WDL_CAT_STRING] = "String",         [WDL_CAT_COLLECTION] = "Collection",
		[WDL_CAT_LOGICAL] = "Logical",       [WDL_CAT_CONVERSION] = "Conversion",
		[WDL_CAT_MATH] = "Math",             [WDL_CAT_DATE] = "Date and time",
		[WDL_CAT_URI] = "URI",               [WDL_CAT_JSON_XML] = "JSON and XML",
		[WDL_CAT_WORKFLOW] = "Workflow",
	};

	return names[c];
}

struct str wdl_function_link(struct arena *a, const struct wdl_function *f)
{
	return str_fmt(a, "https://aka.ms/logicexpressions#%s", f->name);
}
