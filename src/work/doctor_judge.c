/*
 * doctor_judge.c - what the network's answers mean, row by row.
 *
 * Knows how a missing proxy, a broken name service, a wrong clock, a company's certificate
 * authority and a refusal of Entra look from here; asks nothing itself.
 */
#include "work/doctor_int.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "work/aadsts.h"
#include "work/permission.h"

/* Entra gives tokens some minutes of grace, TLS none; below this nobody notices. */
enum { CLOCK_GRACE_MS = 300 * 1000, DAY_MS = 86400 * 1000 };

static bool reached(const struct doctor_answer *answer)
{
	return answer->done && (answer->outcome == HTTP_ANSWERED || answer->outcome == HTTP_TLS);
}

/* Host and port of the sign-in service. */
static const char *login_host(const struct doctor *d)
{
	struct str origin = host_authority(d->hosts);

	return str_c(d->a, str_from_at(origin, strlen("https://")));
}

/* ---- proxy ---- */

/* The first URL of http or https that follows `mark` in a file; NULL when there is none. */
static const char *url_in(struct doctor *d, const char *file, const char *mark)
{
	struct str rest, value;
	struct buf b;
	ptrdiff_t at;

	buf_init_in(&b, d->a, 1u << 20);
	if (os_read_file(file, &b))
		return NULL;
	for (rest = buf_str(&b); (at = str_find(rest, str_from(mark))) >= 0;) {
		size_t n = 0;

		rest = value = str_from_at(rest, (size_t)at + strlen(mark));
		while (value.n && strchr(" \t=\"'", value.p[0]))
			value = str_from_at(value, 1);
		while (n < value.n && (unsigned char)value.p[n] > ' ' &&
		       !strchr("\"';#", value.p[n]))
			n++;
		if (str_starts(value, S("http")))
			return str_c(d->a, str_first(value, n));
	}
	return NULL;
}

/* A proxy that other programs of this machine use: the person's own first. */
static const char *known_proxy(struct doctor *d, const char **whose)
{
	const char *home = os_home(d->a), *found = NULL;
	const struct {
		const char *file, *mark;
	} places[] = {
		{ arena_printf(d->a, "%s/.gitconfig", home ? home : ""), "proxy" },
		{ arena_printf(d->a, "%s/.npmrc", home ? home : ""), "proxy" },
		{ "/etc/environment", "https_proxy" },
		{ "/etc/environment", "HTTPS_PROXY" },
		{ "/etc/apt/apt.conf", "Acquire::http::Proxy" },
	};
	struct dirent *e;
	DIR *dir;

	for (size_t i = 0; !found && i < sizeof(places) / sizeof(*places); i++) {
		*whose = places[i].file;
		found = url_in(d, places[i].file, places[i].mark);
	}
	dir = found ? NULL : opendir("/etc/apt/apt.conf.d");
	while (dir && !found && (e = readdir(dir)) != NULL) {
		*whose = arena_printf(d->a, "/etc/apt/apt.conf.d/%s", e->d_name);
		if (e->d_name[0] != '.')
			found = url_in(d, *whose, "Acquire::http::Proxy");
	}
	if (dir)
		closedir(dir);
	return found ? doctor_proxy_shown(d->a, found) : NULL;
}

static void wrong_proxy(struct doctor *d)
{
	const char *what = arena_printf(d->a, "the proxy %s (%s) does not let us through to %s: %s",
					d->proxy, d->proxy_from, login_host(d), d->login.message);

	if (reached(&d->direct))
		doctor_say(d, DOCTOR_PROXY, DOCTOR_BAD, what,
			   "without a proxy the sign-in service is reached",
			   doctor_set_key(d, "proxy", "none"));
	else
		doctor_say(d, DOCTOR_PROXY, DOCTOR_BAD, what,
			   "without a proxy it is not reached either, so the proxy's address is wrong "
			   "or the network is down",
			   "flowlatch doctor --proxy http://HOST:PORT");
}

