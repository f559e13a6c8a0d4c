/*
 * main.c - the start of the process: harden it, then hand over to the command line.
 */
#include <unistd.h>

#include "base/os.h"

int main(int argc, char **argv)
{
	static const char version[] = "flowlatch " FLOWLATCH_VERSION "\n";

	(void)argc;
	(void)argv;
	os_harden();
	return write(STDOUT_FILENO, version, sizeof(version) - 1) < 0;
}
