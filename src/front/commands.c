/*
 * commands.c - the rows of the subcommands, in the order of --help.
 */
#include "front/commands.h"

const struct command commands[] = {
	{
		.name = "serve",
		.synopsis = "[--drain]",
		.help = "serve the tools to an MCP host on standard input and output",
		.options = cmd_serve_options,
		.practice = true,
		.run = cmd_serve,
	},
	{
		.name = "call",
		.synopsis = "TOOL [--PARAMETER VALUE ...]",
		.help = "call one tool and print its result",
		.options = cmd_call_options,
		.practice = true,
		.loose = true,
		.run = cmd_call,
	},
	{
		.name = "tools",
		.synopsis = "[TOOL]",
		.help = "list the tools of this profile, or explain one",
		.practice = true,
		.run = cmd_tools,
	},
	{
		.name = "login",
		.synopsis = "[--browser] [--audience NAME] [--letter]",
		.help = "sign in with a code or the browser, and store the sign-in",
		.options = cmd_login_options,
		.loose = true,
		.new_profile = true,
		.run = cmd_login,
	},
	{
		.name = "logout",
		.synopsis = "[--all]",
		.help = "forget the sign-in, and say what Microsoft still honours",
		.options = cmd_logout_options,
		.run = cmd_logout,
	},
	{
		.name = "status",
		.synopsis = "",
		.help = "tell who is signed in, where that is kept, and whether it can be read",
		.run = cmd_status,
	},
	{
		.name = "unlock",
		.synopsis = "",
		.help = "ask for the keyring's password, so that servers can use the sign-in",
		.run = cmd_unlock,
	},
	{
		.name = "doctor",
		.synopsis = "[--host-env]",
		.help = "say what is wrong on this machine, why, and the command that mends it",
		.options = cmd_doctor_options,
		.before = cmd_doctor_before,
		.any_conf = true,
		.run = cmd_doctor,
	},
	{
		.name = "setup",
		.synopsis = "app | client HOST",
		.help = "make the app registration, or the entry in an MCP host's configuration",
		.options = cmd_setup_options,
		.practice = true,
		.new_profile = true,
		.run = cmd_setup,
	},
	{
		.name = "use",
		.synopsis = "[ENVIRONMENT]",
		.help = "choose the environment that calls mean when they name none",
		.options = cmd_use_options,
		.run = cmd_use,
	},
	{
		.name = "log",
		.synopsis = "show | verify | stats | export | purge | init",
		.help = "read, check and shorten the usage log",
		.options = cmd_log_options,
		.run = cmd_log,
	},
	{
		.name = "lint",
		.synopsis = "FILE | FOLDER | ZIP | - ...",
		.help = "check flows in files, packages and folders, without an account",
		.options = cmd_lint_options,
		.no_conf = true,
		.run = cmd_lint,
	},
	{
		.name = "run",
		.synopsis = "FILE | -",
		.help = "run a flow in a file with scripted connectors, without an account",
		.options = cmd_run_options,
		.no_conf = true,
		.run = cmd_run,
	},
};

const size_t command_count = sizeof(commands) / sizeof(*commands);