void doctor_proxy(struct doctor *d)
{
	const char *known, *whose;

	if (d->proxy && !reached(&d->login)) {
		wrong_proxy(d);
		return;
	}
	known = d->proxy || reached(&d->login) ? NULL : known_proxy(d, &whose);
	if (known) {
		doctor_say(d, DOCTOR_PROXY, DOCTOR_BAD,
			   arena_printf(d->a, "%s is not reached without a proxy: %s",
					login_host(d), d->login.message),
			   arena_printf(d->a, "other programs here use %s (%s)", known, whose),
			   doctor_set_key(d, "proxy", known));
		return;
	}
	doctor_say(d, DOCTOR_PROXY, DOCTOR_FINE,
		   d->proxy ? arena_printf(d->a, "through %s (%s)", d->proxy, d->proxy_from) :
			      "no proxy is set",
		   NULL, NULL);
}

/* ---- names and connections ---- */

static bool any_service_found(const struct doctor *d)
{
	for (size_t i = 0; i < DOCTOR_SERVICE_ROWS; i++)
		if (d->services[i].done && d->services[i].outcome != HTTP_RESOLVE)
			return true;
	return false;
}

static bool file_has(struct doctor *d, const char *file, const char *what)
{
	struct buf b;

	buf_init_in(&b, d->a, 65536);
	return os_read_file(file, &b) == 0 && str_find(buf_str(&b), str_from(what)) >= 0;
}

/* Who answers names here decides what can be restarted. */
static const char *mend_names(struct doctor *d)
{
	if (file_has(d, "/etc/resolv.conf", "nameserver 127.0.0.53"))
		return doctor_as_root(d, "systemctl restart systemd-resolved");
	if (file_has(d, "/etc/resolv.conf", "NetworkManager"))
		return "nmcli networking off && nmcli networking on";
	if (file_has(d, "/proc/sys/kernel/osrelease", "icrosoft"))
		return "wsl.exe --shutdown";
	return doctor_as_root(d, "${EDITOR:-vi} /etc/resolv.conf");
}

void doctor_names(struct doctor *d)
{
	const char *host = login_host(d), *bare;

	if (d->login.outcome != HTTP_RESOLVE) {
		doctor_say(d, DOCTOR_NAMES, DOCTOR_FINE,
			   arena_printf(d->a, "%s is found", host), NULL, NULL);
		return;
	}
	bare = arena_copy(d->a, host, strcspn(host, ":"));
	if (any_service_found(d) && str_eq(str_from(d->conf->cloud), S("custom")))
		doctor_say(d, DOCTOR_NAMES, DOCTOR_BAD,
			   arena_printf(d->a, "DNS does not know %s, but other services are found",
					bare),
			   "login_url may be misspelt",
			   d->conf->file ? arena_printf(d->a, "${EDITOR:-vi} '%s'", d->conf->file) :
					   "man flowlatch.conf");
	else
		doctor_say(d, DOCTOR_NAMES, DOCTOR_BAD,
			   arena_printf(d->a, "DNS is broken: the name %s is not found", bare),
			   "names are not resolved here; behind a company's proxy that is normal, and "
			   "the key proxy must be set",
			   mend_names(d));
}

/* A line of /proc/net/route for destination 0, or of its sister for IPv6. */
static bool has_route(struct doctor *d)
{
	return file_has(d, "/proc/net/route", "\t00000000\t") ||
	       file_has(d, "/proc/net/ipv6_route",
			"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
			"fe80");
}

void doctor_connection(struct doctor *d)
{
	const char *host = login_host(d);

	if (reached(&d->login)) {
		doctor_say(d, DOCTOR_CONNECTION, DOCTOR_FINE,
			   arena_printf(d->a, "%s answers", host), NULL, NULL);
		return;
	}
	if (d->login.outcome == HTTP_NO_LIBRARY) {
		doctor_say(d, DOCTOR_CONNECTION, DOCTOR_BAD, d->login.message,
			   "flowlatch sends its requests with libcurl",
			   doctor_as_root(d, "apt install libcurl4"));
		return;
	}
	doctor_say(d, DOCTOR_CONNECTION, DOCTOR_BAD,
		   arena_printf(d->a, "%s is not reached: %s", host, d->login.message),
		   has_route(d) ? "a firewall, or a network that wants a proxy" :
				  "this machine has no route to the Internet",
		   has_route(d) ? "flowlatch doctor --proxy http://HOST:PORT" : "ip route");
}

