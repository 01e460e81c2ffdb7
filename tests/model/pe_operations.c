// SPDX-License-Identifier: GPL-2.0
/*
 * The documentation's list of a PE's operations: what uapi/mtia/pe.h declares, and what a PE says to
 * each, without and with the extensions of v1+.
 *
 * usage: pe_operations PE.H		print it
 *	  pe_operations PE.H FILE	compare it with FILE
 */
#include <stdio.h>

#include "../unit/tap.h"
#include "pe_bench.h"

#define NUMBERS 128 /* funct7 */
#define LINE	100

struct operations {
	const char *prefix; /* of the names in the header */
	char name[NUMBERS][32];
	bool v1[NUMBERS], v1plus[NUMBERS]; /* known to a PE */
};

static struct operations commands = { .prefix = "MTIA_OP_" }, syncs = { .prefix = "MTIA_SYNC_" };

static void read_names(const char *path, struct operations *o)
{
	char line[512];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file)) {
		char *at = line + strspn(line, "\t"), *end;
		unsigned int number;

		if (strncmp(at, o->prefix, strlen(o->prefix)))
			continue;
		at += strlen(o->prefix);
		end = at + strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (sscanf(end, " = %i,", &number) == 1 && number < NUMBERS)
			snprintf(o->name[number], sizeof(o->name[0]), "%.*s", (int)(end - at), at);
	}
	if (file)
		fclose(file);
}

/* Everything about the operation is wrong; is it the operation itself that the PE names? */
static bool known(struct bench *b, bool sync, unsigned int number)
{
	struct prog p = { .n = 0 };
	struct pe_status status;

	if (sync)
		p_sync(&p, number, ~0ull, 1, T0);
	else
		p_issue(&p, number, ~0ull, ~0ull);
	p_exit(&p, 0);
	bench_one(b, &p, NULL);
	pe_get_status(b->pe[0], &status);
	bench_reset(b);
	return status.status != MTIA_PE_FAULTED || status.fault_cause != MTIA_CAUSE_FIELD ||
	       (status.fault_tval & 0xff) != MTIA_FIELD_OP;
}

static void ask(uint64_t caps, bool sync, bool *answers)
{
	struct bench *b = bench_create_caps(128, MTIA_ISA_SCALAR, caps);

	for (unsigned int i = 0; i < NUMBERS; i++)
		answers[i] = known(b, sync, i);
	bench_destroy(b);
}

enum state { IN_V1, IN_V1PLUS, IN_NONE };

static enum state state_of(const struct operations *o, unsigned int i)
{
	return o->v1[i] ? IN_V1 : o->v1plus[i] ? IN_V1PLUS : IN_NONE;
}

static void list(FILE *f, const struct operations *o, enum state state)
{
	unsigned int column = 0;

	for (unsigned int i = 0; i < NUMBERS; i++) {
		unsigned int n = strlen(o->name[i]) + 1;

		if (n == 1 || state_of(o, i) != state)
			continue;
		if (column && column + n > LINE) {
			fputc('\n', f);
			column = 0;
		}
		column += fprintf(f, "%s%s", column ? " " : "    ", o->name[i]);
	}
	fprintf(f, "%s\n", column ? "" : "    (none)");
}

static char *document(void)
{
	static const char *const titles[] = { "of v1", "of v1+, off unless the model is asked for them",
					      "not implemented" };
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		exit(1);
	fprintf(f, "# Operations of a PE\n\n"
		   "Generated from `uapi/mtia/pe.h` and the model by `make instructions`; `make check-fast` "
		   "compares.\nWhat is not implemented, and any number without a name, is an illegal "
		   "operation (mcause 24).\n");
	for (enum state state = IN_V1; state <= IN_NONE; state++) {
		fprintf(f, "\n## Commands %s\n\n", titles[state]);
		list(f, &commands, state);
	}
	for (enum state state = IN_V1; state <= IN_NONE; state++) {
		fprintf(f, "\n## SYNC %s\n\n", titles[state]);
		list(f, &syncs, state);
	}
	fclose(f);
	return text;
}

static unsigned int without_name(const struct operations *o)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < NUMBERS; i++)
		count += !o->name[i][0] && state_of(o, i) != IN_NONE;
	return count;
}

int main(int argc, char **argv)
{
	static char file[1 << 14];
	char *want;
	size_t n = 0;
	FILE *f;

	if (argc < 2)
		return 2;
	for (int sync = 0; sync < 2; sync++) {
		struct operations *o = sync ? &syncs : &commands;

		read_names(argv[1], o);
		ask(0, sync, o->v1);
		ask(~0ull, sync, o->v1plus);
	}
	want = document();
	if (argc < 3) {
		fputs(want, stdout);
		free(want);
		return 0;
	}
	f = fopen(argv[2], "r");
	if (f) {
		n = fread(file, 1, sizeof(file) - 1, f);
		fclose(f);
	}
	tap_u64(without_name(&commands), 0, "no command without a name is known to a PE");
	tap_u64(without_name(&syncs), 0, "no SYNC without a name is, either");
	tap_ok(n == strlen(want) && !memcmp(file, want, n),
	       "%s says what is implemented (else: make instructions)", argv[2]);
	free(want);
	return tap_done();
}
