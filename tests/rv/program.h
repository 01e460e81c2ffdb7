/* SPDX-License-Identifier: GPL-2.0 */
/* What a program of these tests stands on: no libc in the guest (write and exit by ecall). */
#ifndef MTIA_TESTS_RV_PROGRAM_H
#define MTIA_TESTS_RV_PROGRAM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __riscv
static long syscall3(long n, long a, long b, long c)
{
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a7 asm("a7") = n;

	asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

#define write(fd, buf, n) syscall3(64, fd, (long)(buf), n)

asm(	"	.section .text.start\n"
	"	.globl _start\n"
	"_start:\n"
	"	la	sp, stack_end\n"
	"	call	main\n"
	"	li	a7, 93\n"
	"	ecall\n"
	"	.bss\n	.align 4\n	.space 16384\n"
	"stack_end:\n"
	"	.text\n");

void *memcpy(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	while (n--)
		*d++ = *s++;
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint8_t *d = dst;

	while (n--)
		*d++ = c;
	return dst;
}
#else
#include <string.h>
#include <unistd.h>
#endif

static uint64_t rng_state;

static uint64_t rng(void)
{
	rng_state ^= rng_state << 7;
	rng_state ^= rng_state >> 9;
	return rng_state;
}

static void print(const char *name, uint64_t v)
{
	char line[40];
	int i, n = 0;

	for (; *name; name++)
		line[n++] = *name;
	line[n++] = ' ';
	for (i = 60; i >= 0; i -= 4)
		line[n++] = "0123456789abcdef"[v >> i & 15];
	line[n++] = '\n';
	if (write(1, line, n) != n)
		rng_state = 0;
}

#endif /* MTIA_TESTS_RV_PROGRAM_H */