/* ---- clock and certificate ---- */

static const char *mend_clock(struct doctor *d)
{
	if (file_has(d, "/proc/sys/kernel/osrelease", "icrosoft"))
		return doctor_as_root(d, "hwclock -s");
	return doctor_as_root(d, "timedatectl set-ntp true");
}

static const char *apart(struct doctor *d, int64_t ms)
{
	int64_t min = (ms < 0 ? -ms : ms) / 60000;
	const char *way = ms < 0 ? "behind" : "ahead of";

	if (min < 120)
		return arena_printf(d->a, "%lld min %s", (long long)min, way);
	if (min < 48 * 60)
		return arena_printf(d->a, "%lld h %s", (long long)(min / 60), way);
	return arena_printf(d->a, "%lld days %s", (long long)(min / 1440), way);
}

/* Without an answer: a clock before the day on which this program was installed is wrong. */
static bool before_our_time(void)
{
	struct stat st;

	return stat("/proc/self/exe", &st) == 0 &&
	       os_wall_ms() < (int64_t)st.st_mtim.tv_sec * 1000 - DAY_MS;
}

void doctor_clock(struct doctor *d)
{
	int64_t off = d->login.server_ms ? d->login.our_ms - d->login.server_ms : 0;
	char now[25];

	if (off > CLOCK_GRACE_MS || off < -CLOCK_GRACE_MS) {
		doctor_say(d, DOCTOR_CLOCK, DOCTOR_BAD,
			   arena_printf(d->a, "this machine's clock is %s that of %s",
					apart(d, off), login_host(d)),
			   "tokens and certificates count as expired or as not valid yet",
			   mend_clock(d));
		return;
	}
	os_format_time(os_wall_ms(), now);
	if (!d->login.server_ms && before_our_time()) {
		doctor_say(d, DOCTOR_CLOCK, DOCTOR_BAD,
			   arena_printf(d->a, "this machine's clock says %s, which is before "
					      "flowlatch was installed", now),
			   "tokens and certificates count as not valid yet", mend_clock(d));
		return;
	}
	doctor_say(d, DOCTOR_CLOCK, DOCTOR_FINE,
		   d->login.server_ms ? arena_printf(d->a, "right to %lld s",
						     (long long)((off < 0 ? -off : off) / 1000)) :
					"it could not be compared",
		   NULL, NULL);
}

/* A company's authority, where another program was told of it. */
static const char *company_authority(const char **variable)
{
	static const char *const names[] = { "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE",
					     "GIT_SSL_CAINFO", "AWS_CA_BUNDLE",
					     "PIP_CERT" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *v = getenv(names[i]);

		*variable = names[i];
		if (v && v[0] == '/' && access(v, R_OK) == 0)
			return v;
	}
	return NULL;
}

/* Certificates were put where the system wants them, but not taken up. */
static bool waiting_certificates(struct doctor *d)
{
	static const char place[] = "/usr/local/share/ca-certificates";
	struct stat bundle, st;
	struct dirent *e;
	bool waiting = false;
	DIR *dir;

	if (stat("/etc/ssl/certs/ca-certificates.crt", &bundle) != 0)
		return false;
	dir = opendir(place);
	while (dir && !waiting && (e = readdir(dir)) != NULL)
		waiting = str_ends(str_from(e->d_name), S(".crt")) &&
			  stat(arena_printf(d->a, "%s/%s", place, e->d_name), &st) == 0 &&
			  st.st_mtim.tv_sec > bundle.st_mtim.tv_sec;
	if (dir)
		closedir(dir);
	return waiting;
}

