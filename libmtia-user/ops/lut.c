// SPDX-License-Identifier: MIT
/* The approximated functions: which table each has, and how good it is. */
#include "lut.h"

#include <errno.h>
#include "mtia/pe.h"

/*
 * The bounds are those that tests/unit/ref_activation.c measures over every FP16 input, rounded up.
 * exp and sigmoid: the cubic's error and that of x + 104 in FP32; gelu: that of x + 8.
 */
static const struct {
	const uint32_t *table;
	struct mtia_activation_error error;
} functions[MTIA_ACTIVATIONS] = {
	[MTIA_ACT_EXP] = {mtia_lut_exp, {2e-45, 5e-5}},
	[MTIA_ACT_SIGMOID] = {mtia_lut_sigmoid, {2e-45, 7e-6}},
	[MTIA_ACT_TANH] = {mtia_lut_tanh, {0, 5e-7}},
	[MTIA_ACT_GELU] = {mtia_lut_gelu, {6e-7, 2e-7}},
	[MTIA_ACT_RECIPROCAL] = {mtia_lut_reciprocal, {0, 5e-6}},
	[MTIA_ACT_SQRT] = {mtia_lut_sqrt, {0, 5e-7}},
};

const uint32_t *mtia_lut(enum mtia_activation function, size_t *bytes)
{
	const uint32_t *table = NULL;

	if ((unsigned int)function < MTIA_ACTIVATIONS)
		table = functions[function].table;
	if (table)
		*bytes = sizeof(struct mtia_se_lut) +
			 table[1] * (table[0] & MTIA_LUT_CUBIC ? 16ul : 8ul);
	return table;
}

int mtia_activation_error(enum mtia_activation function, struct mtia_activation_error *out)
{
	if ((unsigned int)function >= MTIA_ACTIVATIONS || !out)
		return -EINVAL;
	*out = functions[function].error;
	return 0;
}
