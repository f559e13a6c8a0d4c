/*
 * fuzz_host.c - links out of answers: whatever passes leads to a host of its row.
 *
 * The first byte chooses cloud and row, the rest is the link.  What passes is looked at with
 * other means than the program's: cut at the first slash, compared with the end of the name.
 */
#include <stdint.h>
#include <stdlib.h>

#include "work/conf.h"
#include "work/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	enum host_row row; /* HOST_CONTENT and HOST_TRIGGER: their own checks */
	const char *request;
	const char *hosts; /* what may come out: names, or ends of names when they start with "." */
} rows[] = {
	{ HOST_FLOW, "https://api.flow.microsoft.com/x",
	  "api.flow.microsoft.com .api.flow.microsoft.com" },
	{ HOST_POWERAPPS, "https://api.powerapps.com/x", "api.powerapps.com .api.powerapps.com" },
	{ HOST_BAP, "https://api.bap.microsoft.com/x",
	  "api.bap.microsoft.com .api.bap.microsoft.com" },
	{ HOST_POWERPLATFORM, "https://api.powerplatform.com/x",
	  "api.powerplatform.com .api.powerplatform.com" },
	{ HOST_ENVIRONMENT, "https://a.b.environment.api.powerplatform.com/x",
	  "a.b.environment.api.powerplatform.com" },
	{ HOST_DATAVERSE, "https://contoso.crm4.dynamics.com/x", "contoso.crm4.dynamics.com" },
	{ HOST_APIHUB, "", ".azure-apim.net .azure-apihub.net" },
	{ HOST_CONTENT, "",
	  ".environment.api.powerplatformusercontent.com .logic.azure.com .blob.core.windows.net" },
	{ HOST_TRIGGER, "", ".environment.api.powerplatform.com .logic.azure.com" },
};

static void look_at(struct str out, struct str hosts)
{
	struct str host, entry;
	size_t n = 0;

	if (!str_starts(out, S("https://")))
		abort();
	host = str_from_at(out, 8);
	while (n < host.n && host.p[n] != '/')
		n++;
	host = str_first(host, n);
	for (size_t i = 0; i < host.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", host.p[i]))
			abort();
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] <= ' ' || out.p[i] == 0x7f || out.p[i] == '#' || out.p[i] == '\\')
			abort();
	while (str_cut(&hosts, ' ', &entry))
		if (entry.p[0] == '.' ? str_ends(host, entry) : str_eq(host, entry))
			return;
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf conf = { .cloud = "public" };
	struct str link, out = { 0 };
	const char *why = NULL, *message;
	struct arena a;
	struct hosts *h;
	enum err e;
	size_t i;

	if (!size)
		return 0;
	i = data[0] % (sizeof(rows) / sizeof(*rows));
	link = str_n((const char *)data + 1, size - 1);
	arena_init(&a, 4u << 20);
	h = hosts_new(&a, &conf, &message);
	if (rows[i].row == HOST_CONTENT)
		e = host_check_content(h, &a, link, &out, &why);
	else if (rows[i].row == HOST_TRIGGER)
		e = host_check_trigger(h, &a, link, &out, &why);
	else
		e = host_check_link(h, &a, rows[i].row, str_from(rows[i].request), link, &out, &why);
	if (e == ERR_OK)
		look_at(out, str_from(rows[i].hosts));
	else if (e != ERR_FOREIGN_LINK || !why || out.p)
		abort();
	/* What the service says about an environment must not make another host either. */
	out = host_origin(h, &a, HOST_DATAVERSE, link);
	if (out.p)
		look_at(out, S(".dynamics.com"));
	out = host_origin(h, &a, HOST_ENVIRONMENT, link);
	if (out.p)
		look_at(out, S(".environment.api.powerplatform.com"));
	arena_release(&a);
	return 0;
}
