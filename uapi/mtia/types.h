/* SPDX-License-Identifier: MIT */
/*
 * Fixed-width types and layout checks for every header under uapi/mtia/.
 *
 * The same headers are read by the kernel, by hosted user space and by freestanding firmware, so
 * this is the one place that knows where each of them finds its integer types.
 * All structures that cross a seam are little-endian; every speaker here is little-endian too
 * (RISC-V cores, x86-64 hosts), and a big-endian host is refused at compile time.
 */
#ifndef MTIA_TYPES_H
#define MTIA_TYPES_H

#if defined(__KERNEL__) || defined(__linux__)
#include <linux/types.h>
#else
#include <stdint.h>
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
typedef int64_t __s64;
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the MTIA interfaces are little-endian; a big-endian host is not supported"
#endif

#ifdef __cplusplus
#define MTIA_STATIC_ASSERT(cond, msg) static_assert(cond, msg)
#else
#define MTIA_STATIC_ASSERT(cond, msg) _Static_assert(cond, msg)
#endif

/* Layout checks: a change of a size or an offset is a change of the ABI and must not be silent. */
#define MTIA_ASSERT_SIZE(type, bytes) \
	MTIA_STATIC_ASSERT(sizeof(type) == (bytes), "size of " #type " is ABI")
#define MTIA_ASSERT_OFFSET(type, member, bytes) \
	MTIA_STATIC_ASSERT(__builtin_offsetof(type, member) == (bytes), \
			   "offset of " #type "." #member " is ABI")

#endif /* MTIA_TYPES_H */
