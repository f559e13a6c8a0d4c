/*
 * dvrows.c - rows of Dataverse's tables.
 *
 * The columns of a workflow are those of the recorded row; must not know routes.
 */
#include "tenant/dvrows.h"

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"

bool flow_visible(const struct request *q, const struct flow *f)
{
	return f->owner == q->caller.user || flow_shared_with(f, q->caller.user) ||
	       q->caller.admin || f->kind == FLOW_BPF || f->kind == FLOW_CLASSIC ||
	       json_is_true(json_get(f->data, "orgRead"));
}

void system_user_id(const struct environment *e, const struct user *u, char out[37])
{
	prng_guid(prng_mix(prng_hash(str_from(e->key)), prng_hash(str_from(u->key))), out);
}

const char *flow_trigger_type(struct flow *f)
{
	const struct json *t = json_first(json_get(flow_current(f)->definition, "triggers"));

	if (str_eq(json_get_str(t, "type"), S("Recurrence")))
		return "Scheduled";
	return str_eq(json_get_str(t, "type"), S("Request")) ? "Instant" : "Automated";
}

/* ---- clientdata ---- */

static struct json *version_clientdata(struct arena *a, const struct version *v)
{
	struct json *references = json_new_object(a), *out, *p;

	JSON_EACH(r, v->references) {
		struct str id = json_get_str(r, "id"), api = id;

		for (ptrdiff_t cut; (cut = str_find_char(api, '/')) >= 0;)
			api = str_from_at(api, (size_t)cut + 1);
		json_set_n(a, references, json_name(r),
			   emit_json(a,
				     "{'runtimeSource':'%s','connection':{%R},'api':{'name':'%S'}}",
				     str_eq(json_get_str(r, "source"), S("Invoker")) ? "invoker" :
										       "embedded",
				     json_get(r, "connectionReferenceLogicalName") ?
					     emit_str(a, "'connectionReferenceLogicalName':'%S'",
						      json_get_str(r, "connectionReference"
								      "LogicalName")) :
					     S(""),
				     api));
	}
	out = emit_json(a, "{'properties':{},'schemaVersion':'1.0.0.0'}");
	p = json_get(out, "properties");
	json_set(a, p, "connectionReferences", references);
	json_set(a, p, "definition", json_copy(a, v->definition));
	return out;
}

struct json *flow_clientdata(struct request *q, struct flow *f)
{
	return version_clientdata(&q->mem, shown_version(q, f));
}

struct json *component_version_row(struct request *q, const struct flow *f, unsigned i)
{
	const struct version *v = f->versions[i];
	char id[37], user[37];

	prng_guid(prng_mix(prng_mix(f->seed, prng_hash(S("version"))), (uint64_t)v->at), id);
	system_user_id(f->env, v->by, user);
	return emit_json(&q->mem,
			 "{'componentversionid':'%s','componentversionname':'%s','componentid':'%s',"
			 "'componenttype':29,'component':'%S','changesummary':'%s','ispublished':%b,"
			 "'createdon':'%t','_createdby_value':'%s'}",
			 id, f->name, f->workflow,
			 json_text(&q->mem, version_clientdata(&q->mem, v)),
			 v == f->version ? "Published" : v->published ? "Past published" : "Draft",
			 (int)(v == f->version), v->at, user);
}

static const struct reference *reference_named(struct request *q, const struct environment *e,
					       struct str logical)
{
	for (unsigned i = 0; i < q->tenant->reference_count; i++) {
		const struct reference *r = &q->tenant->references[i];

		if (r->env == e && str_eq_nocase(logical, str_from(r->logical)))
			return r;
	}
	return NULL;
}

