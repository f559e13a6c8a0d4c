/*
 * gate.h - may this call go on?  The pure part: facts in, decision out, no I/O.
 *
 * Every call passes it, of a read and of a built-in too.  What decides are rows
 * (gate_table.c): the class of an effect, what raises a class, and what each trust level
 * does with each class.  Text of strangers is no input.
 */
#ifndef WORK_GATE_H
#define WORK_GATE_H

#include <flowlatch/tool.h>

enum trust { TRUST_MANUAL, TRUST_SUPERVISED, TRUST_AUTONOMOUS, TRUST__MAX };

/* What is known of the target and of this process; see the rows for what each one does. */
enum fact {
	FACT_LISTED = 1,            /* policy lists the environment */
	FACT_PRODUCTION = 2,        /* of type Production, and not the person's own */
	FACT_NO_ENVIRONMENT = 4,    /* what kind of environment it is could not be found out */
	FACT_SHARED = 8,
	FACT_MANY = 16,             /* more than LIMIT_GATE_OBJECTS things */
	FACT_HALF = 32,             /* a replace that drops more than half of the actions */
	FACT_CHANGED = 64,          /* the target changed since a person was asked about it */
	FACT_ON = 128,              /* a flow that is switched on */
	/* These raise no class: they are told, and void grants. */
	FACT_TAINT = 256,           /* payloads were read in the last 30 minutes */
	FACT_DEFAULT = 512,         /* the default environment */
	FACT_FIRST = 1024,          /* the first use of this tool on this machine */
};
#define FACTS_VOID (FACT_TAINT | FACT_DEFAULT | FACT_FIRST)

struct gate_effect {
	const char *name; /* "delete", as policies and records name it */
	enum klass klass;
};
extern const struct gate_effect gate_effects[EFFECT__MAX];

struct gate_fact {
	enum fact fact;
	const char *rule;  /* its name, on the card and in the log */
	const char *line;  /* what the card says */
	unsigned effects;  /* bits of 1u << effect that it raises; 0: none, it is only told */
};
extern const struct gate_fact gate_facts[];
extern const size_t gate_fact_count;

struct gate_class {
	enum klass klass;
	const char *rule; /* the effect's name, or the fact's or policy's that raised it */
};

/* The class of a call: the effect's, never under the row's, raised by facts and by a policy's
 * floor.  A preview is read-only whatever the row says. */
struct gate_class gate_classify(enum klass row, enum effect effect, unsigned facts,
				enum klass floor, const char *floor_rule);

/* Ways to ask, best first. */
enum channel {
	CHANNEL_NONE = 0,
	CHANNEL_FORM = 1,     /* a form in the host, in either era */
	CHANNEL_TERMINAL = 2, /* a code, and `flowlatch approve` */
	CHANNEL_ATTESTED = 4, /* the model repeats a plan; only where policy allows it */
};

enum policy_action { POLICY_ALLOW, POLICY_ASK, POLICY_DENY }; /* ordered: the strictest wins */

enum grants {
	GRANT_PROMPT = 1, /* "this tool on this flow for 15 minutes", given on a card */
	GRANT_SCOPE = 2,  /* `flowlatch grant` covers this call */
	GRANT_NAMED = 4,  /* ... and names this tool and this flow */
};

struct gate_input {
	enum klass klass;
	enum trust trust;
	unsigned facts;
	bool local;           /* a built-in that never talks to the service */
	bool read_only;       /* the profile's setting */
	enum policy_action policy;
	bool host_prompt;     /* policy trusts the host's own prompt for Moderate calls */
	bool scope_dangerous; /* policy lets scopes cover Dangerous calls */
	unsigned grants;      /* unexpired ones that match */
	unsigned channels;    /* possible here and allowed by policy */
};

enum gate_verdict { GATE_ALLOW, GATE_ASK, GATE_REFUSE };

struct gate_output {
	enum gate_verdict verdict;
	enum channel channel; /* GATE_ASK: the best one */
	unsigned grant;       /* GATE_ALLOW: the kind of grant that must be counted down, or 0 */
	const char *decision; /* GATE_ALLOW: "allow", "grant", "scope", "host_prompt" */
	enum err err;         /* GATE_REFUSE */
	const char *why;
};

struct gate_output gate_decide(const struct gate_input *in);

#endif
