/*
 * setup.h - the parts of `flowlatch setup`.
 *
 * Each gets the operands after its own name in cli->argv and returns an exit code.
 */
#ifndef FRONT_SETUP_H
#define FRONT_SETUP_H

#include "front/cli.h"

/* The app registration in Entra: prints its commands, or runs them. */
int setup_app(struct cli *cli);

/* The entry in the configuration of an MCP host: shows it, writes it, takes it out again. */
int setup_client(struct cli *cli);

#endif
