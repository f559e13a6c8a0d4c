/*
 * messages.h - what the service says when an expression or an action fails, one row each.
 *
 * Each row carries where its wording was seen, or the mark "unverified".
 */
#ifndef WDL_MESSAGES_H
#define WDL_MESSAGES_H

#include "base/str.h"

enum wdl_message {
	WDL_M_UNKNOWN_FUNCTION,
	WDL_M_NOT_HERE,
	WDL_M_ITS_STRING,
	WDL_M_ITS_STRING_TYPE,
	WDL_M_FIRST_STRING,
	WDL_M_SECOND_STRING,
	WDL_M_NTH_STRING,
	WDL_M_NAMED_STRING,
	WDL_M_NOT_VALID,
	WDL_M_NTH_INTEGER,
	WDL_M_NUMBER,
	WDL_M_ITS_BOOLEAN,
	WDL_M_FIRST_BOOLEAN,
	WDL_M_ALL_BOOLEANS,
	WDL_M_FIRST_ARRAY,
	WDL_M_JOIN_ARRAY,
	WDL_M_OBJECT,
	WDL_M_ARRAY_OR_STRING,
	WDL_M_BE_ARRAY_OR_STRING,
	WDL_M_COLLECTION,
	WDL_M_COUNT,
	WDL_M_EMPTY,
	WDL_M_CONTAINS,
	WDL_M_SAME_TYPE,
	WDL_M_CONVERT,
	WDL_M_COMPARE_MATCH,
	WDL_M_COMPARE_TYPES,
	WDL_M_SUBSTRING_START,
	WDL_M_SUBSTRING,
	WDL_M_CHUNK,
	WDL_M_EXISTS,
	WDL_M_RANGE_COUNT,
	WDL_M_RANGE_SUM,
	WDL_M_RAND,
	WDL_M_ZERO_DIVISOR,
	WDL_M_OVERFLOW,
	WDL_M_OLD_EMPTY,
	WDL_M_TOO_LONG,
	WDL_M_RESULT_TOO_LONG,
	WDL_M_BASE64,
	WDL_M_BASE64_STRING,
	WDL_M_DATA_URI,
	WDL_M_URI,
	WDL_M_JSON,
	WDL_M_XML,
	WDL_M_XML_ROOT,
	WDL_M_XPATH_XML,
	WDL_M_XPATH,
	WDL_M_NO_XML,
	WDL_M_DATE,
	WDL_M_DATE_FORMAT,
	WDL_M_DATE_RANGE,
	WDL_M_TIME_UNIT,
	WDL_M_ZONE,
	WDL_M_ZONE_MISMATCH,
	WDL_M_ZONE_GAP,
	WDL_M_LOCALE,
	WDL_M_NUMBER_FORMAT,
	WDL_M_TIME_SPAN,
	WDL_M_GUID_FORMAT,
	WDL_M_NO_PROPERTY,
	WDL_M_NO_SELECT,
	WDL_M_NO_SELECT_TYPE,
	WDL_M_NO_SELECT_INDEX,
	WDL_M_OUT_OF_BOUNDS,
	WDL_M_NO_ACTION,
	WDL_M_NO_VARIABLE,
	WDL_M_NO_PARAMETER,
	WDL_M_NO_LOOP,
	WDL_M_FORM_TYPE,
	WDL_M_FORM_MANY,
	WDL_M_MULTIPART_TYPE,
	WDL_M_MULTIPART_INDEX,
	WDL_M_PARSE,
	WDL_M_PARSE_TOKEN,
	WDL_M_PARSE_CHARACTER,
	WDL_M_RUN_INPUTS,
	WDL_M_RUN_EXPRESSION,
	WDL_M_RUN_TRACKED,
	WDL_M_RUN_FAILED,
	WDL_M_RUN_AFTER,
	WDL_M_RUN_BRANCH,
	WDL_M_RUN_DEPENDENCY,
	WDL_M_RUN_NO_ITEMS,
	WDL_M_RUN_FOREACH,
	WDL_M_RUN_SCOPE_VALUE,
	WDL_M_RUN_CASE,
	WDL_M_RUN_OPERATOR,
	WDL_M_RUN_FROM,
	WDL_M_RUN_TABLE_FROM,
	WDL_M_RUN_TABLE_COLUMNS,
	WDL_M_RUN_ITEM,
	WDL_M_RUN_WHERE,
	WDL_M_RUN_VARIABLE,
	WDL_M_RUN_APPEND,
	WDL_M_RUN_APPEND_NULL,
	WDL_M_RUN_APPEND_TO,
	WDL_M_RUN_INCREMENT,
	WDL_M_RUN_NO_VARIABLE,
	WDL_M_RUN_VARIABLE_TWICE,
	WDL_M_RUN_CONTENT,
	WDL_M_RUN_JSON,
	WDL_M_RUN_BINARY,
	WDL_M_RUN_KEYWORD,
	WDL_M_RUN_SCHEMA,
	WDL_M_RUN_TIMEOUT,
	WDL_M_RUN_UNTIL,
	WDL_M_RUN_RESPONSE,
	WDL_M_RUN_NO_RESPONSE,
	WDL_M_RUN_WAIT,
	WDL_M_RUN_LARGE,
	WDL_M_RUN_NO_ANSWER,
	WDL_M_RUN_TRIGGER_SCHEMA,
	WDL_M_RUN_TRIGGER_EXPRESSION,
	WDL_M_RUN_SPLIT,
	WDL_M__MAX,
};

struct wdl_message_row {
	const char *text;   /* %1 ... %5 are filled in; %u is the link to the function of %1 */
	/* A page, thread or recording; "unverified" where none was found, and "own words..." where
	 * the service says nothing. */
	const char *source;
};

const struct wdl_message_row *wdl_message(enum wdl_message m);
struct str wdl_message_fill(struct arena *a, const char *text, const struct str *values);

/* The message for a call with a number of arguments the function does not take; false when it
 * takes that many. */
struct wdl_function;
bool wdl_arity_message(struct arena *a, const struct wdl_function *f, struct str name,
		       unsigned count,
		       struct str *message, const char **source);

#endif
