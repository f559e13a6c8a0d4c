/*
 * large.c - the definition of 2,000 actions, which is made rather than stored.
 */
#include "tenant/emit.h"
#include "tenant/state.h"

static struct json *step(struct arena *a, unsigned i)
{
	struct str after = i && i % 50 ? str_fmt(a, "\"Step_%04u\":[\"Succeeded\"]", i - 1) :
			   i	       ? str_fmt(a, "\"Step_%04u\":[\"Succeeded\"]", i - 50) :
					 S("");

	if (i % 10 == 9)
		return emit_json(a,
				 "{'type':'OpenApiConnection','inputs':{'host':{'apiId':"
				 "'/providers/Microsoft.PowerApps/apis/shared_sharepointonline',"
				 "'connectionName':'shared_sharepointonline','operationId':'PatchItem'},"
				 "'parameters':{'dataset':'https://fabrikam.sharepoint.example/sites/plant',"
				 "'table':'Readings','id':%d,'item/Value':'@outputs(\\u0027Step_%r\\u0027)'}},"
				 "'runAfter':{%R}}",
				 (int)i, str_c(a, str_fmt(a, "%04u", i - 1)), after);
	return emit_json(a,
			 "{'type':'Compose','inputs':'@concat(\\u0027reading \\u0027, "
			 "string(%d))','runAfter':{%R}}",
			 (int)i, after);
}

struct json *seed_large_definition(struct arena *a, unsigned actions)
{
	struct json *out = emit_json(
		a, "{'$schema':'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
		   "2016-06-01/workflowdefinition.json#','contentVersion':'1.0.0.0','parameters':{"
		   "'$connections':{'defaultValue':{},'type':'Object'},"
		   "'$authentication':{'defaultValue':{},'type':'SecureObject'}},'triggers':{"
		   "'Recurrence':{'type':'Recurrence','recurrence':{'frequency':'Day','interval':1}}},"
		   "'actions':{},'outputs':{}}");
	struct json *list = json_get(out, "actions");

	for (unsigned i = 0; i < actions; i++)
		json_add_n(a, list, str_fmt(a, "Step_%04u", i), step(a, i));
	return out;
}
