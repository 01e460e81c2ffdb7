// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that operators refuse: one member wrong, the rest good, and the message names what is
 * wrong. Nothing is launched.
 */
#include "lib_fake.h"
#include <math.h>
#include "mtia/ops.h"
#include "tap.h"

#define KIB 1024

static struct mtia_context *context;
static struct mtia_queue *queue; /* 2 x 4 PEs */
static struct mtia_cmd *cmd;
static struct mtia_buffer *buffer; /* 64 KiB */

/* `ret` as wanted, and the error's text has `word` in it. */
static void refused(int ret, int want, const char *word, const char *what)
{
	struct mtia_error e = {.size = sizeof(e)};

	mtia_error_last(&e);
	tap_ok(ret == want && strstr(e.message, word), "%s: %s, \"%s\"", what, mtia_errname(ret),
	       e.message);
}

/* The member of a descriptor that a case changes, by offset; 4 or 8 bytes. */
struct change {
	const char *what;
	size_t offset, bytes;
	uint64_t value;
	int error;
	const char *word;
};

#define SET(type, member, value) \
	offsetof(struct type, member), sizeof(((struct type *)0)->member), (uint64_t)(value)

static void changes(const void *good, size_t size, const struct change *c, size_t count,
		    int (*append)(const void *desc))
{
	unsigned char desc[256];
	int ret = append(good);

	tap_ok(!ret, "the good descriptor is accepted: %s", ret ? mtia_errname(ret) : "yes");
	for (size_t i = 0; i < count; i++) {
		memcpy(desc, good, size);
		memcpy(desc + c[i].offset, &c[i].value, c[i].bytes);
		refused(append(desc), c[i].error, c[i].word, c[i].what);
	}
}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t bits(float x)
{
	uint32_t b;

	memcpy(&b, &x, sizeof(b));
	return b;
}

/* ---- Fully connected ------------------------------------------------------------------------- */

static int8_t w[64 * 64];
static float scale[64], bad_scale[64];
static int32_t bad_zero_point[64];

static int create(const void *desc)
{
	struct mtia_fc_weights *weights;
	int ret = mtia_fc_weights_create(context, desc, &weights);

	if (!ret)
		mtia_fc_weights_free(weights);
	return ret;
}

static void weights(void)
{
	const struct mtia_fc_weights_desc int8 = {
		.size = sizeof(int8), .n = 32, .k = 32, .w = w, .scale = scale};
	const struct mtia_fc_weights_desc half = {
		.size = sizeof(half), .n = 32, .k = 32, .w = w, .type = MTIA_MATMUL_BF16};
	const struct change bad_int8[] = {
		{"flag 4", SET(mtia_fc_weights_desc, flags, 4), -EOPNOTSUPP, "flags"},
		{"type 3", SET(mtia_fc_weights_desc, type, 3), -EINVAL, "type"},
		{"N 0", SET(mtia_fc_weights_desc, n, 0), -EINVAL, "N = 0"},
		{"K 0", SET(mtia_fc_weights_desc, k, 0), -EINVAL, "K = 0"},
		{"N 2^32 - 1", SET(mtia_fc_weights_desc, n, UINT32_MAX), -EINVAL, "N ="},
		{"rows of 4 GiB", SET(mtia_fc_weights_desc, k, UINT32_MAX), -EINVAL, "K ="},
		{"no weights", SET(mtia_fc_weights_desc, w, NULL), -EINVAL, "weights"},
		{"no scales", SET(mtia_fc_weights_desc, scale, NULL), -EINVAL, "scales"},
		{"an infinite scale", SET(mtia_fc_weights_desc, scale, bad_scale), -EINVAL,
		 "scale[3]"},
		{"ldw 31", SET(mtia_fc_weights_desc, ldw, 31), -EINVAL, "ldw"},
		{"w_zero_point 128", SET(mtia_fc_weights_desc, w_zero_point, bad_zero_point),
		 -EINVAL, "w_zero_point[5]"},
		{"a_zero_point 256", SET(mtia_fc_weights_desc, a_zero_point, 256), -EINVAL,
		 "a_zero_point"},
		{"a_zero_point -1 of u8", SET(mtia_fc_weights_desc, a_zero_point, -1), -EINVAL,
		 "a_zero_point"},
		{"bias_f32", SET(mtia_fc_weights_desc, bias_f32, scale), -EINVAL, "bias_f32"},
	};
	const struct change bad_half[] = {
		{"BF16 with scales", SET(mtia_fc_weights_desc, scale, scale), -EINVAL, "INT8"},
		{"BF16 of signed A", SET(mtia_fc_weights_desc, flags, MTIA_FC_WEIGHTS_A_SIGNED),
		 -EINVAL, "INT8"},
		{"BF16 with a zero point", SET(mtia_fc_weights_desc, a_zero_point, 1), -EINVAL,
		 "INT8"},
		{"BF16 with rows of 4 GiB", SET(mtia_fc_weights_desc, k, 1u << 31), -EINVAL, "K ="},
	};

	changes(&int8, sizeof(int8), bad_int8, COUNT(bad_int8), create);
	changes(&half, sizeof(half), bad_half, COUNT(bad_half), create);
}

