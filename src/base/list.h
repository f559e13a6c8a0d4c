/*
 * list.h - a doubly linked list whose links live inside the items.
 *
 * A node that is on no list points at itself, so list_remove is always safe.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#ifdef __clang_analyzer__
/* The analyzer cannot follow a ring of links: to it a removed node stays reachable from its head.
 * So it is told nothing of who the next one is. */
struct list *list_next(const struct list *n);
#else
static inline struct list *list_next(const struct list *n)
{
	return n->next;
}
#endif

#define LIST_ITEM(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))
#define LIST_EACH(pos, head)                                                                       \
	for (struct list *pos = list_next(head); pos != (head); pos = list_next(pos))
/* The item at `pos` may be removed inside the loop. */
#define LIST_EACH_SAFE(pos, head)                                                                  \
	for (struct list *pos = list_next(head), *pos##_next = list_next(pos); pos != (head);      \
	     pos = pos##_next, pos##_next = list_next(pos))

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_remove(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

static inline void list_insert(struct list *at, struct list *n)
{
	n->prev = at->prev;
	n->next = at;
	at->prev->next = n;
	at->prev = n;
}

static inline void list_append(struct list *head, struct list *n)
{
	list_insert(head, n);
}

#endif
