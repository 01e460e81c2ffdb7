/* SPDX-License-Identifier: GPL-2.0 */
/* The other implementation: a guest program in qemu-riscv64, fed from one file, filling another. */
#ifndef MTIA_TESTS_RV_ORACLE_H
#define MTIA_TESTS_RV_ORACLE_H

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/tap.h"

static inline FILE *spool(void)
{
	FILE *f = tmpfile();

	if (!f) {
		perror("tmpfile");
		exit(1);
	}
	return f;
}

static inline bool run_qemu(const char *qemu, const char *cpu, const char *runner, FILE *in, FILE *out)
{
	int status;
	pid_t pid;

	fflush(in);
	rewind(out);
	if (ftruncate(fileno(out), 0))
		return false;
	pid = fork();
	if (!pid) {
		lseek(fileno(in), 0, SEEK_SET);
		dup2(fileno(in), 0);
		dup2(fileno(out), 1);
		execlp(qemu, qemu, "-cpu", cpu, runner, (char *)NULL);
		fprintf(stderr, "%s: %s\n", qemu, strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fprintf(stderr, "#   %s ended with status 0x%x\n", qemu, status);
	rewind(out);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* The -cpu with the vector unit that a PE's core B has. */
static inline const char *vector_cpu(const char *qemu)
{
	unsigned int major = 0;
	char command[512];
	FILE *f;

	snprintf(command, sizeof(command), "'%s' --version", qemu);
	f = popen(command, "r");
	if (f) {
		if (fscanf(f, "qemu-riscv64 version %u", &major) != 1)
			major = 0;
		pclose(f);
	}
	/* before 8.0, half precision in vectors came with Zfh */
	return major >= 8 ? "rv64,v=true,vlen=512,elen=64,vext_spec=v1.0,zfh=true,zvfh=true" :
			    "rv64,v=true,vlen=512,elen=64,vext_spec=v1.0,Zfh=true";
}

#endif /* MTIA_TESTS_RV_ORACLE_H */
