// SPDX-License-Identifier: MIT
/* mtia run fc: one fully connected layer of INT8, FP16 or BF16 on generated data. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ref.h"
#include "mtia/regs.h"
#include "session.h"

struct fc_data {
	uint8_t *a, *w; /* M rows of K, lda apart; N rows of K */
	float *scale, *bias_f32;
	int32_t *bias, *w_zero_point;
	void *c, *want; /* tight */
	size_t lda;	/* bytes */
	size_t operand, element; /* bytes of one of A and W, of C */
	int32_t a_zero_point, c_zero_point;
	float c_scale;
};

#define U8_ZERO_POINT 121 /* of A */
#define S8_ZERO_POINT (-7)
#define C_ZERO_POINT 128

static void free_data(struct fc_data *d)
{
	free(d->a);
	free(d->w);
	free(d->scale);
	free(d->bias_f32);
	free(d->bias);
	free(d->w_zero_point);
	free(d->c);
	free(d->want);
}

/* Elements of A or W: any bytes, or numbers between -1 and 1. */
static void fill(void *data, size_t count, uint32_t type, uint64_t *rng)
{
	unsigned char *bytes = data;
	uint16_t *halves = data;

	for (size_t i = 0; type == MTIA_MATMUL_INT8 && i < count; i += 8) {
		uint64_t r = random_next(rng);

		memcpy(bytes + i, &r, count - i < 8 ? count - i : 8);
	}
	for (size_t i = 0; type != MTIA_MATMUL_INT8 && i < count; i++) {
		float x = (float)(random_next(rng) >> 40) * 0x1p-23f - 1.0f;

		halves[i] = type == MTIA_MATMUL_F16 ? mtia_f16_from_f32(x) : mtia_bf16_from_f32(x);
	}
}

static bool is_8bit(uint32_t out)
{
	return out == MTIA_OUT_U8 || out == MTIA_OUT_S8;
}

static bool has_memory(const struct fc_data *d)
{
	return d->a && d->w && d->scale && d->bias_f32 && d->bias && d->w_zero_point && d->c &&
	       d->want;
}

static int make_data(struct fc_data *d, const struct fc_options *o)
{
	bool int8 = o->type == MTIA_MATMUL_INT8;
	uint64_t rng = o->seed;

	memset(d, 0, sizeof(*d));
	d->operand = int8 ? 1 : 2;
	d->lda = (o->k * d->operand + MTIA_ROW_ALIGN - 1) / MTIA_ROW_ALIGN * MTIA_ROW_ALIGN;
	d->element = mtia_dtype_bytes(o->out);
	d->a_zero_point = !int8 ? 0 : o->a_signed ? S8_ZERO_POINT : U8_ZERO_POINT;
	d->c_zero_point = o->out == MTIA_OUT_U8 ? C_ZERO_POINT : 0;
	/* Sums of K products of deviation 1/3, bias apart, spread over 8 bits. */
	d->c_scale = int8 || !is_8bit(o->out) ? 0 : (float)__builtin_sqrt(o->k) * 0.01f;
	d->a = calloc(o->m, d->lda);
	d->w = malloc(o->n * o->k * d->operand);
	d->scale = malloc(o->n * sizeof(*d->scale));
	d->bias_f32 = malloc(o->n * sizeof(*d->bias_f32));
	d->bias = malloc(o->n * sizeof(*d->bias));
	d->w_zero_point = malloc(o->n * sizeof(*d->w_zero_point));
	d->c = calloc(o->m * o->n, d->element);
	d->want = calloc(o->m * o->n, d->element);
	if (!has_memory(d))
		return mtia_error_set(-ENOMEM, "run fc", "choose a smaller shape",
				      "no memory for a layer of this size");
	for (size_t i = 0; i < o->m; i++)
		fill(d->a + i * d->lda, o->k, o->type, &rng);
	fill(d->w, o->n * o->k, o->type, &rng);
	for (size_t j = 0; j < o->n; j++) {
		/* So that sums of K random products of deviation 74 * 74 spread over u8. */
		double spread = 48.0 / (74.0 * 74.0 * (o->k < 4 ? 2.0 : __builtin_sqrt(o->k)));

		d->scale[j] = (float)(spread * (0.75 + (double)(random_next(&rng) >> 40) * 0x1p-25));
		d->bias[j] = (int32_t)(random_next(&rng) >> 48) - 32768;
		d->bias_f32[j] = (float)d->bias[j] * 0x1p-15f;
		d->w_zero_point[j] = (int32_t)(random_next(&rng) >> 59) - 16;
	}
	return 0;
}

