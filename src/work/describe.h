/*
 * describe.h - the parameters that every tool with a list has: fields and cursor.
 */
#ifndef WORK_DESCRIBE_H
#define WORK_DESCRIBE_H

#include <flowlatch/tool.h>

/* Ends with name NULL; served by the engine (work/shape.c). */
const struct param *args_list_params(void);

#endif
