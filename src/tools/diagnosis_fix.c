/*
 * diagnosis_fix.c - edits that mend the step: tried with the recorded values, and linted.
 *
 * Nothing is offered that was not put to the test.
 */
#include "tools/diagnosis_int.h"
#include "wdl/edit.h"
#include "wdl/lint.h"
#include "wdl/trial.h"

static bool is_known(const struct finding *f, const struct json *operations)
{
	for (size_t i = 0; i < f->fix_count; i++)
		if (json_equal(f->fixes[i].operations, operations))
			return true;
	return false;
}

static size_t errors_in(struct arena *a, const struct json *definition)
{
	struct lint_report r = lint_document(a, json_copy(a, definition));

	return r.usable ? r.counts[LINT_ERROR] : (size_t)-1;
}

/* The edit can be made as it is written, and brings no new error. */
static bool is_clean(struct diag *d, const struct json *operations, size_t errors)
{
	struct wdl_edit_error e;
	struct json *edited = wdl_edit(d->a, d->definition, operations, &e);

	return edited && errors_in(d->a, edited) <= errors;
}

void diag_fixes(struct diag *d, const struct values *v, size_t count)
{
	const struct json *contexts[DIAGNOSIS_TRIALS];
	struct finding *f = d->f;
	size_t errors = errors_in(d->a, d->definition);

	for (size_t i = 0; i < count && i < DIAGNOSIS_TRIALS; i++)
		contexts[i] = v[i].context;
	/* Ways beyond the first ones are worse stand-ins of another type. */
	for (size_t first = 0; first < DIAGNOSIS_FIXES && f->fix_count < DIAGNOSIS_FIXES; first++) {
		const char *why;
		struct json *operations =
			wdl_mend(d->a, f->action, f->step, f->pointer, contexts, count,
				 d->definition, first, &why);

		if (!operations || is_known(f, operations) || !is_clean(d, operations, errors))
			continue;
		f->fixes[f->fix_count++] = (struct fix){ operations, why };
	}
}
