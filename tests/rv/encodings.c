// SPDX-License-Identifier: GPL-2.0
/*
 * Which encodings are instructions: all compressed ones, and words around and far from the legal
 * 32-bit ones, in the decoder and in qemu-riscv64 with the same extensions.
 *
 * usage: encodings QEMU PROBE
 *
 * Left out: SYSTEM (user mode can't say), vector loads and stores (some qemu have a few always),
 * custom-0 (ours alone), and jumps that loop (to themselves, or to the probe's own instruction just
 * before).
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rv_insn.h"
#include "../unit/tap.h"

/*
 * RV64GC, Zfh and nothing else. Since 8.2 qemu has a bare base to build on; before,
 * the little it turns on by default can be named, and names it does not know are refused.
 */
#define CPU_BARE "rv64i,m=true,a=true,f=true,d=true,c=true,zicsr=true,zifencei=true,zfh=true"
#define CPU_FULL "rv64,Zfh=true,zba=false,zbb=false,zbc=false,zbs=false"

#define MAX_WORDS	180000

static uint32_t words[MAX_WORDS + 1];
static unsigned int nwords;
static uint64_t rng_state = 1;

static uint32_t rnd(void)
{
	uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) >> 16;
}

static bool legal(uint32_t word)
{
	if (rv_insn_len(word) == 2)
		return rv_lookup_c(word) != RV_COP_UNKNOWN;
	return rv_lookup(word) < RV_VEC_FIRST;	/* a hart without V */
}

static void add(uint32_t word)
{
	uint32_t full = rv_insn_len(word) == 2 ? rv_expand_c(word) : word;

	if (!word || nwords == MAX_WORDS)
		return;
	switch (full & 0x7f) {
	case 0x73:
	case 0x0b:
		return;
	case 0x07:
	case 0x27:
		/* vector: qemu 7.2 executes some of it without V */
		if ((full >> 12 & 7) == 0 || (full >> 12 & 7) > 4)
			return;
		break;
	case 0x57:
		/* likewise moves of whole registers */
		if ((full & 0xfe00707f) == rv_insns[RV_OP_VMV1R_V].match)
			return;
		break;
	case 0x63:
		if (!rv_imm_b(full) || rv_imm_b(full) == -2)
			return;
		break;
	case 0x6f:
		if (!rv_imm_j(full) || rv_imm_j(full) == -2)
			return;
		break;
	}
	words[nwords++] = word;
}

static bool probe(const char *qemu, const char *cpu, const char *program, char *verdicts)
{
	FILE *in = tmpfile(), *out = tmpfile();
	int status = -1;
	size_t n = 0;
	pid_t pid;

	if (!in || !out)
		return false;
	fwrite(words, 4, nwords + 1, in);
	fflush(in);
	pid = fork();
	if (!pid) {
		lseek(fileno(in), 0, SEEK_SET);
		dup2(fileno(in), 0);
		dup2(fileno(out), 1);
		execlp(qemu, qemu, "-cpu", cpu, program, (char *)NULL);
		_exit(127);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid) {
		rewind(out);
		n = fread(verdicts, 1, nwords, out);
	}
	fclose(in);
	fclose(out);
	if (status || n != nwords)
		fprintf(stderr, "#   status 0x%x after %zu of %u\n", status, n, nwords);
	return !status && n == nwords;
}

int main(int argc, char **argv)
{
	unsigned int i, j, wrong[2][2] = { { 0 } }, total[2][2] = { { 0 } };
	static char verdicts[MAX_WORDS];
	char text[64];

	if (argc < 3) {
		fprintf(stderr, "usage: %s QEMU PROBE\n", argv[0]);
		return 2;
	}
	for (i = 1; i < 0x10000; i++)
		if (rv_insn_len(i) == 2)
			add(i);
	for (i = 0; i < RV_NR_INSNS; i++) {
		for (j = 0; j < (i < RV_VEC_FIRST ? 150 : 20); j++) {
			uint32_t word = (rnd() & ~rv_insns[i].mask) | rv_insns[i].match;

			add(word);
			add(word ^ 1u << (7 + rnd() % 25));
			add(word ^ 1u << (25 + rnd() % 7));
		}
	}
	for (i = 0; i < 32; i++)
		for (j = 0; j < 500; j++)
			add((rnd() & ~0x7fu) | i << 2 | 3);

	if (!tap_ok(probe(argv[1], CPU_BARE, argv[2], verdicts) ||
			    probe(argv[1], CPU_FULL, argv[2], verdicts), "%s tried %u encodings", argv[1], nwords))
		return tap_done();
	for (i = 0; i < nwords; i++) {
		bool wide = rv_insn_len(words[i]) == 4, want = verdicts[i] == 'l';

		total[wide][want]++;
		if (legal(words[i]) == want)
			continue;
		if (wrong[wide][want]++ < 10) {
			rv_disasm(text, sizeof(text), words[i], 0);
			fprintf(stderr, "#   0x%08x (%s) is %s\n", words[i], text,
				want ? "legal" : "illegal");
		}
	}
	for (i = 0; i < 2; i++)
		for (j = 0; j < 2; j++)
			tap_ok(!wrong[i][j] && total[i][j], "%s encodings: %u %s, %u differ",
			       i ? "4-byte" : "2-byte", total[i][j], j ? "legal" : "illegal",
			       wrong[i][j]);
	return tap_done();
}
