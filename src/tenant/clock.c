/*
 * clock.c - time in ticks, printed as the service prints it.
 *
 * Knows the machine's clock and calendars; nothing else.
 */
#include <stdio.h>
#include <time.h>

#include "base/os.h"
#include "tenant/clock.h"

static struct {
	int64_t fixed; /* 0: follow the machine */
	int64_t shift;
} the_clock;

void clock_fix(int64_t ticks)
{
	the_clock.fixed = ticks;
}

void clock_shift(int64_t ticks)
{
	the_clock.shift = ticks;
}

int64_t clock_now(void)
{
	struct timespec ts;

	if (the_clock.fixed)
		return the_clock.fixed + the_clock.shift;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * TICKS_S + ts.tv_nsec / 100 + the_clock.shift;
}

static struct tm clock_tm(int64_t ticks)
{
	time_t t = (time_t)(ticks / TICKS_S);
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm;
}

void clock_text_s(int64_t ticks, char out[CLOCK_TEXT])
{
	struct tm tm = clock_tm(ticks);

	strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void clock_text(int64_t ticks, char out[CLOCK_TEXT])
{
	unsigned fraction = (unsigned)(ticks % TICKS_S);
	unsigned digits = 7;
	size_t n;

	clock_text_s(ticks, out);
	if (!fraction)
		return;
	while (fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	n = strlen(out) - 1;
	snprintf(out + n, CLOCK_TEXT - n, ".%0*uZ", (int)digits, fraction);
}

void clock_text_http(int64_t ticks, char out[CLOCK_TEXT])
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm = clock_tm(ticks);

	snprintf(out, CLOCK_TEXT, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday % 7],
		 (unsigned)tm.tm_mday % 100, months[tm.tm_mon % 12],
		 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
		 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

bool clock_parse(struct str s, int64_t *ticks)
{
	ptrdiff_t dot = str_find_char(s, '.');
	int64_t ms, extra = 0;

	if (!os_parse_time(s, &ms))
		return false;
	/* os_parse_time keeps milliseconds; digits four to seven of the fraction are ours. */
	if (dot >= 0) {
		int64_t unit = 100 * TICKS_MS;

		for (size_t i = (size_t)dot + 1; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
			if (i > (size_t)dot + 3)
				extra += (s.p[i] - '0') * unit;
			unit /= 10;
		}
	}
	*ticks = ms * TICKS_MS + extra;
	return true;
}