static int append_fc(const void *desc)
{
	return mtia_fc_append(cmd, queue, desc);
}

static void fc(void)
{
	struct mtia_fc_weights_desc wd = {
		.size = sizeof(wd), .n = 33, .k = 40, .w = w, .scale = scale};
	struct mtia_fc_weights *int8, *half;
	struct mtia_fc_desc d = {
		.size = sizeof(d), .m = 9, .a = buffer, .lda = 64, .c = buffer,
		.c_offset = 32 * KIB, .ldc = 36};
	const struct change bad_int8[] = {
		{"fc: flag 2", SET(mtia_fc_desc, flags, 2), -EOPNOTSUPP, "flags"},
		{"fc: no weights", SET(mtia_fc_desc, weights, NULL), -EINVAL, "weights"},
		{"fc: M 0", SET(mtia_fc_desc, m, 0), -EINVAL, "M = 0"},
		{"fc: M 2^32 - 1", SET(mtia_fc_desc, m, UINT32_MAX), -EINVAL, "M = 4294967295"},
		{"fc: M 2^32 - 64", SET(mtia_fc_desc, m, UINT32_MAX - 63), -ERANGE, "A:"},
		{"fc: output 6", SET(mtia_fc_desc, out, 6), -EINVAL, "output 6"},
		{"fc: c_zero_point -1 of u8", SET(mtia_fc_desc, c_zero_point, -1), -EINVAL,
		 "c_zero_point"},
		{"fc: k_split 3 of two steps", SET(mtia_fc_desc, k_split, 3), -EINVAL, "k_split 3"},
		{"fc: A at 16", SET(mtia_fc_desc, a_offset, 16), -EINVAL, "A:"},
		{"fc: lda 4 GiB", SET(mtia_fc_desc, lda, 1ull << 32), -EINVAL, "lda"},
		{"fc: C behind its buffer", SET(mtia_fc_desc, c_offset, 64 * KIB), -ERANGE, "C:"},
		{"fc: ldc below a row", SET(mtia_fc_desc, ldc, 32), -EINVAL, "C:"},
	};
	const struct change bad_half[] = {
		{"fc f16: output s32", SET(mtia_fc_desc, out, MTIA_OUT_S32), -EINVAL, "output 2"},
		{"fc f16: c_scale 0", SET(mtia_fc_desc, c_scale, 0), -EINVAL, "c_scale"},
		{"fc f16: c_scale NaN", SET(mtia_fc_desc, c_scale, bits(NAN)), -EINVAL, "c_scale"},
		{"fc f16: c_scale 2^-149", SET(mtia_fc_desc, c_scale, 1), -EINVAL, "c_scale"},
		{"fc f16: k_split 4 of three steps", SET(mtia_fc_desc, k_split, 4), -EINVAL,
		 "k_split 4"},
		{"fc f16: lda below a row", SET(mtia_fc_desc, lda, 64), -EINVAL, "A:"},
	};
	int ret = mtia_fc_weights_create(context, &wd, &int8);

	wd.type = MTIA_MATMUL_F16;
	wd.scale = NULL;
	if (!ret)
		ret = mtia_fc_weights_create(context, &wd, &half);
	tap_ok(!ret, "weights");
	if (ret)
		return;
	d.weights = int8;
	changes(&d, sizeof(d), bad_int8, COUNT(bad_int8), append_fc);
	d.weights = half;
	d.lda = 96;
	d.c_scale = 0.5f;
	changes(&d, sizeof(d), bad_half, COUNT(bad_half), append_fc);
	mtia_fc_weights_free(int8);
	mtia_fc_weights_free(half);
}

