/*
 * table.c - every tool, sorted by name.
 *
 * A new tool is a row in its family's file, a line here and in table.h, and a page in
 * flowlatch-tools(7).
 */
#include "tools/table.h"

const struct tool *const tools_table[] = {
	&tool_apply_plan,
	&tool_cancel_live_flow_run,
	&tool_evaluate_expression,
	&tool_get_live_flow,
	&tool_get_live_flow_http_schema,
	&tool_get_live_flow_run_action_outputs,
	&tool_get_live_flow_run_error,
	&tool_get_live_flow_runs,
	&tool_get_live_flow_trigger_url,
	&tool_get_store_flow,
	&tool_get_store_flow_errors,
	&tool_get_store_flow_runs,
	&tool_get_store_flow_summary,
	&tool_get_store_flow_trigger_url,
	&tool_get_store_maker,
	&tool_list_live_connections,
	&tool_list_live_environments,
	&tool_list_live_flows,
	&tool_list_live_trigger_histories,
	&tool_list_skills,
	&tool_list_store_connections,
	&tool_list_store_environments,
	&tool_list_store_flows,
	&tool_list_store_makers,
	&tool_list_store_power_apps,
	&tool_set_live_flow_state,
	&tool_set_store_flow_state,
	&tool_tool_search,
	&tool_update_store_flow,
	&tool_validate_live_flow,
	&tool_wait_for_live_flow_run,
	&tool_whoami,
};
const size_t tools_count = sizeof(tools_table) / sizeof(*tools_table);

/* What a host is offered when nobody chose: all of it is read by a model in every session, so it
 * is what most sessions need to build, repair and watch flows. */
const char *const tools_standard[] = {
	"add_live_flow_to_solution",
	"cancel_live_flow_run",
	"compare_live_flow_runs",
	"create_live_connection",
	"describe_live_connector",
	"diagnose_live_flow_run",
	"evaluate_expression",
	"get_live_dynamic_options",
	"get_live_dynamic_properties",
	"get_live_flow",
	"get_live_flow_run_action_outputs",
	"get_live_flow_run_error",
	"get_live_flow_runs",
	"list_live_connections",
	"list_live_environments",
	"list_live_flows",
	"list_live_trigger_histories",
	"list_skills",
	"rehearse_live_flow",
	"resolve_live_parameters",
	"restore_live_flow",
	"resubmit_live_flow_run",
	"set_live_flow_state",
	"test_live_connection",
	"tool_search",
	"trigger_live_flow",
	"update_live_flow",
	"validate_live_flow",
	"wait_for_live_flow_run",
	"whoami",
};
const size_t tools_standard_count = sizeof(tools_standard) / sizeof(*tools_standard);
