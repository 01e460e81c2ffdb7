/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Test Anything Protocol for C tests: one printed line a case, the plan at the end, exit
 * status 0 only if every case passed and at least one ran.
 *
 *	int main(void)
 *	{
 *		tap_ok(crc32c("", 0) == 0, "crc of nothing");
 *		tap_u64(sum, 42, "sum over %u rows", rows);
 *		return tap_done();
 *	}
 */
#ifndef MTIA_TESTS_TAP_H
#define MTIA_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count, tap_failed;

__attribute__((format(printf, 2, 0))) static inline bool tap_line(bool pass, const char *fmt,
								  va_list args)
{
	printf("%sok %u - ", pass ? "" : "not ", ++tap_count);
	vprintf(fmt, args);
	putchar('\n');
	fflush(stdout);
	tap_failed += !pass;
	return pass;
}

__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool pass, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(pass, fmt, args);
	va_end(args);
	return pass;
}

__attribute__((format(printf, 3, 4))) static inline bool tap_u64(uint64_t got, uint64_t want,
								 const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(got == want, fmt, args);
	va_end(args);
	if (got != want)
		fprintf(stderr, "#   got %llu (0x%llx), want %llu (0x%llx)\n",
			(unsigned long long)got, (unsigned long long)got, (unsigned long long)want,
			(unsigned long long)want);
	return got == want;
}

/* Compare `size` bytes; names the first difference. */
__attribute__((format(printf, 4, 5))) static inline bool
tap_mem(const void *got, const void *want, size_t size, const char *fmt, ...)
{
	const unsigned char *g = got, *w = want;
	bool same = memcmp(got, want, size) == 0;
	va_list args;

	va_start(args, fmt);
	tap_line(same, fmt, args);
	va_end(args);
	for (size_t i = 0; !same && i < size; i++) {
		if (g[i] != w[i]) {
			fprintf(stderr, "#   first difference at byte %zu: got 0x%02x, want 0x%02x\n", i,
				g[i], w[i]);
			break;
		}
	}
	return same;
}

__attribute__((format(printf, 2, 3))) static inline void tap_skip(const char *reason,
								  const char *fmt, ...)
{
	va_list args;

	printf("ok %u - ", ++tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf(" # SKIP %s\n", reason);
	fflush(stdout);
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	fflush(stdout);
	return tap_failed || !tap_count;
}

#endif /* MTIA_TESTS_TAP_H */
