/*
 * seed_data.c - the seed files, inside the program.
 *
 * The assembler includes them as they are, so they stay readable JSON in the source and the
 * program needs no file at run time.
 * Knows names of files only.
 */
#include "tenant/state.h"

#define SEED_FILES(X)                                                                              \
	X(connectors, "connectors.json")                                                           \
	X(dynamic, "dynamic.json")                                                                 \
	X(flows_believable, "flows-believable.json")                                               \
	X(flows_empty, "flows-empty.json")                                                         \
	X(flows_large, "flows-large.json")                                                         \
	X(p_agent, "p-agent.json")                                                                 \
	X(p_approval, "p-approval.json")                                                           \
	X(p_child, "p-child.json")                                                                 \
	X(p_condition, "p-condition.json")                                                         \
	X(p_digest, "p-digest.json")                                                               \
	X(p_form, "p-form.json")                                                                   \
	X(p_handled, "p-handled.json")                                                             \
	X(p_hostile, "p-hostile.json")                                                             \
	X(p_invoices, "p-invoices.json")                                                           \
	X(p_large_actions, "p-large-actions.json")                                                 \
	X(p_large_loop, "p-large-loop.json")                                                       \
	X(p_large_output, "p-large-output.json")                                                   \
	X(p_large_small, "p-large-small.json")                                                     \
	X(p_nightly_sync, "p-nightly-sync.json")                                                   \
	X(p_orders, "p-orders.json")                                                               \
	X(p_parallel, "p-parallel.json")                                                           \
	X(p_parent, "p-parent.json")                                                               \
	X(p_pnp_exception_handing_in_do_until_loop, "p-pnp-exception-handing-in-do-until-loop.json")\
	X(p_pnp_new_employee_tip_of_the_day, "p-pnp-new-employee-tip-of-the-day.json")             \
	X(p_pnp_o365groups_graph_create_group, "p-pnp-o365groups-graph-create-group.json")         \
	X(p_pnp_planner_task_from_flagged_email, "p-pnp-planner-task-from-flagged-email.json")     \
	X(p_pnp_request_review_and_approval_for_a_selected_file, "p-pnp-request-review-and-approval-for-a-selected-file.json")\
	X(p_pnp_set_dataverse_lookups, "p-pnp-set-dataverse-lookups.json")                         \
	X(p_pnp_sharepoint_move_list_item_to_folder, "p-pnp-sharepoint-move-list-item-to-folder.json")\
	X(p_pnp_sharepoint_set_item_level_permissions, "p-pnp-sharepoint-set-item-level-permissions.json")\
	X(p_pnp_teams_adaptive_card_reminders_from_lists, "p-pnp-teams-adaptive-card-reminders-from-lists.json")\
	X(p_pnp_try_catch_finally, "p-pnp-try-catch-finally.json")                                 \
	X(p_pricing, "p-pricing.json")                                                             \
	X(p_row, "p-row.json")                                                                     \
	X(p_secure, "p-secure.json")                                                               \
	X(p_sensors, "p-sensors.json")                                                             \
	X(p_terminate, "p-terminate.json")                                                         \
	X(p_ticket, "p-ticket.json")                                                               \
	X(p_until, "p-until.json")                                                                 \
	X(p_webhook, "p-webhook.json")                                                             \
	X(people, "people.json")

#define SEED_BYTES(id, file)                                                                       \
	__asm__(".pushsection .rodata\n"                                                           \
		".global seed_" #id "_begin\n.hidden seed_" #id "_begin\nseed_" #id "_begin:\n"    \
		".incbin \"src/tenant/seed/" file "\"\n"                                           \
		".global seed_" #id "_end\n.hidden seed_" #id "_end\nseed_" #id "_end:\n"          \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char seed_##id##_begin[], seed_##id##_end[];
SEED_FILES(SEED_BYTES)

static const struct {
	const char *name;
	const char *begin, *end;
} files[] = {
#define SEED_ROW(id, file) { file, seed_##id##_begin, seed_##id##_end },
	SEED_FILES(SEED_ROW)
};

struct str seed_file(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (!strcmp(files[i].name, name))
			return str_n(files[i].begin, (size_t)(files[i].end - files[i].begin));
	return (struct str){ NULL, 0 };
}
