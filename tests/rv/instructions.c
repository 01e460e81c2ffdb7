// SPDX-License-Identifier: GPL-2.0
/*
 * The documentation's list of instructions, from the interpreter's tables.
 *
 * usage: instructions		print it
 *	  instructions FILE	compare it with FILE
 */
#include <ctype.h>
#include <stdlib.h>

#include "rv_insn.h"
#include "../unit/tap.h"

#define LINE	100

struct text {
	char *buf;
	size_t size;
	FILE *f;
	unsigned int column;
};

static void item(struct text *t, const char *name)
{
	unsigned int n = strlen(name) + 1;

	if (t->column && t->column + n > LINE) {
		fputc('\n', t->f);
		t->column = 0;
	}
	/* an indented block: the names as they are, a segment's number of fields as "N" */
	t->column += fprintf(t->f, "%s", t->column ? " " : "    ");
	for (; *name; name++, t->column++) {
		fputc(*name == '%' ? 'N' : *name, t->f);
		name += *name == '%';
	}
}

static void heading(struct text *t, const char *title)
{
	fprintf(t->f, "%s\n## %s\n\n", t->column ? "\n" : "", title);
	t->column = 0;
}

/* "C_ADDI4SPN" as an assembler has it: "c.addi4spn" */
static void compressed_name(char *out, const char *name)
{
	for (; *name; name++)
		*out++ = *name == '_' ? '.' : tolower((unsigned char)*name);
	*out = 0;
}

static unsigned int opcode(const struct rv_insn_info *info)
{
	return info->match & 0x7f;
}

static bool is_system(const struct rv_insn_info *info)
{
	return opcode(info) == 0x73 || opcode(info) == 0x0f;
}

static bool is_atomic(const struct rv_insn_info *info)
{
	return opcode(info) == 0x2f;
}

static bool is_muldiv(const struct rv_insn_info *info)
{
	return (opcode(info) == 0x33 || opcode(info) == 0x3b) && info->match >> 25 == 1;
}

static bool is_custom(const struct rv_insn_info *info)
{
	return opcode(info) == 0x0b;
}

static bool is_float(const struct rv_insn_info *info)
{
	return info->format >= RV_FMT_FL && info->format <= RV_FMT_FXRM;
}

/* The precision by the mnemonic: loads and stores end in it, others name it after a dot. */
static bool is_float_of(const struct rv_insn_info *info, char s)
{
	const char *dot = strchr(info->text, '.');
	const char memory = s == 's' ? 'w' : s;
	const char *p;
	bool half = false, wide = false;

	if (!is_float(info))
		return false;
	if (!dot)
		return info->text[2] == memory;
	for (p = dot; p; p = strchr(p + 1, '.')) {
		half |= p[1] == 'h' && !isalpha((unsigned char)p[2]);
		wide |= p[1] == 'd' && !isalpha((unsigned char)p[2]);
	}
	return s == 'h' ? half : s == 'd' ? wide && !half : !half && !wide;
}

static bool is_f(const struct rv_insn_info *info)
{
	return is_float_of(info, 's');
}

static bool is_d(const struct rv_insn_info *info)
{
	return is_float_of(info, 'd');
}

static bool is_zfh(const struct rv_insn_info *info)
{
	return is_float_of(info, 'h');
}

static bool is_vector(const struct rv_insn_info *info)
{
	return info >= &rv_insns[RV_VEC_FIRST];
}

static bool is_integer(const struct rv_insn_info *info)
{
	return !is_system(info) && !is_atomic(info) && !is_muldiv(info) && !is_custom(info) &&
	       !is_float(info) && !is_vector(info);
}

static const struct {
	const char *title;
	bool (*belongs)(const struct rv_insn_info *info);
} groups[] = {
	{ "RV64I: integer, memory, branches", is_integer },
	{ "M: multiply and divide", is_muldiv },
	{ "A: atomics", is_atomic },
	{ "F: single precision", is_f },
	{ "D: double precision", is_d },
	{ "Zfh: half precision", is_zfh },
	{ "V, Zvfh: vectors (core B of a PE; N: fields of a segment)", is_vector },
	{ "System, Zicsr, Zifencei", is_system },
	{ "custom-0: the PE's commands (`uapi/mtia/pe.h`)", is_custom },
};

#define NGROUPS	(sizeof(groups) / sizeof(*groups))

/* Major opcodes (bits 6..2 of 32-bit instructions) under which there is nothing. */
static void list_missing(struct text *t)
{
	static const char *const names[32] = {
		"LOAD", "LOAD-FP", "custom-0", "MISC-MEM", "OP-IMM", "AUIPC", "OP-IMM-32", "48-bit",
		"STORE", "STORE-FP", "custom-1", "AMO", "OP", "LUI", "OP-32", "64-bit",
		"MADD", "MSUB", "NMSUB", "NMADD", "OP-FP", "OP-V", "custom-2", "48-bit",
		"BRANCH", "JALR", "reserved", "JAL", "SYSTEM", "OP-VE", "custom-3", "longer",
	};
	unsigned int i, major;
	char name[32];

	heading(t, "Not implemented: major opcodes without an instruction");
	for (major = 0; major < 32; major++) {
		for (i = 0; i < RV_NR_INSNS && opcode(&rv_insns[i]) >> 2 != major; i++)
			;
		if (i < RV_NR_INSNS)
			continue;
		snprintf(name, sizeof(name), "%s(0x%02x)", names[major], major << 2 | 3);
		item(t, name);
	}
}

static char *document(unsigned int *listed)
{
	struct text t = { 0 };
	char name[32];
	unsigned int i, k;

	t.f = open_memstream(&t.buf, &t.size);
	if (!t.f)
		exit(1);
	fprintf(t.f, "# Instructions of the RISC-V cores\n\n"
		"Generated from `rv_insn.h` by `make instructions`; `make check-fast` compares. "
		"Any encoding\nthat is none of these traps as an illegal instruction (mcause 2, "
		"mtval = the instruction).\n");
	*listed = 0;
	for (k = 0; k < NGROUPS; k++) {
		heading(&t, groups[k].title);
		for (i = 0; i < RV_NR_INSNS; i++) {
			if (groups[k].belongs(&rv_insns[i])) {
				item(&t, rv_insns[i].text);
				++*listed;
			}
		}
	}
	heading(&t, "C: compressed");
	for (i = 0; i < RV_NR_CINSNS; i++) {
		compressed_name(name, rv_cop_name(i));
		item(&t, name);
	}
	list_missing(&t);
	fprintf(t.f, "\n\n%u instructions and %u compressed forms.\n", RV_NR_INSNS, RV_NR_CINSNS);
	fclose(t.f);
	return t.buf;
}

int main(int argc, char **argv)
{
	static char file[1 << 16];
	unsigned int listed;
	char *want = document(&listed);
	size_t n = 0;
	FILE *f;

	if (argc < 2) {
		fputs(want, stdout);
		free(want);
		return 0;
	}
	f = fopen(argv[1], "r");
	if (f) {
		n = fread(file, 1, sizeof(file) - 1, f);
		fclose(f);
	}
	tap_u64(listed, RV_NR_INSNS, "every instruction is in one group");
	tap_ok(n == strlen(want) && !memcmp(file, want, n),
	       "%s lists what is implemented (else: make instructions)", argv[1]);
	free(want);
	return tap_done();
}
