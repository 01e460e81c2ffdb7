// SPDX-License-Identifier: MIT
/*
 * Loaded into make, whose own exit status of a failed recipe is always 2: `make vm CMD=...` has to
 * return the command's.
 *
 *	$(exit-with FILE)	if FILE has a number, remove it and leave make with that exit status
 *
 * Built by and loaded from build.mk, for the goal `vm` only. Interface: gnumake.h of Debian's make.
 */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>

int plugin_is_GPL_compatible;

/* Called by make under the name of the file. */
int exit_status_gmk_setup(void);

static char *exit_with(const char *name, unsigned int argc, char **argv)
{
	FILE *file = fopen(argv[0], "r");
	int status = 0;

	(void)name;
	(void)argc;
	if (!file)
		return NULL;
	if (fscanf(file, "%d", &status) != 1)
		status = 0;
	fclose(file);
	remove(argv[0]);
	if (status)
		exit(status & 0xff);
	return NULL;
}

int exit_status_gmk_setup(void)
{
	gmk_add_function("exit-with", exit_with, 1, 1, GMK_FUNC_DEFAULT);
	return 1;
}