struct json *clientdata_references(struct request *q, const struct environment *e,
				   const struct json *properties)
{
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);

	JSON_EACH(r, json_get(properties, "connectionReferences")) {
		struct str logical =
			json_str(json_at(r, "/connection/connectionReferenceLogicalName"));
		const struct reference *have = reference_named(q, e, logical);
		struct json *one = json_new_object(a);

		if (have && have->connection)
			json_set_z(a, one, "connectionName", have->connection->name);
		if (logical.n)
			json_set_str(a, one, "connectionReferenceLogicalName", logical);
		json_set_z(a, one, "source",
			   str_eq(json_get_str(r, "runtimeSource"), S("invoker")) ? "Invoker" :
										    "Embedded");
		json_set_str(a, one, "id",
			     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%s",
				     json_get_z(json_get(r, "api"), "name")));
		json_set_n(a, out, json_name(r), one);
	}
	return out;
}

/* ---- workflows ---- */

static const int categories[] = { [FLOW_CLOUD] = 5, [FLOW_AGENT] = 5, [FLOW_DESKTOP] = 6,
				  [FLOW_BPF] = 4,   [FLOW_CLASSIC] = 0 };

static const char workflow_nulls[] =
	"'createstage':null,'xaml':null,'_plugintypeid_value':null,'entityimage':null,"
	"'entityimage_url':null,'_flowgroup_value':null,'billingcontext':null,"
	"'processroleassignment':null,'languagecode':null,'dynamicssolutioncontext':null,"
	"'_licensee_value':null,'_licenseentitledby_value':null,'desktopflowmodules':null,"
	"'inputparameters':null,'_modifiedonbehalfby_value':null,'entityimageid':null,'rank':null,"
	"'inputs':null,'createmetadata':null,'rendererobjecttypecode':null,"
	"'processtriggerscope':null,'_createdonbehalfby_value':null,'processorder':null,"
	"'definition':null,'updatestage':null,'triggeronupdateattributelist':null,"
	"'resourcecontainer':null,'metadata':null,'deletestage':null,"
	"'_parentworkflowid_value':null,'dependencies':null,'_activeworkflowid_value':null,"
	"'throttlingbehavior':null,'uiflowtype':null,'claims':null,'schemaversion':null,"
	"'uidata':null,'processtriggerformid':null,'modifymetadata':null,'outputs':null,"
	"'formid':null,'uniquename':null,'credentials':null,'connectionreferences':null,"
	"'_sdkmessageid_value':null,'entityimage_timestamp':null";

static const char workflow_fixed[] =
	"'iscrmuiworkflow':false,'istransacted':true,'businessprocesstype':0,"
	"'trustedaccess':false,'clientdataiscompressed':false,'scope':4,"
	"'overwritetime':'1900-01-01T00:00:00Z','ondemand':false,'mode':0,'runas':1,"
	"'planverified':false,'syncworkflowlogonfailure':false,'triggerondelete':false,"
	"'introducedversion':'1.0','asyncautodelete':false,'subprocess':false,"
	"'triggeroncreate':false,'iscustomizable':{'Value':true,'CanBeChanged':true,"
	"'ManagedPropertyLogicalName':'iscustomizableanddeletable'},"
	"'iscustomprocessingstepallowedforotherpublishers':{'Value':true,'CanBeChanged':true,"
	"'ManagedPropertyLogicalName':'canbedeleted'}";

static struct str seconds(struct request *q, int64_t ticks)
{
	char text[CLOCK_TEXT];

	clock_text_s(ticks, text);
	return str_dup(&q->mem, str_from(text));
}

struct json *workflow_row(struct request *q, struct flow *f)
{
	struct arena *a = &q->mem;
	static const int states[] = {
		[FLOW_STARTED] = 1, [FLOW_STOPPED] = 0, [FLOW_SUSPENDED] = 2,
	};
	static const int codes[] = { [FLOW_STARTED] = 2, [FLOW_STOPPED] = 1, [FLOW_SUSPENDED] = 3 };
	bool cloud = f->kind <= FLOW_AGENT, suspended = shown_state(q, f) == FLOW_SUSPENDED;
	const char *primary = f->kind == FLOW_BPF || f->kind == FLOW_CLASSIC ? "salesorder" : "none";
	struct str description = json_get_str(shown_version(q, f)->definition, "description");
	const struct user *by = q->view ? q->view->version->by : f->modified_by;
	enum flow_state state = shown_state(q, f);
	bool team = !strcmp(f->owner->kind, "Group"), draft = shown_version(q, f) == f->draft;
	char user[37], changer[37];
	struct buf b;