void doctor_certificate(struct doctor *d)
{
	const char *variable, *file, *what;

	if (d->login.outcome != HTTP_TLS) {
		doctor_say(d, DOCTOR_CERTIFICATE, DOCTOR_FINE,
			   arena_printf(d->a, "the certificate of %s is trusted", login_host(d)),
			   NULL, NULL);
		return;
	}
	what = arena_printf(d->a, "%s: %s", login_host(d), d->login.message);
	if (str_find(str_from(d->login.message), S("expired")) >= 0 ||
	    str_find(str_from(d->login.message), S("not valid yet")) >= 0) {
		doctor_say(d, DOCTOR_CERTIFICATE, DOCTOR_BAD, what,
			   "more often this machine's clock is wrong than the certificate",
			   mend_clock(d));
		return;
	}
	file = company_authority(&variable);
	if (file)
		doctor_say(d, DOCTOR_CERTIFICATE, DOCTOR_BAD, what,
			   arena_printf(d->a, "a company that looks into its traffic signs with an "
					      "authority of its own; %s names one", variable),
			   doctor_set_key(d, "ca_file", file));
	else if (waiting_certificates(d) && !d->conf->ca_file)
		doctor_say(d, DOCTOR_CERTIFICATE, DOCTOR_BAD, what,
			   "/usr/local/share/ca-certificates has changed since the system's "
			   "authorities were put together",
			   doctor_as_root(d, "update-ca-certificates"));
	else
		doctor_say(d, DOCTOR_CERTIFICATE, DOCTOR_BAD, what,
			   d->conf->ca_file ?
				   "ca_file holds other authorities than the one that signed it" :
				   "a company that looks into its traffic signs with an authority of "
				   "its own: ask its IT for the certificate, as a PEM file",
			   doctor_set_key(d, "ca_file", "/PATH/TO/COMPANY-CA.pem"));
}

/* ---- tenant ---- */

void doctor_tenant(struct doctor *d)
{
	const char *tenant = d->conf->tenant ? d->conf->tenant : "organizations";
	const struct aadsts *row = aadsts_find(d->login.aadsts);
	struct str line = d->login.description, first;

	if (d->login.outcome == HTTP_ANSWERED && d->login.status == 200) {
		doctor_say(d, DOCTOR_TENANT, DOCTOR_FINE,
			   arena_printf(d->a, "%s is a tenant of this cloud", tenant), NULL, NULL);
		return;
	}
	if (!d->login.aadsts) {
		doctor_say(d, DOCTOR_TENANT, DOCTOR_BAD,
			   arena_printf(d->a, "%s answers with status %d instead of its description",
					login_host(d), d->login.status),
			   d->login.status >= 500 || d->login.status == 429 ?
				   "it is not well just now" :
				   "something else than the sign-in service answers: a captive portal "
				   "or a proxy does that",
			   d->login.status >= 500 || d->login.status == 429 ?
				   "flowlatch doctor" :
				   arena_printf(d->a, "curl -v https://%s/", login_host(d)));
		return;
	}
	str_cut(&line, '\r', &first);
	doctor_say(d, DOCTOR_TENANT, DOCTOR_BAD,
		   arena_printf(d->a, "the tenant %s is not found (AADSTS%u)", tenant,
				d->login.aadsts),
		   row ? row->sentence : str_c(d->a, str_first_utf8(first, 300)),
		   doctor_set_key(d, "tenant", "organizations"));
}

/* ---- services ---- */

void doctor_services_row(struct doctor *d)
{
	struct buf fine;

	buf_init_in(&fine, d->a, 1024);
	for (size_t i = 0; i < DOCTOR_SERVICE_ROWS; i++) {
		const struct doctor_answer *answer = &d->services[i];
		struct str origin = host_origin(d->hosts, d->a, doctor_services[i], S(""));

		if (!answer->asked)
			continue;
		if (answer->outcome == HTTP_ANSWERED) {
			buf_addf(&fine, "%s%s", fine.n ? ", " : "",
				 host_row_name(doctor_services[i]));
			continue;
		}
		doctor_say(d, DOCTOR_SERVICES, DOCTOR_BAD,
			   arena_printf(d->a, "%.*s is not reached: %s", STR_ARG(origin),
					answer->message),
			   "the sign-in service is reached, so a firewall lets some hosts through "
			   "and others not",
			   arena_printf(d->a, "ask the administrator of the network to allow %.*s",
					STR_ARG(origin)));
	}
	if (fine.n)
		doctor_say(d, DOCTOR_SERVICES, DOCTOR_FINE,
			   arena_printf(d->a, "reached: %s", buf_c(&fine)), NULL, NULL);
}

