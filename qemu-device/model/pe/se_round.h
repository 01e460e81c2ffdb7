/* SPDX-License-Identifier: MIT */
/* SE's rounding to integers: nearest-even, saturating, a NaN counts as 0. */
#ifndef MTIA_MODEL_PE_SE_ROUND_H
#define MTIA_MODEL_PE_SE_ROUND_H

#include <math.h>
#include <stdint.h>

static inline int32_t se_rne(float x)
{
	if (x != x)
		return 0;
	if (x >= 0x1p31f)
		return INT32_MAX;
	if (x < -0x1p31f)
		return INT32_MIN;
	return (int32_t)nearbyintf(x);
}

/* rne(x) + zero_point, exact, then clamped to lo .. hi within -128 .. 255: the low byte. */
static inline uint8_t se_to_8(float x, int32_t zero_point, int32_t lo, int32_t hi)
{
	int64_t v = (int64_t)se_rne(x) + zero_point;

	return (uint8_t)(v < lo ? lo : v > hi ? hi : v);
}

#endif /* MTIA_MODEL_PE_SE_ROUND_H */
