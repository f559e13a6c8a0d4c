/*
 * tz.h - time zones: Windows names to the system's tzdata.
 *
 * The only I/O of the language: reading files below /usr/share/zoneinfo (or $TZDIR).
 */
#ifndef WDL_TZ_H
#define WDL_TZ_H

#include "base/str.h"

struct wdl_zone_name {
	const char *windows, *iana;
};

/* In order of the Windows name without regard to case; written from CLDR. */
extern const struct wdl_zone_name wdl_zone_names[];
extern const size_t wdl_zone_name_count;

/* The row of a Windows name, in any case of letters and with or without its points; NULL when
 * there is none. */
const struct wdl_zone_name *wdl_zone_find(struct str windows);

struct wdl_zone; /* the rules of one zone */

/* Reads a zone; NULL when the system has no such file or it is broken. */
struct wdl_zone *wdl_zone_load(struct arena *a, const char *iana);
/* Reads a zone out of the bytes of a TZif file (RFC 8536, version 2 or later). */
struct wdl_zone *wdl_zone_read(struct arena *a, struct str tzif);
/* Seconds east of UTC at a moment given in seconds since 1970 UTC. */
int32_t wdl_zone_offset(const struct wdl_zone *z, int64_t utc);

enum wdl_wall { WDL_WALL_OK, WDL_WALL_TWICE, WDL_WALL_SKIPPED };

/* The moment of a wall clock reading (both in seconds since 1970).  A reading that comes twice
 * is taken as standard time, as .NET does; one that is skipped gives the moment it would be. */
enum wdl_wall wdl_zone_to_utc(const struct wdl_zone *z, int64_t wall, int64_t *utc);

#endif