struct fc_run {
	struct mtia_fc_weights *weights;
	struct mtia_buffer *a, *c;
	uint64_t cycles, macs, ldc;
	int64_t wall_ns;
	struct latencies latencies;
};

static uint64_t counter(struct session *s, enum mtia_counter which)
{
	uint64_t values[MTIA_NUM_COUNTERS] = { 0 };
	size_t count = MTIA_NUM_COUNTERS;

	return mtia_device_counters(s->device, values, &count) ? 0 : values[which];
}

static int prepare(struct session *s, struct fc_run *r, const struct fc_data *d,
		   const struct fc_options *o)
{
	bool int8 = o->type == MTIA_MATMUL_INT8;
	const struct mtia_fc_weights_desc weights = {
		.size = sizeof(weights), .n = o->n, .k = o->k, .w = d->w, .type = o->type,
		.flags = (o->per_tensor ? MTIA_FC_WEIGHTS_PER_TENSOR : 0) |
			 (o->a_signed ? MTIA_FC_WEIGHTS_A_SIGNED : 0),
		.scale = int8 ? d->scale : NULL, .bias = int8 ? d->bias : NULL,
		.w_zero_point = o->asymmetric ? d->w_zero_point : NULL,
		.bias_f32 = int8 ? NULL : d->bias_f32, .a_zero_point = d->a_zero_point,
	};
	int ret = mtia_fc_weights_create(s->context, &weights, &r->weights);

	r->ldc = (o->n * d->element + 3) & ~3ull;
	if (!ret)
		ret = session_buffer(s, "fc A", MTIA_PLACE_VRAM, o->m * d->lda, &r->a);
	if (!ret)
		ret = mtia_buffer_write(r->a, 0, d->a, o->m * d->lda);
	if (!ret)
		ret = session_buffer(s, "fc C", MTIA_PLACE_VRAM, o->m * r->ldc, &r->c);
	return ret;
}

static int run_jobs(struct session *s, struct fc_run *r, const struct fc_data *d,
		    const struct fc_options *o)
{
	const struct mtia_fc_desc desc = {
		.size = sizeof(desc), .flags = o->relu ? MTIA_FC_DESC_RELU : 0,
		.weights = r->weights, .m = o->m, .out = o->out, .a = r->a, .lda = d->lda,
		.c = r->c, .ldc = r->ldc, .c_zero_point = d->c_zero_point, .k_split = o->k_split,
		.c_scale = d->c_scale,
	};
	int64_t begin = mtia_now_ns();
	int ret = 0;

	r->macs = counter(s, MTIA_CNT_DPE_MACS);
	for (uint64_t i = 0; i < o->repeat && !ret; i++) {
		int64_t start = mtia_now_ns();
		mtia_event event;

		ret = mtia_fc_run(s->queue, &desc, NULL, 0, &event);
		if (!ret)
			ret = session_wait(s, event, &r->cycles);
		if (!ret)
			ret = latencies_add(&r->latencies, mtia_now_ns() - start);
	}
	r->wall_ns = mtia_now_ns() - begin;
	r->macs = counter(s, MTIA_CNT_DPE_MACS) - r->macs;
	return ret;
}

/* How many elements differ from the reference; *first is the first of them. */
static int compare(struct fc_run *r, struct fc_data *d, const struct fc_options *o,
		   uint64_t *differing, uint64_t *first)
{
	bool int8 = o->type == MTIA_MATMUL_INT8;
	const struct mtia_fc_ref ref = {
		.m = o->m, .n = o->n, .k = o->k, .a = d->a, .lda = d->lda / d->operand, .w = d->w,
		.type = o->type, .a_signed = o->a_signed, .per_tensor = o->per_tensor,
		.scale = int8 ? d->scale : NULL, .bias = int8 ? d->bias : NULL,
		.w_zero_point = o->asymmetric ? d->w_zero_point : NULL,
		.bias_f32 = int8 ? NULL : d->bias_f32, .a_zero_point = d->a_zero_point,
		.c_zero_point = d->c_zero_point, .c_scale = d->c_scale, .relu = o->relu,
		.k_split = int8 ? 0 : o->k_split, .out = o->out, .c = d->want,
	};
	size_t row = o->n * d->element;
	int ret = 0;

	for (size_t i = 0; i < o->m && !ret; i++)
		ret = mtia_buffer_read(r->c, i * r->ldc, (char *)d->c + i * row, row);
	if (ret)
		return ret;
	if (mtia_fc_ref(&ref))
		return mtia_error_set(-EINVAL, "mtia_fc_ref", NULL,
				      "the reference refuses this shape");
	*differing = 0;
	for (size_t i = 0; i < o->m * o->n; i++)
		if (memcmp((char *)d->c + i * d->element, (char *)d->want + i * d->element,
			   d->element))
			if (!(*differing)++)
				*first = i;
	return 0;
}