/* ---- Batched products ------------------------------------------------------------------------ */

static int append_bmm(const void *desc)
{
	return mtia_bmm_append(cmd, queue, desc);
}

static void bmm(void)
{
	const struct mtia_bmm_desc d = {
		.size = sizeof(d), .out = MTIA_OUT_F32, .batch = 2, .m = 3, .n = 40, .k = 50,
		.a = {buffer, 0, 0}, .b = {buffer, 8 * KIB, 0}, .c = {buffer, 32 * KIB, 0},
		.scale = 1, .a_zero_point = 3};
	struct mtia_bmm_desc f16 = d;
	const struct change bad[] = {
		{"bmm: flag 16", SET(mtia_bmm_desc, flags, 16), -EOPNOTSUPP, "flags"},
		{"bmm: type 3", SET(mtia_bmm_desc, type, 3), -EINVAL, "type"},
		{"bmm: no matrix", SET(mtia_bmm_desc, batch, 0), -EINVAL, "batch = 0"},
		{"bmm: N 0", SET(mtia_bmm_desc, n, 0), -EINVAL, "N = 0"},
		{"bmm: output 6", SET(mtia_bmm_desc, out, 6), -EINVAL, "output 6"},
		{"bmm: M 2^32 - 1", SET(mtia_bmm_desc, m, UINT32_MAX), -EINVAL, "M ="},
		{"bmm: N 2^32 - 1", SET(mtia_bmm_desc, n, UINT32_MAX), -EINVAL, "N ="},
		{"bmm: rows of 4 GiB", SET(mtia_bmm_desc, k, UINT32_MAX), -EINVAL, "A: rows of"},
		{"bmm: scale NaN", SET(mtia_bmm_desc, scale, bits(NAN)), -EINVAL, "scale"},
		{"bmm: a_zero_point -1", SET(mtia_bmm_desc, a_zero_point, -1), -EINVAL,
		 "a_zero_point"},
		{"bmm: b_zero_point 256", SET(mtia_bmm_desc, b_zero_point, 256), -EINVAL,
		 "b_zero_point"},
		{"bmm: k_split 2 with a zero point", SET(mtia_bmm_desc, k_split, 2), -EINVAL,
		 "k_split 2"},
		{"bmm: B behind its buffer", SET(mtia_bmm_desc, b.offset, 64 * KIB), -ERANGE, "B:"},
		{"bmm: matrices of A that overlap", SET(mtia_bmm_desc, a_batch, 64), -EINVAL, "A:"},
		{"bmm: C at 2", SET(mtia_bmm_desc, c.offset, 2), -EINVAL, "C:"},
	};
	const struct change bad_f16[] = {
		{"bmm f16: signed A", SET(mtia_bmm_desc, flags, MTIA_BMM_A_SIGNED), -EINVAL, "INT8"},
		{"bmm f16: K 2^24 + 1", SET(mtia_bmm_desc, k, (1u << 24) + 1), -ERANGE, "A:"},
		{"bmm f16: c_scale -1 for u8", SET(mtia_bmm_desc, c_scale, bits(-1)), -EINVAL,
		 "c_scale"},
		{"bmm f16: k_split 5 of four steps", SET(mtia_bmm_desc, k_split, 5), -EINVAL,
		 "k_split 5"},
	};

	changes(&d, sizeof(d), bad, COUNT(bad), append_bmm);
	f16.type = MTIA_MATMUL_F16;
	f16.out = MTIA_OUT_U8;
	f16.c_scale = 1;
	changes(&f16, sizeof(f16), bad_f16, COUNT(bad_f16), append_bmm);
}

/* ---- Layer normalisation, reduce-add --------------------------------------------------------- */

static int append_layernorm(const void *desc)
{
	return mtia_layernorm_append(cmd, queue, desc);
}

