/* SPDX-License-Identifier: GPL-2.0 */
/* System calls for guest programs without a libc that talk over a pair of pipes. */
#ifndef MTIA_TESTS_RV_GUEST_IO_H
#define MTIA_TESTS_RV_GUEST_IO_H

#include <stddef.h>
#include <stdint.h>

enum { SYS_READ = 63, SYS_WRITE = 64, SYS_EXIT = 93, SYS_SIGALTSTACK = 132, SYS_SIGACTION = 134,
       SYS_MMAP = 222 };

static inline long syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a3 asm("a3") = d;
	register long a4 asm("a4") = e;
	register long a5 asm("a5") = f;
	register long a7 asm("a7") = n;

	asm volatile("ecall" : "+r"(a0)
		     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
	return a0;
}

static inline void quit(int status)
{
	syscall6(SYS_EXIT, status, 0, 0, 0, 0, 0);
	for (;;)
		;
}

static inline void get(void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		long got = syscall6(SYS_READ, 0, (long)p, n, 0, 0, 0);

		if (got <= 0)
			quit(1);
		p += got;
		n -= got;
	}
}

static inline void put(const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		long put = syscall6(SYS_WRITE, 1, (long)p, n, 0, 0, 0);

		if (put <= 0)
			quit(1);
		p += put;
		n -= put;
	}
}

static inline void map(unsigned long addr, size_t size, int prot)
{
	/* MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS */
	if (syscall6(SYS_MMAP, addr, size, prot, 0x32, -1, 0) != (long)addr)
		quit(1);
}

/* gcc makes calls of these from struct copies. By words where it can: qemu runs a loop slowly. */
void *memcpy(void *dst, const void *src, size_t n)
{
	typedef uint64_t __attribute__((may_alias)) word;
	char *d = dst;
	const char *s = src;

	if (!(((uintptr_t)dst | (uintptr_t)src | n) & 7)) {
		for (; n; n -= 8, d += 8, s += 8)
			*(word *)d = *(const word *)s;
		return dst;
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

#endif /* MTIA_TESTS_RV_GUEST_IO_H */