/* ---- signing in ---- */

void doctor_sign_in(struct doctor *d)
{
	if (d->have_token)
		doctor_say(d, DOCTOR_SIGN_IN, DOCTOR_FINE, "a sign-in is stored", NULL, NULL);
	else
		doctor_say(d, DOCTOR_SIGN_IN, DOCTOR_BAD,
			   d->other_login ? d->other_login :
					    arena_printf(d->a,
							 "nobody is signed in with the profile %s",
							 d->conf->profile),
			   NULL, doctor_with_profile(d, "flowlatch login"));
}

/* Whose turn it is, and the command for it. */
static const char *mend_token(struct doctor *d, const struct probe_row *t)
{
	const char *login = doctor_with_profile(d, "flowlatch login");

	if (t->state == PROBE_CONSENT || t->state == PROBE_SECOND_FACTOR)
		return arena_printf(d->a, "%s --audience %s", login, audience_name(t->audience));
	if (t->next && str_find(str_from(t->next), S("--browser")) >= 0)
		return arena_printf(d->a, "%s --browser", login);
	if (t->state == PROBE_SIGN_IN)
		return login;
	return t->state == PROBE_FAILED || !t->next || !*t->next ? "flowlatch doctor" : t->next;
}

static const char *why_no_token(struct doctor *d, const struct probe_row *t)
{
	const struct api *api = permission_api(t->audience);
	const char *need = api ? arena_printf(d->a, "it is needed for %s", api->purpose) : NULL;

	if (t->state != PROBE_CONSENT)
		return need;
	return arena_printf(d->a, "%s%san administrator can consent for everybody: %s --letter",
			    need ? need : "", need ? "; " : "",
			    doctor_with_profile(d, "flowlatch login"));
}

/* The services that are refused for the same reason. */
static const char *refused_alike(struct doctor *d, size_t from, bool told[DOCTOR_TOKENS])
{
	const struct probe_row *first = &d->tokens[from];
	struct buf names;

	buf_init_in(&names, d->a, 1024);
	for (size_t i = from; i < d->token_count; i++) {
		const struct probe_row *t = &d->tokens[i];

		if (t->state != first->state ||
		    !str_eq(str_from(t->service_code), str_from(first->service_code)) ||
		    !str_eq(str_from(t->sentence), str_from(first->sentence)))
			continue;
		buf_addf(&names, "%s%s", names.n ? ", " : "", audience_name(t->audience));
		told[i] = true;
	}
	return buf_c(&names);
}

void doctor_audiences(struct doctor *d)
{
	bool told[DOCTOR_TOKENS] = { false };
	struct buf fine;

	buf_init_in(&fine, d->a, 1024);
	for (size_t i = 0; i < d->token_count; i++) {
		const struct probe_row *t = &d->tokens[i];
		const struct api *api = permission_api(t->audience);
		const char *code;

		if (told[i])
			continue;
		if (t->state == PROBE_OK) {
			buf_addf(&fine, "%s%s", fine.n ? ", " : "", audience_name(t->audience));
			continue;
		}
		code = t->service_code && *t->service_code ?
			       arena_printf(d->a, " (%s)", t->service_code) : "";
		/* What is only for trying connectors out stops nobody. */
		doctor_say(d, DOCTOR_AUDIENCES,
			   api && api->for_changes ? DOCTOR_NOTE : DOCTOR_BAD,
			   arena_printf(d->a, "no token for %s: %.*s%s", refused_alike(d, i, told),
					STR_ARG(doctor_bare(str_from(t->sentence))), code),
			   why_no_token(d, t), mend_token(d, t));
	}
	if (fine.n)
		doctor_say(d, DOCTOR_AUDIENCES, DOCTOR_FINE,
			   arena_printf(d->a, "tokens for %s", buf_c(&fine)), NULL, NULL);
}
