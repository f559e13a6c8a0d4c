/*
 * main.c - the start of the process: harden it, then hand over to the command line.
 */
#include "base/os.h"
#include "front/cli.h"

int main(int argc, char **argv)
{
	os_harden();
	return cli_main(argc, argv);
}