	system_user_id(f->env, f->owner, user);
	system_user_id(f->env, by ? by : f->owner, changer);
	buf_init_in(&b, a, TENANT_ANSWER);
	emit(&b,
	     "{'@odata.etag':'W/\\\"%l\\\"','workflowid':'%s','workflowidunique':'%s','name':'%s',"
	     "'category':%d,'type':1,'statecode':%d,'statuscode':%d,'modernflowtype':%d,"
	     "'ismanaged':%b,'primaryentity':'%s','description':%R,'createdon':'%S',"
	     "'modifiedon':'%S','_ownerid_value':'%s','_owninguser_value':%R,'_owningteam_value':%R,"
	     "'_createdby_value':'%s','_modifiedby_value':'%s','_owningbusinessunit_value':'%s',"
	     "'resourceid':%R,'solutionid':'%s','suspensionreasondetails':%R,'versionnumber':%l,"
	     "'componentstate':%d,",
	     (int64_t)f->etag, f->workflow, f->unique, shown_name(q, f), categories[f->kind],
	     states[state], codes[state], f->kind == FLOW_AGENT ? 1 : 0,
	     (int)(f->solution && f->solution->managed), primary,
	     description.n ? emit_str(a, "'%S'", description) : S("null"), seconds(q, f->created),
	     seconds(q, shown_modified(q, f)), user,
	     team ? S("null") : emit_str(a, "'%s'", user),
	     team ? emit_str(a, "'%s'", user) : S("null"), user, changer, f->env->org_id,
	     cloud ? emit_str(a, "'%s'", f->id) : S("null"),
	     f->solution ? f->solution->id : "fd140aae-4df4-11dd-bd17-0019b9312238",
	     suspended ? emit_str(a, "'%s'", f->suspended) : S("null"), (int64_t)f->etag,
	     draft || f->draft_only ? 1 : 0);
	emit(&b, workflow_fixed);
	buf_addc(&b, ',');
	emit(&b, workflow_nulls);
	emit(&b, ",'clientdata':%R}",
	     cloud ? emit_str(a, "'%S'", json_text(a, flow_clientdata(q, f))) : S("null"));
	return json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
}

/* ---- other tables ---- */

struct json *solution_row(struct request *q, const struct solution *s)
{
	char publisher[37];
	struct json *out;

	prng_guid(prng_hash(str_from(s->publisher)), publisher);
	out = emit_json(&q->mem,
			"{'solutionid':'%s','uniquename':'%s','version':'%s','installedon':"
			"'2025-10-01T21:54:14Z','solutionpackageversion':null,'friendlyname':'%s',"
			"'versionnumber':860052,'ismanaged':%b,'isvisible':true,'publisherid':{"
			"'friendlyname':'%s','publisherid':'%s'}}",
			s->id, s->unique, s->version, s->friendly, (int)s->managed, s->publisher,
			publisher);
	return out;
}

struct json *reference_row(struct request *q, const struct reference *r)
{
	return emit_json(&q->mem,
			 "{'@odata.etag':'W/\\\"3581000\\\"','connectionreferenceid':'%s',"
			 "'connectionreferencelogicalname':'%s','connectionreferencedisplayname':'%s',"
			 "'connectorid':'/providers/Microsoft.PowerApps/apis/%s','connectionid':%R,"
			 "'statecode':0,'statuscode':1,'ismanaged':false}",
			 r->id, r->logical, r->title, r->api->name,
			 r->connection ? emit_str(&q->mem, "'%s'", r->connection->name) :
					 S("null"));
}

