/*
 * newton.h - JSON text as the service reads it.
 *
 * The service uses Newtonsoft.Json, which is lenient: single quotes, unquoted names, comments,
 * trailing commas, NaN, hexadecimal and octal numbers, duplicate names (the last wins), text
 * after the first value.  Its messages are part of the service's error texts.
 */
#ifndef WDL_NEWTON_H
#define WDL_NEWTON_H

#include "text/json.h"

/* NULL with *message set when the text is not JSON even so.  Blank text gives NULL and an empty
 * message. */
struct json *wdl_read_json(struct arena *a, struct str text, struct str *message);

#endif