static double simulated_tops(const struct session *s, const struct fc_options *o, uint64_t cycles)
{
	double seconds = cycles / (double)s->props.clock_hz;

	return cycles ? 2.0 * o->m * o->n * o->k * o->repeat / seconds / 1e12 : 0;
}

static void show_json(struct command *command, const struct session *s, struct fc_run *r,
		      const struct fc_options *o, uint64_t differing)
{
	struct json *j = &command->out;

	begin_json(command);
	session_json(s, j);
	json_u64(j, "m", o->m);
	json_u64(j, "k", o->k);
	json_u64(j, "n", o->n);
	json_string(j, "type", fc_types[o->type]);
	json_string(j, "out", fc_outs[o->out]);
	json_u64(j, "seed", o->seed);
	json_u64(j, "jobs", o->repeat);
	json_u64(j, "device_cycles", r->cycles);
	json_u64(j, "device_macs", r->macs);
	json_double(j, "simulated_tops", simulated_tops(s, o, r->cycles));
	json_i64(j, "wall_ns", r->wall_ns);
	json_double(j, "job_latency_p50_ns", latencies_at(&r->latencies, 0.5));
	json_double(j, "wall_macs_per_second",
		    (double)o->m * o->n * o->k * o->repeat / (r->wall_ns / 1e9));
	if (o->check)
		json_u64(j, "values_differing", differing);
	else
		json_null(j, "values_differing");
}

static void show_text(const struct session *s, struct fc_run *r, const struct fc_options *o,
		      uint64_t differing)
{
	char wall[32], latency[32];

	printf("fc %llu x %llu x %llu (M K N) of %s to %s, on %s, %llu job%s\n",
	       (unsigned long long)o->m, (unsigned long long)o->k, (unsigned long long)o->n,
	       fc_types[o->type], fc_outs[o->out], s->props.name,
	       (unsigned long long)o->repeat, o->repeat > 1 ? "s" : "");
	printf("  device cycles      %llu (%.1f us at %.0f MHz)\n", (unsigned long long)r->cycles,
	       r->cycles * 1e6 / s->props.clock_hz, s->props.clock_hz / 1e6);
	printf("  simulated          %.3f TOPS\n", simulated_tops(s, o, r->cycles));
	printf("  wall time          %s, job latency p50 %s\n", time_text(r->wall_ns, wall),
	       time_text(latencies_at(&r->latencies, 0.5), latency));
	if (o->check)
		printf("  check              %llu of %llu values differ from mtia_fc_ref\n",
		       (unsigned long long)differing, (unsigned long long)o->m * o->n);
	else
		printf("  check              not done\n");
}

enum exit_code verb_run_fc(struct command *command, const void *options)
{
	const struct fc_options *o = options;
	uint64_t differing = 0, first = 0;
	struct fc_run run = { 0 };
	struct fc_data data;
	struct session s;
	enum exit_code code = EXIT_OK;
	int ret;

	ret = make_data(&data, o);
	if (ret) {
		free_data(&data);
		return fail_library(command, ret);
	}
	ret = session_open(&s, command, o->timeout_ms);
	if (!ret)
		ret = prepare(&s, &run, &data, o);
	if (!ret)
		ret = run_jobs(&s, &run, &data, o);
	if (!ret && o->check)
		ret = compare(&run, &data, o, &differing, &first);
	if (ret) {
		code = fail_library(command, ret);
	} else if (command->json) {
		show_json(command, &s, &run, o, differing);
	} else {
		show_text(&s, &run, o, differing);
	}
	if (!ret && differing) {
		fprintf(stderr, "mtia: first difference at row %llu, column %llu\n",
			/* NOLINTNEXTLINE: options have n >= 1 */
			(unsigned long long)(first / o->n), (unsigned long long)(first % o->n));
		code = EXIT_MISMATCH;
	}
	latencies_free(&run.latencies);
	mtia_buffer_free(run.a);
	mtia_buffer_free(run.c);
	mtia_fc_weights_free(run.weights);
	session_close(&s);
	free_data(&data);
	return code;
}