struct json *system_user_row(struct request *q, const struct environment *e, const struct user *u)
{
	char id[37];

	system_user_id(e, u, id);
	return emit_json(&q->mem,
			 "{'@odata.etag':'W/\\\"1200\\\"','systemuserid':'%s','fullname':'%s',"
			 "'internalemailaddress':'%s','domainname':'%s','azureactivedirectoryobjectid':"
			 "'%s','isdisabled':%b,'_businessunitid_value':'%s'}",
			 id, u->name, u->upn, u->upn, u->id,
			 u->disabled && !strcmp(u->kind, "User") ? 1 : 0, e->org_id);
}

/* ---- labels ---- */

static const struct {
	const char *column;
	int value;
	const char *en, *de, *nb;
} labels[] = {
	{ "statecode", 0, "Draft", "Entwurf", "Utkast" },
	{ "statecode", 1, "Activated", "Aktiviert", "Aktivert" },
	{ "statecode", 2, "Suspended", "Ausgesetzt", "Midlertidig stoppet" },
	{ "statuscode", 1, "Draft", "Entwurf", "Utkast" },
	{ "statuscode", 2, "Activated", "Aktiviert", "Aktivert" },
	{ "statuscode", 3, "CompanyDLPViolation", "CompanyDLPViolation", "CompanyDLPViolation" },
	{ "category", 0, "Workflow", "Workflow", "Arbeidsflyt" },
	{ "category", 4, "Business Process Flow", "Geschäftsprozessflow", "Forretningsprosessflyt" },
	{ "category", 5, "Modern Flow", "Moderner Flow", "Moderne flyt" },
	{ "category", 6, "Desktop Flow", "Desktopflow", "Skrivebordsflyt" },
	{ "type", 1, "Definition", "Definition", "Definisjon" },
	{ "modernflowtype", 0, "PowerAutomateFlow", "PowerAutomateFlow", "PowerAutomateFlow" },
	{ "modernflowtype", 1, "CopilotStudioFlow", "CopilotStudioFlow", "CopilotStudioFlow" },
};

static const char *label_of(const char *language, size_t i)
{
	if (!strcmp(language, "de"))
		return labels[i].de;
	return !strcmp(language, "nb") ? labels[i].nb : labels[i].en;
}

static void annotate_owner(struct arena *a, struct json *row, const struct user *u)
{
	json_set_z(a, row, "_ownerid_value@OData.Community.Display.V1.FormattedValue", u->name);
	json_set_z(a, row, "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname",
		   !strcmp(u->kind, "Group") ? "team" : "systemuser");
}

void annotate_row(struct request *q, struct json *row)
{
	struct arena *a = &q->mem;
	const char *language = request_language(q);
	static const char suffix[] = "@OData.Community.Display.V1.FormattedValue";
	const struct json *owner = json_get(row, "_ownerid_value");

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (json_get(row, "workflowid") &&
		    json_int(json_get(row, labels[i].column), -1) == labels[i].value)
			json_set_z(a, row, str_c(a, str_fmt(a, "%s%s", labels[i].column, suffix)),
				   label_of(language, i));
	for (unsigned i = 0; i < q->tenant->user_count; i++)
		for (unsigned k = 0; k < q->tenant->environment_count; k++) {
			char id[37];

			system_user_id(&q->tenant->environments[k], &q->tenant->users[i], id);
			if (str_eq(json_str(owner), str_from(id)))
				annotate_owner(a, row, &q->tenant->users[i]);
			if (str_eq(json_get_str(row, "_modifiedby_value"), str_from(id)))
				json_set_z(a, row,
					   str_c(a, str_fmt(a, "_modifiedby_value%s", suffix)),
					   q->tenant->users[i].name);
		}
}
