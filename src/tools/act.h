/*
 * act.h - the order that every single change keeps: look, judge, ask, write, look again.
 *
 * A tool whose change is one request fills a row and hands its step over.
 */
#ifndef TOOLS_ACT_H
#define TOOLS_ACT_H

#include "tools/target.h"

enum { ACT_LOOK };
/* Looks after the write: at once, then later and later, for a quarter of a minute. */
enum { ACT_LOOKS = 7 };

struct act {
	size_t looks;
	/* Fills the requests of the first stage, ACT_LOOK; they tolerate errors. */
	void (*look)(struct call *c, struct fetch *f);
	/* All was read: DONE or FAIL ends the call here, FETCH goes on. */
	enum verdict (*judge)(struct call *c);
	/* What is asked about; it has one write. */
	const struct change *(*change)(struct call *c);
	/* NULL, or a read after the approval that says where to send the write; false: there is no
	 * need for it. */
	bool (*find)(struct call *c, struct fetch *f);
	/* With it: the write, out of that answer; NULL after fail(). */
	const struct fetch *(*send)(struct call *c, const struct answer *found);
	/* How to see what became of it; false: there is nothing to look at. */
	bool (*again)(struct call *c, const struct answer *write, struct fetch *f);
	/* The end; or FETCH, before there were ACT_LOOKS looks: look again after a while.  `again`
	 * is the look number `looks`, NULL when there was none.  A write that was refused does not
	 * come here; one whose answer got lost does. */
	enum verdict (*settle)(struct call *c, const struct answer *write,
			       const struct answer *again, int looks);
	/* A write that was refused; NULL: the service's own words. */
	enum verdict (*refused)(struct call *c, const struct answer *write);
};

enum verdict act_step(struct call *c, const struct act *a);

#endif
