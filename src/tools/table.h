/*
 * table.h - every tool of flowlatch, one row each.
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <flowlatch/tool.h>

/* Sorted by name. */
extern const struct tool *const tools_table[];
extern const size_t tools_count;
/* The toolset "default", sorted: names. */
extern const char *const tools_standard[];
extern const size_t tools_standard_count;

extern const struct tool tool_add_live_flow_to_solution;
extern const struct tool tool_apply_plan;
extern const struct tool tool_bind_live_connection_reference;
extern const struct tool tool_cancel_live_flow_run;
extern const struct tool tool_cancel_live_flow_runs;
extern const struct tool tool_compare_live_flow_runs;
extern const struct tool tool_copy_live_flow;
extern const struct tool tool_create_live_connection;
extern const struct tool tool_delete_live_flow;
extern const struct tool tool_describe_live_connector;
extern const struct tool tool_describe_live_flow_run_repetitions;
extern const struct tool tool_diagnose_live_flow_run;
extern const struct tool tool_diff_live_flow_versions;
extern const struct tool tool_evaluate_expression;
extern const struct tool tool_explain_live_flow_state;
extern const struct tool tool_export_live_flow;
extern const struct tool tool_find_live_flow_runs;
extern const struct tool tool_get_live_connector;
extern const struct tool tool_get_live_dynamic_options;
extern const struct tool tool_get_live_dynamic_properties;
extern const struct tool tool_get_live_flow;
extern const struct tool tool_get_live_flow_http_schema;
extern const struct tool tool_get_live_flow_run_action_outputs;
extern const struct tool tool_get_live_flow_run_error;
extern const struct tool tool_get_live_flow_run_report;
extern const struct tool tool_get_live_flow_run_timeline;
extern const struct tool tool_get_live_flow_runs;
extern const struct tool tool_get_live_flow_trigger_url;
extern const struct tool tool_get_store_flow;
extern const struct tool tool_get_store_flow_errors;
extern const struct tool tool_get_store_flow_runs;
extern const struct tool tool_get_store_flow_summary;
extern const struct tool tool_get_store_flow_trigger_url;
extern const struct tool tool_get_store_maker;
extern const struct tool tool_grant_flow_studio_access;
extern const struct tool tool_import_live_flow;
extern const struct tool tool_keep_live_flow_versions;
extern const struct tool tool_list_deleted_live_flows;
extern const struct tool tool_list_live_approvals;
extern const struct tool tool_list_live_connection_references;
extern const struct tool tool_list_live_connections;
extern const struct tool tool_list_live_dlp_policies;
extern const struct tool tool_list_live_environment_variables;
extern const struct tool tool_list_live_environments;
extern const struct tool tool_list_live_flow_owners;
extern const struct tool tool_list_live_flow_run_only_users;
extern const struct tool tool_list_live_flow_versions;
extern const struct tool tool_list_live_flows;
extern const struct tool tool_list_live_solutions;
extern const struct tool tool_list_live_trigger_histories;
extern const struct tool tool_list_skills;
extern const struct tool tool_list_store_connections;
extern const struct tool tool_list_store_environments;
extern const struct tool tool_list_store_flows;
extern const struct tool tool_list_store_makers;
extern const struct tool tool_list_store_power_apps;
extern const struct tool tool_publish_live_flow;
extern const struct tool tool_recover_live_flow;
extern const struct tool tool_rehearse_live_flow;
extern const struct tool tool_resolve_live_parameters;
extern const struct tool tool_respond_live_approval;
extern const struct tool tool_restore_deleted_live_flow;
extern const struct tool tool_restore_live_flow;
extern const struct tool tool_resubmit_live_flow_run;
extern const struct tool tool_resubmit_live_flow_runs;
extern const struct tool tool_set_live_environment_variable;
extern const struct tool tool_set_live_flow_owners;
extern const struct tool tool_set_live_flow_run_only_users;
extern const struct tool tool_set_live_flow_state;
extern const struct tool tool_set_live_flow_states;
extern const struct tool tool_set_store_flow_state;
extern const struct tool tool_test_live_connection;
extern const struct tool tool_test_live_flow;
extern const struct tool tool_tool_search;
extern const struct tool tool_trigger_live_flow;
extern const struct tool tool_update_live_flow;
extern const struct tool tool_update_store_flow;
extern const struct tool tool_validate_live_flow;
extern const struct tool tool_wait_for_live_flow_run;
extern const struct tool tool_whoami;

#endif
