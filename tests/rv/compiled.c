// SPDX-License-Identifier: GPL-2.0
/*
 * Compiled programs (programs.c, vec_programs.c) in the interpreter, in qemu-riscv64 and on the host: same output.
 *
 * usage: compiled QEMU HOST_PROGRAM ELF...	(ELF.bin is the flat image of ELF)
 *
 * The interpreter's hart has no trap handler, so that an ecall halts it; this test then does what
 * the system call asks for and lets it go on.
 */
#include <stdlib.h>

#include "fault_bus.h"
#include "guest.h"
#include "oracle.h"

#define MEM_SIZE	(1u << 18)
#define ENTRY		0x10000

static size_t slurp(FILE *f, void *buf, size_t size)
{
	size_t n = f ? fread(buf, 1, size, f) : 0;

	return f ? n : 0;
}

static size_t output_of(const char *command, char *buf, size_t size)
{
	FILE *f = popen(command, "r");
	size_t n = slurp(f, buf, size);

	return f && pclose(f) == 0 ? n : 0;
}

/* Output of the image in the interpreter; 0 bytes if it did not end with exit(0). */
static size_t interpret(rv_run_fn run, const char *image, char *out, size_t size)
{
	struct rv_icache *ic = rv_icache_create(16);
	uint8_t *mem = calloc(1, MEM_SIZE);
	struct rv_config cfg = {
		.bus = &fault_bus, .icache = ic, .nwindows = 1, .vector = true,
		.windows = { { .size = MEM_SIZE, .host = mem, .perms = RV_R | RV_W | RV_X } },
	};
	FILE *f = fopen(image, "rb");
	struct rv_hart hart;
	struct rv_state *s = &hart.s;
	size_t n = 0;

	if (!f || !mem || !ic || !slurp(f, mem + ENTRY, MEM_SIZE - ENTRY) || rv_init(&hart, &cfg))
		exit(1);
	fclose(f);
	rv_reset(&hart, ENTRY);
	while (run(&hart, UINT64_MAX) == RV_STOP_HALT && s->halt_cause == RV_CAUSE_ECALL_M) {
		if (s->x[17] != 64) {
			n = s->x[17] == 93 && s->x[10] == 0 ? n : 0;
			break;
		}
		if (s->x[12] > size - n || s->x[11] > MEM_SIZE || s->x[12] > MEM_SIZE - s->x[11])
			exit(1);
		memcpy(out + n, mem + s->x[11], s->x[12]);
		n += s->x[12];
		s->x[10] = s->x[12];
		s->pc += 4;
		s->halted = 0;
	}
	if (s->halt_cause != RV_CAUSE_ECALL_M)
		fprintf(stderr, "#   cause %u at 0x%llx, tval 0x%llx\n",
			(unsigned int)s->halt_cause, (unsigned long long)s->halt_pc,
			(unsigned long long)s->halt_tval);
	rv_fini(&hart);
	rv_icache_destroy(ic);
	free(mem);
	return n;
}

/* The line of `text` that starts like `line`, up to its newline; "" if there is none. */
static const char *same_line(const char *text, const char *line, size_t name)
{
	while (text && *text) {
		if (!strncmp(text, line, name + 1))
			return text;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return "";
}

int main(int argc, char **argv)
{
	static char host[4096], qemu[4096], ours[4096], switched[4096], command[1024];
	const char *line, *cpu = argc > 1 ? vector_cpu(argv[1]) : NULL;
	int i;

	if (argc < 4) {
		fprintf(stderr, "usage: %s QEMU HOST_PROGRAM ELF...\n", argv[0]);
		return 2;
	}
	tap_ok(output_of(argv[2], host, sizeof(host) - 1) > 0, "the programs run on the host");
	for (i = 3; i < argc; i++) {
		memset(qemu, 0, sizeof(qemu));
		memset(ours, 0, sizeof(ours));
		memset(switched, 0, sizeof(switched));
		snprintf(command, sizeof(command), "'%s' -cpu %s '%s'", argv[1], cpu, argv[i]);
		tap_ok(output_of(command, qemu, sizeof(qemu) - 1) > 0, "%s in %s", argv[i],
		       argv[1]);
		snprintf(command, sizeof(command), "%s.bin", argv[i]);
		interpret(rv_run, command, ours, sizeof(ours) - 1);
		interpret(rv_run_switch, command, switched, sizeof(switched) - 1);
		for (line = host; *line; line = strchr(line, '\n') + 1) {
			size_t name = strcspn(line, " "), len = strcspn(line, "\n") + 1;

			tap_ok(!strncmp(same_line(qemu, line, name), line, len) &&
			       !strncmp(same_line(ours, line, name), line, len) &&
			       !strncmp(same_line(switched, line, name), line, len),
			       "%s: %.*s, interpreter = qemu = host", strrchr(argv[i], '/') + 1,
			       (int)name, line);
		}
	}
	return tap_done();
}