static int append_reduce_add(const void *desc)
{
	return mtia_reduce_add_append(cmd, queue, desc);
}

static void norm(void)
{
	const struct mtia_layernorm_desc n = {
		.size = sizeof(n), .rows = 5, .cols = 40, .x_type = MTIA_DTYPE_F16,
		.y_type = MTIA_DTYPE_F32, .x = {buffer, 0, 0}, .y = {buffer, 32 * KIB, 0},
		.epsilon = 1e-5f, .gamma = buffer, .beta = buffer, .gamma_offset = 16 * KIB,
		.beta_offset = 24 * KIB};
	const struct change bad_norm[] = {
		{"layernorm: flag 1", SET(mtia_layernorm_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"layernorm: reserved", SET(mtia_layernorm_desc, reserved, 1), -EOPNOTSUPP, "flags"},
		{"layernorm: no rows", SET(mtia_layernorm_desc, rows, 0), -EINVAL, "rows = 0"},
		{"layernorm: no columns", SET(mtia_layernorm_desc, cols, 0), -EINVAL, "cols = 0"},
		{"layernorm: 2^32 - 1 columns", SET(mtia_layernorm_desc, cols, UINT32_MAX), -EINVAL,
		 "x: rows of 8589934590 bytes"},
		{"layernorm: of s32", SET(mtia_layernorm_desc, x_type, MTIA_DTYPE_S32), -EINVAL,
		 "types s32, f32"},
		{"layernorm: to u8", SET(mtia_layernorm_desc, y_type, MTIA_DTYPE_U8), -EINVAL,
		 "types f16, u8"},
		{"layernorm: epsilon -1", SET(mtia_layernorm_desc, epsilon, bits(-1)), -EINVAL,
		 "epsilon -1"},
		{"layernorm: epsilon NaN", SET(mtia_layernorm_desc, epsilon, bits(NAN)), -EINVAL,
		 "epsilon nan"},
		{"layernorm: gamma only", SET(mtia_layernorm_desc, beta, NULL), -EINVAL,
		 "gamma without beta"},
		{"layernorm: beta only", SET(mtia_layernorm_desc, gamma, NULL), -EINVAL,
		 "beta without gamma"},
		{"layernorm: x at 16", SET(mtia_layernorm_desc, x.offset, 16), -EINVAL, "x:"},
		{"layernorm: y behind its buffer", SET(mtia_layernorm_desc, y.offset, 64 * KIB),
		 -ERANGE, "y:"},
		{"layernorm: gamma at 4", SET(mtia_layernorm_desc, gamma_offset, 4), -EINVAL,
		 "gamma:"},
		{"layernorm: beta that ends behind its buffer",
		 SET(mtia_layernorm_desc, beta_offset, 64 * KIB - 128), -ERANGE, "beta:"},
	};
	const struct mtia_reduce_add_desc r = {
		.size = sizeof(r), .batch = 3, .rows = 5, .cols = 40, .x_type = MTIA_DTYPE_F32,
		.y_type = MTIA_DTYPE_BF16, .x = {buffer, 0, 0}, .y = {buffer, 32 * KIB, 0}};
	const struct change bad_reduce[] = {
		{"reduce-add: flag 1", SET(mtia_reduce_add_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"reduce-add: reserved", SET(mtia_reduce_add_desc, reserved, 1), -EOPNOTSUPP, "flags"},
		{"reduce-add: no matrix", SET(mtia_reduce_add_desc, batch, 0), -EINVAL, "batch = 0"},
		{"reduce-add: no rows", SET(mtia_reduce_add_desc, rows, 0), -EINVAL, "rows = 0"},
		{"reduce-add: no columns", SET(mtia_reduce_add_desc, cols, 0), -EINVAL, "cols = 0"},
		{"reduce-add: of s8", SET(mtia_reduce_add_desc, x_type, MTIA_DTYPE_S8), -EINVAL,
		 "types s8, bf16"},
		{"reduce-add: to s32", SET(mtia_reduce_add_desc, y_type, MTIA_DTYPE_S32), -EINVAL,
		 "types f32, s32"},
		{"reduce-add: 2^32 - 1 rows", SET(mtia_reduce_add_desc, rows, UINT32_MAX), -ERANGE,
		 "x:"},
		{"reduce-add: matrices that overlap", SET(mtia_reduce_add_desc, x_batch, 160), -EINVAL,
		 "x:"},
		{"reduce-add: matrices 16 bytes off", SET(mtia_reduce_add_desc, x_batch, 816), -EINVAL,
		 "x:"},
		{"reduce-add: y at 2", SET(mtia_reduce_add_desc, y.offset, 2), -EINVAL, "y:"},
		{"reduce-add: y behind its buffer", SET(mtia_reduce_add_desc, y.offset, 64 * KIB),
		 -ERANGE, "y:"},
	};

	changes(&n, sizeof(n), bad_norm, COUNT(bad_norm), append_layernorm);
	changes(&r, sizeof(r), bad_reduce, COUNT(bad_reduce), append_reduce_add);
}

/* ---- Layout ---------------------------------------------------------------------------------- */

static int append_concat(const void *desc)
{
	return mtia_concat_append(cmd, queue, desc);
}

static int append_transpose(const void *desc)
{
	return mtia_transpose_append(cmd, queue, desc);
}

static void layout(void)
{
	struct mtia_concat_input inputs[2] = {{.x = {buffer, 0, 0}, .cols = 7},
					      {.x = {buffer, 4 * KIB, 0}, .cols = 20}};
	struct mtia_concat_input empty[2] = {inputs[0], {.x = inputs[1].x}};
	struct mtia_concat_input odd[2] = {inputs[0], {.x = {buffer, 16, 0}, .cols = 1}};
	const struct mtia_concat_desc c = {
		.size = sizeof(c), .element_bits = 16, .rows = 5, .input_count = 2,
		.inputs = inputs, .y = {buffer, 32 * KIB, 0}};
	const struct change bad_concat[] = {
		{"concat: flag 1", SET(mtia_concat_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"concat: 12 bits", SET(mtia_concat_desc, element_bits, 12), -EINVAL,
		 "element_bits 12"},
		{"concat: no rows", SET(mtia_concat_desc, rows, 0), -EINVAL, "rows = 0"},
		{"concat: no inputs", SET(mtia_concat_desc, input_count, 0), -EINVAL,
		 "input_count = 0"},
		{"concat: no array of inputs", SET(mtia_concat_desc, inputs, NULL), -EINVAL,
		 "input_count = 2"},
		{"concat: an input without columns", SET(mtia_concat_desc, inputs, empty), -EINVAL,
		 "inputs[01]"},
		{"concat: an input at 16", SET(mtia_concat_desc, inputs, odd), -EINVAL,
		 "inputs[01]"},
		{"concat: y behind its buffer", SET(mtia_concat_desc, y.offset, 64 * KIB), -ERANGE,
		 "y:"},
	};
	const struct mtia_transpose_desc t = {
		.size = sizeof(t), .element_bits = 4, .batch = 2, .rows = 9, .cols = 31,
		.x = {buffer, 0, 0}, .y = {buffer, 32 * KIB, 0}};
	const struct change bad_transpose[] = {
		{"transpose: flag 1", SET(mtia_transpose_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"transpose: 64 bits", SET(mtia_transpose_desc, element_bits, 64), -EINVAL,
		 "element_bits 64"},
		{"transpose: no columns", SET(mtia_transpose_desc, cols, 0), -EINVAL, "cols = 0"},
		{"transpose: matrices of y that overlap", SET(mtia_transpose_desc, y_batch, 8),
		 -EINVAL, "y:"},
		{"transpose: too many rows", SET(mtia_transpose_desc, rows, 1u << 20), -ERANGE,
		 "x:"},
	};

	changes(&c, sizeof(c), bad_concat, COUNT(bad_concat), append_concat);
	changes(&t, sizeof(t), bad_transpose, COUNT(bad_transpose), append_transpose);
}

/* ---- Interaction ----------------------------------------------------------------------------- */

static int append_interaction(const void *desc)
{
	return mtia_interaction_append(cmd, queue, desc);
}

static void interaction(void)
{
	const struct mtia_interaction_desc d = {
		.size = sizeof(d), .batch = 3, .features = 4, .dim = 5, .type = MTIA_DTYPE_F16,
		.y_type = MTIA_DTYPE_F32, .x = {buffer, 0, 0}, .emb = {buffer, 4 * KIB, 0},
		.y = {buffer, 32 * KIB, 0}};
	const struct change bad[] = {
		{"interaction: flag 1", SET(mtia_interaction_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"interaction: of u8", SET(mtia_interaction_desc, type, MTIA_DTYPE_U8), -EINVAL,
		 "type 0"},
		{"interaction: F16 to BF16", SET(mtia_interaction_desc, y_type, MTIA_DTYPE_BF16),
		 -EINVAL, "y_type 5"},
		{"interaction: no bag", SET(mtia_interaction_desc, batch, 0), -EINVAL, "batch = 0"},
		{"interaction: no feature", SET(mtia_interaction_desc, features, 0), -EINVAL,
		 "features = 0"},
		{"interaction: no elements", SET(mtia_interaction_desc, dim, 0), -EINVAL, "dim = 0"},
		{"interaction: 2^32 - 1 features", SET(mtia_interaction_desc, features, UINT32_MAX),
		 -EINVAL, "emb: rows of"},
		{"interaction: dim 2^32 - 1", SET(mtia_interaction_desc, dim, UINT32_MAX), -EINVAL,
		 "x: rows of"},
		{"interaction: emb behind its buffer",
		 SET(mtia_interaction_desc, emb.offset, 64 * KIB), -ERANGE, "emb:"},
		{"interaction: y at 2", SET(mtia_interaction_desc, y.offset, 2), -EINVAL, "y:"},
	};

	changes(&d, sizeof(d), bad, COUNT(bad), append_interaction);
}

/* ---- Element-wise ---------------------------------------------------------------------------- */

static int append_binary(const void *desc)
{
	return mtia_binary_append(cmd, queue, desc);
}

static int append_activation(const void *desc)
{
	return mtia_activation_append(cmd, queue, desc);
}

static void elementwise(void)
{
	const struct mtia_binary_desc b = {
		.size = sizeof(b), .type = MTIA_DTYPE_F16, .rows = 5, .cols = 40,
		.a = {buffer, 0, 0}, .b = {buffer, 8 * KIB, 0}, .y = {buffer, 32 * KIB, 0}};
	struct mtia_binary_desc s32 = b;
	const struct change bad_binary[] = {
		{"binary: flag 4", SET(mtia_binary_desc, flags, 4), -EOPNOTSUPP, "flags"},
		{"binary: operation 2", SET(mtia_binary_desc, op, 2), -EINVAL, "operation 2"},
		{"binary: u8", SET(mtia_binary_desc, type, MTIA_DTYPE_U8), -EINVAL, "u8"},
		{"binary: type 99", SET(mtia_binary_desc, type, 99), -EINVAL, "type ?"},
		{"binary: no rows", SET(mtia_binary_desc, rows, 0), -EINVAL, "rows = 0"},
		{"binary: no columns", SET(mtia_binary_desc, cols, 0), -EINVAL, "cols = 0"},
		{"binary: 2^32 - 1 columns", SET(mtia_binary_desc, cols, UINT32_MAX), -EINVAL,
		 "a:"},
		{"binary: a at 16", SET(mtia_binary_desc, a.offset, 16), -EINVAL, "a:"},
		{"binary: b behind its buffer", SET(mtia_binary_desc, b.offset, 64 * KIB), -ERANGE,
		 "b:"},
		{"binary: no y", SET(mtia_binary_desc, y.buffer, NULL), -EINVAL, "y"},
		{"binary: rows of y that overlap", SET(mtia_binary_desc, y.stride, 76), -EINVAL,
		 "y:"},
	};
	const struct change bad_s32[] = {
		{"binary: relu of s32", SET(mtia_binary_desc, flags, MTIA_BINARY_RELU), -EINVAL,
		 "RELU"},
	};
	const struct mtia_activation_desc a = {
		.size = sizeof(a), .function = MTIA_ACT_TANH, .x_type = MTIA_DTYPE_S8,
		.y_type = MTIA_DTYPE_U8, .rows = 5, .cols = 40, .x = {buffer, 0, 0},
		.y = {buffer, 32 * KIB, 0}, .x_scale = 1, .y_scale = 1};
	const struct change bad_activation[] = {
		{"activation: flag 1", SET(mtia_activation_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"activation: reserved", SET(mtia_activation_desc, reserved, 1), -EOPNOTSUPP,
		 "flags"},
		{"activation: function 7", SET(mtia_activation_desc, function, 7), -EINVAL,
		 "function 7"},
		{"activation: relu of s8", SET(mtia_activation_desc, function, MTIA_ACT_RELU),
		 -EINVAL, "relu of s8"},
		{"activation: of s32", SET(mtia_activation_desc, x_type, MTIA_DTYPE_S32), -EINVAL,
		 "types s32"},
		{"activation: to s32", SET(mtia_activation_desc, y_type, MTIA_DTYPE_S32), -EINVAL,
		 "u8 or s8"},
		{"activation: x_scale 0", SET(mtia_activation_desc, x_scale, 0), -EINVAL,
		 "x: its scale"},
		{"activation: y_scale 2^-149", SET(mtia_activation_desc, y_scale, 1), -EINVAL,
		 "y: its scale"},
		{"activation: x_zero_point 128 of s8",
		 SET(mtia_activation_desc, x_zero_point, 128), -EINVAL, "x: zero point 128"},
		{"activation: y_zero_point -1 of u8",
		 SET(mtia_activation_desc, y_zero_point, -1), -EINVAL, "y: zero point -1"},
		{"activation: no rows", SET(mtia_activation_desc, rows, 0), -EINVAL, "rows = 0"},
		{"activation: x behind its buffer", SET(mtia_activation_desc, x.offset, 64 * KIB),
		 -ERANGE, "x:"},
		{"activation: y at 2", SET(mtia_activation_desc, y.offset, 2), -EINVAL, "y:"},
	};

	changes(&b, sizeof(b), bad_binary, COUNT(bad_binary), append_binary);
	s32.type = MTIA_DTYPE_S32;
	changes(&s32, sizeof(s32), bad_s32, COUNT(bad_s32), append_binary);
	changes(&a, sizeof(a), bad_activation, COUNT(bad_activation), append_activation);
}

/* ---- Quantise -------------------------------------------------------------------------------- */

static int append_quantize(const void *desc)
{
	return mtia_quantize_append(cmd, queue, desc);
}

static int append_dequantize(const void *desc)
{
	return mtia_dequantize_append(cmd, queue, desc);
}

static int append_rowwise(const void *desc)
{
	return mtia_rowwise_append(cmd, queue, desc);
}

static void quantise(void)
{
	const struct mtia_quantize_desc q = {
		.size = sizeof(q), .rows = 5, .cols = 40, .x_type = MTIA_DTYPE_F32,
		.y_type = MTIA_DTYPE_S8, .x = {buffer, 0, 0}, .y = {buffer, 32 * KIB, 0},
		.param = {.scale = 0.5f}};
	struct mtia_quantize_desc back = q, cols = q;
	const struct change bad[] = {
		{"quantize: flag 4", SET(mtia_quantize_desc, flags, 4), -EOPNOTSUPP, "flags"},
		{"quantize: of s32", SET(mtia_quantize_desc, x_type, MTIA_DTYPE_S32), -EINVAL,
		 "s32 to s8"},
		{"quantize: to f16", SET(mtia_quantize_desc, y_type, MTIA_DTYPE_F16), -EINVAL,
		 "f32 to f16"},
		{"quantize: no rows", SET(mtia_quantize_desc, rows, 0), -EINVAL, "rows = 0"},
		{"quantize: a negative scale", SET(mtia_quantize_desc, param.scale, bits(-1)),
		 -EINVAL, "param: its scale"},
		{"quantize: an infinite scale", SET(mtia_quantize_desc, param.scale, bits(INFINITY)),
		 -EINVAL, "param: its scale"},
		{"quantize: zero point -129 of s8", SET(mtia_quantize_desc, param.zero_point, -129),
		 -EINVAL, "zero point -129"},
		{"quantize: per row without params",
		 SET(mtia_quantize_desc, flags, MTIA_QUANT_PER_ROW), -EINVAL, "params"},
		{"quantize: x at 16", SET(mtia_quantize_desc, x.offset, 16), -EINVAL, "x:"},
		{"quantize: y behind its buffer", SET(mtia_quantize_desc, y.offset, 64 * KIB),
		 -ERANGE, "y:"},
	};
	const struct change bad_cols[] = {
		{"quantize: per row and per column",
		 SET(mtia_quantize_desc, flags, MTIA_QUANT_PER_ROW | MTIA_QUANT_PER_COL), -EINVAL,
		 "not both"},
		{"quantize: params at 8", SET(mtia_quantize_desc, params_offset, 8), -EINVAL,
		 "params:"},
		{"quantize: params behind their buffer",
		 SET(mtia_quantize_desc, params_offset, 64 * KIB - 288), -ERANGE, "params:"},
	};
	const struct change bad_back[] = {
		{"dequantize: flag 4", SET(mtia_quantize_desc, flags, 4), -EOPNOTSUPP, "flags"},
		{"dequantize: of f32", SET(mtia_quantize_desc, x_type, MTIA_DTYPE_F32), -EINVAL,
		 "f32 to bf16"},
		{"dequantize: to u8", SET(mtia_quantize_desc, y_type, MTIA_DTYPE_U8), -EINVAL,
		 "u8 to u8"},
		{"dequantize: zero point 256 of u8", SET(mtia_quantize_desc, param.zero_point, 256),
		 -EINVAL, "zero point 256"},
	};
	const struct mtia_rowwise_desc r = {
		.size = sizeof(r), .rows = 5, .cols = 40, .x_type = MTIA_DTYPE_BF16,
		.x = {buffer, 0, 0}, .y = {buffer, 32 * KIB, 0}};
	const struct change bad_rowwise[] = {
		{"rowwise: flag 1", SET(mtia_rowwise_desc, flags, 1), -EOPNOTSUPP, "flags"},
		{"rowwise: reserved", SET(mtia_rowwise_desc, reserved, 1), -EOPNOTSUPP, "flags"},
		{"rowwise: of u8", SET(mtia_rowwise_desc, x_type, MTIA_DTYPE_U8), -EINVAL,
		 "type u8"},
		{"rowwise: no columns", SET(mtia_rowwise_desc, cols, 0), -EINVAL, "cols = 0"},
		{"rowwise: more columns than the buffer has", SET(mtia_rowwise_desc, cols, 8193),
		 -ERANGE, "x: 5 rows of 16386 bytes"},
		{"rowwise: rows of y without room for scale and bias",
		 SET(mtia_rowwise_desc, y.stride, 44), -EINVAL, "y:"},
	};

	changes(&q, sizeof(q), bad, COUNT(bad), append_quantize);
	cols.flags = MTIA_QUANT_PER_COL;
	cols.params = buffer;
	cols.params_offset = 16 * KIB;
	changes(&cols, sizeof(cols), bad_cols, COUNT(bad_cols), append_quantize);
	back.x_type = MTIA_DTYPE_U8;
	back.y_type = MTIA_DTYPE_BF16;
	changes(&back, sizeof(back), bad_back, COUNT(bad_back), append_dequantize);
	changes(&r, sizeof(r), bad_rowwise, COUNT(bad_rowwise), append_rowwise);
}

int main(void)
{
	const struct mtia_buffer_desc desc = {.size = sizeof(desc), .bytes = 64 * KIB};
	const struct mtia_queue_desc qd = {.size = sizeof(qd), .rows = 2, .cols = 4};
	struct fake *f = fake_new();

	for (int i = 0; i < 64; i++)
		scale[i] = bad_scale[i] = 1;
	bad_scale[3] = INFINITY;
	bad_zero_point[5] = 128;
	if (mtia_context_create(&f->base, &context) ||
	    mtia_buffer_create(context, &desc, &buffer) ||
	    mtia_queue_create(context, &qd, &queue) || mtia_cmd_create(context, &cmd))
		return 1;
	weights();
	fc();
	bmm();
	layout();
	interaction();
	norm();
	elementwise();
	quantise();
	tap_u64(f->submitted, 0, "nothing was submitted");
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	mtia_buffer_free(buffer);
	mtia_context_free(context);
	tap_u64(f->live_vms + f->live_buffers + f->live_queues, 0, "nothing is left at the end");
	free(f);
	return tap_done();
}
