// SPDX-License-Identifier: MIT
/* mtia validate: does the device work? One line a check, with what was measured. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/ops.h"
#include "mtia/ref.h"
#include "mtia/regs.h"
#include "session.h"

#define TRANSFER_BYTES (1u << 20)
#define NOP_JOBS       100

struct check {
	const char *name;
	char detail[160]; /* what was measured, or what went wrong */
	const char *metric; /* key of `value` in JSON, with its unit; NULL = none */
	double value;
	int64_t wall_ns;
	int ret; /* 0 = passed */
};

static int wrong(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->detail, sizeof(c->detail), format, args);
	va_end(args);
	return MTIA_EVERIFY;
}

static int check_device(struct session *s, struct check *c)
{
	const struct mtia_device_props *p = &s->props;

	if (!p->grid_rows || !p->grid_cols || p->grid_rows * p->grid_cols > MTIA_MAX_PES)
		return wrong(c, "a grid of %u x %u PEs", p->grid_rows, p->grid_cols);
	if (__builtin_popcountll(p->pe_enabled) != (int)(p->grid_rows * p->grid_cols))
		return wrong(c, "%d of %u PEs are enabled", __builtin_popcountll(p->pe_enabled),
			     p->grid_rows * p->grid_cols);
	if (p->fw_state != MTIA_FW_READY || p->fw_abi_major != MTIA_FW_ABI_MAJOR)
		return wrong(c, "firmware state %u, ABI %u.%u", p->fw_state, p->fw_abi_major,
			     p->fw_abi_minor);
	if (!p->clock_hz || p->vram_bytes < (64ull << 20) || p->va_end <= p->va_start)
		return wrong(c, "clock %llu Hz, %llu bytes of LPDDR, %llu of addresses",
			     (unsigned long long)p->clock_hz, (unsigned long long)p->vram_bytes,
			     (unsigned long long)(p->va_end - p->va_start));
	snprintf(c->detail, sizeof(c->detail), "%u x %u PEs, firmware %s", p->grid_rows,
		 p->grid_cols, p->fw_version);
	return 0;
}

static void pattern(uint8_t *data, size_t bytes, uint64_t seed)
{
	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t r = random_next(&seed);

		memcpy(data + i, &r, 8);
	}
}

static int check_buffer(struct session *s, struct check *c, uint32_t placement)
{
	uint8_t *sent = malloc(TRANSFER_BYTES), *got = malloc(TRANSFER_BYTES);
	struct mtia_buffer *buffer = NULL;
	int64_t start;
	int ret = sent && got ? 0 : mtia_error_set(-ENOMEM, "validate", NULL, "out of memory");

	if (!ret)
		ret = session_buffer(s, "validate", placement, TRANSFER_BYTES, &buffer);
	if (!ret) {
		pattern(sent, TRANSFER_BYTES, 1 + placement);
		start = mtia_now_ns();
		ret = mtia_buffer_write(buffer, 0, sent, TRANSFER_BYTES);
		c->metric = "write_bytes_per_second";
		c->value = TRANSFER_BYTES / ((mtia_now_ns() - start) / 1e9);
	}
	if (!ret)
		ret = mtia_buffer_read(buffer, 0, got, TRANSFER_BYTES);
	if (!ret && memcmp(sent, got, TRANSFER_BYTES))
		ret = wrong(c, "what was read is not what was written");
	else if (!ret)
		snprintf(c->detail, sizeof(c->detail), "1 MiB, %.0f MB/s", c->value / 1e6);
	mtia_buffer_free(buffer);
	free(sent);
	free(got);
	return ret;
}

static int check_vram(struct session *s, struct check *c)
{
	return check_buffer(s, c, MTIA_PLACE_VRAM);
}

static int check_sram(struct session *s, struct check *c)
{
	return check_buffer(s, c, MTIA_PLACE_SRAM);
}

static int check_system(struct session *s, struct check *c)
{
	return check_buffer(s, c, MTIA_PLACE_SYSTEM);
}

static int run_cmd(struct session *s, struct mtia_cmd *cmd, uint64_t *cycles)
{
	mtia_event event;
	int ret = mtia_submit(s->queue, cmd, NULL, 0, &event);

	return ret ? ret : session_wait(s, event, cycles);
}

/* System memory to device memory and back, by the device. */
static int check_copy(struct session *s, struct check *c)
{
	struct mtia_buffer *from = NULL, *device = NULL, *back = NULL;
	uint8_t *sent = malloc(TRANSFER_BYTES), *got = calloc(1, TRANSFER_BYTES);
	struct mtia_cmd *cmd = NULL;
	uint64_t cycles = 0;
	int ret = sent && got ? 0 : mtia_error_set(-ENOMEM, "validate", NULL, "out of memory");

	if (!ret)
		ret = session_buffer(s, "from", MTIA_PLACE_SYSTEM, TRANSFER_BYTES, &from);
	if (!ret)
		ret = session_buffer(s, "device", MTIA_PLACE_VRAM, TRANSFER_BYTES, &device);
	if (!ret)
		ret = session_buffer(s, "back", MTIA_PLACE_SYSTEM, TRANSFER_BYTES, &back);
	if (!ret)
		ret = mtia_cmd_create(s->context, &cmd);
	if (!ret) {
		pattern(sent, TRANSFER_BYTES, 3);
		ret = mtia_buffer_write(from, 0, sent, TRANSFER_BYTES);
	}
	if (!ret)
		ret = mtia_cmd_copy(cmd, device, 0, from, 0, TRANSFER_BYTES);
	/* Not aligned on purpose. */
	if (!ret)
		ret = mtia_cmd_copy(cmd, back, 1, device, 1, TRANSFER_BYTES - 4);
	if (!ret)
		ret = run_cmd(s, cmd, &cycles);
	if (!ret)
		ret = mtia_buffer_read(back, 0, got, TRANSFER_BYTES);
	if (!ret) {
		sent[0] = 0;
		memset(sent + TRANSFER_BYTES - 3, 0, 3);
		if (memcmp(sent, got, TRANSFER_BYTES))
			ret = wrong(c, "the copy differs from its source");
		else
			snprintf(c->detail, sizeof(c->detail), "2 x 1 MiB, %llu cycles",
				 (unsigned long long)cycles);
		c->metric = "device_cycles";
		c->value = cycles;
	}
	mtia_cmd_free(cmd);
	mtia_buffer_free(from);
	mtia_buffer_free(device);
	mtia_buffer_free(back);
	free(sent);
	free(got);
	return ret;
}

static int check_fill(struct session *s, struct check *c)
{
	static const uint64_t word = 0x0123456789abcdefull;
	struct mtia_buffer *buffer = NULL;
	struct mtia_cmd *cmd = NULL;
	uint8_t got[4096], want[4096] = { 0 };
	int ret = session_buffer(s, "fill", MTIA_PLACE_VRAM, sizeof(got), &buffer);

	for (size_t i = 3; i < sizeof(want) - 5; i++)
		want[i] = word >> 8 * ((i - 3) % 8);
	if (!ret)
		ret = mtia_cmd_create(s->context, &cmd);
	if (!ret)
		ret = mtia_cmd_fill(cmd, buffer, 3, sizeof(got) - 8, word);
	if (!ret)
		ret = run_cmd(s, cmd, NULL);
	if (!ret)
		ret = mtia_buffer_read(buffer, 0, got, sizeof(got));
	if (!ret && memcmp(got, want, sizeof(got)))
		ret = wrong(c, "memory does not hold the pattern");
	else if (!ret)
		snprintf(c->detail, sizeof(c->detail), "4088 bytes from an odd address");
	mtia_cmd_free(cmd);
	mtia_buffer_free(buffer);
	return ret;
}

static int check_nop(struct session *s, struct check *c)
{
	struct latencies latencies = { 0 };
	struct mtia_cmd *cmd = NULL;
	int ret = mtia_cmd_create(s->context, &cmd);

	if (!ret)
		ret = mtia_cmd_nop(cmd);
	for (int i = 0; i < NOP_JOBS && !ret; i++) {
		int64_t start = mtia_now_ns();

		ret = run_cmd(s, cmd, NULL);
		if (!ret)
			ret = latencies_add(&latencies, mtia_now_ns() - start);
	}
	c->metric = "latency_p50_ns";
	c->value = latencies_at(&latencies, 0.5);
	if (!ret)
		snprintf(c->detail, sizeof(c->detail), "%d jobs, p50 %.1f us, p99 %.1f us",
			 NOP_JOBS, c->value / 1e3, latencies_at(&latencies, 0.99) / 1e3);
	latencies_free(&latencies);
	mtia_cmd_free(cmd);
	return ret;
}

/* A job that must fail, and the next one, which must not. */
static int check_fault(struct session *s, struct check *c)
{
	struct mtia_job_result result;
	struct mtia_buffer *readonly = NULL, *word = NULL;
	const struct mtia_buffer_desc desc = {
		.size = sizeof(desc), .flags = MTIA_BUFFER_READONLY, .bytes = 4096,
	};
	struct mtia_queue *queue = NULL;
	struct mtia_cmd *cmd = NULL;
	mtia_event event;
	int ret = mtia_buffer_create(s->context, &desc, &readonly);

	if (!ret)
		ret = session_buffer(s, "word", MTIA_PLACE_VRAM, 8, &word);
	if (!ret)
		ret = mtia_queue_create(s->context, NULL, &queue);
	if (!ret)
		ret = mtia_cmd_create(s->context, &cmd);
	if (!ret)
		ret = mtia_cmd_fill(cmd, readonly, 0, 64, 0);
	if (!ret)
		ret = mtia_submit(queue, cmd, NULL, 0, &event);
	if (!ret) {
		ret = mtia_event_wait(s->context, &event, 1, 0, MTIA_FOREVER, &result);
		if (!ret)
			ret = wrong(c, "a write to read-only memory went through");
		else if (ret == MTIA_EJOB && result.status == MTIA_JOB_MMU_FAULT)
			ret = 0;
		else if (ret == MTIA_EJOB)
			ret = wrong(c, "a write to read-only memory ended with %s",
				    mtia_job_status_name(result.status));
	}
	if (!ret) {
		mtia_cmd_reset(cmd);
		ret = mtia_cmd_signal(cmd, word, 0, 1);
	}
	if (!ret)
		ret = run_cmd(s, cmd, NULL);
	if (!ret)
		mtia_job_result_text(&result, c->detail, sizeof(c->detail));
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	mtia_buffer_free(readonly);
	mtia_buffer_free(word);
	return ret;
}

static int check_fc(struct session *s, struct check *c)
{
	enum { M = 70, K = 100, N = 130, LDA = 128 };
	static uint8_t a[M * LDA], got[M * N], want[M * N];
	static int8_t w[N * K];
	float scale[N];
	const struct mtia_fc_weights_desc weights_desc = {
		.size = sizeof(weights_desc), .n = N, .k = K, .w = w, .scale = scale,
		.a_zero_point = 7,
	};
	const struct mtia_fc_ref ref = {
		.m = M, .n = N, .k = K, .a = a, .lda = LDA, .w = w, .scale = scale,
		.a_zero_point = 7, .c_zero_point = 100, .out = MTIA_OUT_U8, .c = want,
	};
	struct mtia_fc_desc desc = {
		.size = sizeof(desc), .m = M, .out = MTIA_OUT_U8, .lda = LDA, .ldc = 132,
		.c_zero_point = 100,
	};
	struct mtia_fc_weights *weights = NULL;
	uint64_t cycles = 0;
	mtia_event event;
	int ret;

	pattern(a, sizeof(a), 5);
	pattern((uint8_t *)w, sizeof(w), 6);
	for (int j = 0; j < N; j++)
		scale[j] = (j + 1) * 0x1p-18f;
	ret = mtia_fc_weights_create(s->context, &weights_desc, &weights);
	if (!ret)
		ret = session_buffer(s, "A", MTIA_PLACE_VRAM, sizeof(a), &desc.a);
	if (!ret)
		ret = mtia_buffer_write(desc.a, 0, a, sizeof(a));
	if (!ret)
		ret = session_buffer(s, "C", MTIA_PLACE_VRAM, M * desc.ldc, &desc.c);
	desc.weights = weights;
	if (!ret)
		ret = mtia_fc_run(s->queue, &desc, NULL, 0, &event);
	if (!ret)
		ret = session_wait(s, event, &cycles);
	for (size_t i = 0; i < M && !ret; i++)
		ret = mtia_buffer_read(desc.c, i * desc.ldc, got + i * N, N);
	if (!ret && (mtia_fc_ref(&ref) || memcmp(got, want, sizeof(got))))
		ret = wrong(c, "differs from mtia_fc_ref");
	else if (!ret)
		snprintf(c->detail, sizeof(c->detail), "%d x %d x %d, bit-exact, %llu cycles", M, K,
			 N, (unsigned long long)cycles);
	c->metric = "device_cycles";
	c->value = cycles;
	mtia_buffer_free(desc.a);
	mtia_buffer_free(desc.c);
	mtia_fc_weights_free(weights);
	return ret;
}

/* FP16, and B in the order that MLU has to turn. */
static int check_bmm(struct session *s, struct check *c)
{
	enum { BATCH = 3, M = 33, K = 50, N = 70, LDA = 64, LDB = 80 }; /* elements */
	static uint16_t a[BATCH * M * LDA], b[BATCH * K * LDB];
	static float got[BATCH * M * N], want[BATCH * M * N];
	const struct mtia_bmm_ref ref = {
		.type = MTIA_MATMUL_F16, .out = MTIA_OUT_F32, .b_kn = true,
		.batch = BATCH, .m = M, .n = N, .k = K,
		.a = a, .b = b, .c = want, .lda = LDA, .ldb = LDB,
	};
	struct mtia_bmm_desc desc = {
		.size = sizeof(desc), .type = MTIA_MATMUL_F16, .out = MTIA_OUT_F32,
		.flags = MTIA_BMM_B_KN, .batch = BATCH, .m = M, .n = N, .k = K,
		.a.stride = 2ull * LDA, .b.stride = 2ull * LDB,
	};
	uint64_t cycles = 0, rng = 11;
	mtia_event event;
	int ret;

	for (size_t i = 0; i < sizeof(a) / sizeof(*a); i++)
		a[i] = mtia_f16_from_f32((float)(random_next(&rng) % 2001) * 1e-3f - 1);
	for (size_t i = 0; i < sizeof(b) / sizeof(*b); i++)
		b[i] = mtia_f16_from_f32((float)(random_next(&rng) % 2001) * 1e-3f - 1);
	ret = session_buffer(s, "A", MTIA_PLACE_VRAM, sizeof(a), &desc.a.buffer);
	if (!ret)
		ret = mtia_buffer_write(desc.a.buffer, 0, a, sizeof(a));
	if (!ret)
		ret = session_buffer(s, "B", MTIA_PLACE_VRAM, sizeof(b), &desc.b.buffer);
	if (!ret)
		ret = mtia_buffer_write(desc.b.buffer, 0, b, sizeof(b));
	if (!ret)
		ret = session_buffer(s, "C", MTIA_PLACE_VRAM, sizeof(got), &desc.c.buffer);
	if (!ret)
		ret = mtia_bmm_run(s->queue, &desc, NULL, 0, &event);
	if (!ret)
		ret = session_wait(s, event, &cycles);
	if (!ret)
		ret = mtia_buffer_read(desc.c.buffer, 0, got, sizeof(got));
	if (!ret && (mtia_bmm_ref(&ref) || memcmp(got, want, sizeof(got))))
		ret = wrong(c, "differs from mtia_bmm_ref");
	else if (!ret)
		snprintf(c->detail, sizeof(c->detail),
			 "%d of %d x %d x %d, bit-exact, %llu cycles", BATCH, M, K, N,
			 (unsigned long long)cycles);
	c->metric = "device_cycles";
	c->value = cycles;
	mtia_buffer_free(desc.a.buffer);
	mtia_buffer_free(desc.b.buffer);
	mtia_buffer_free(desc.c.buffer);
	return ret;
}

static int check_tbe(struct session *s, struct check *c)
{
	enum { ROWS = 50, D = 40, T = 3, B = 9, LONGEST = 7 };
	static uint8_t rows[T][ROWS][D + 8];
	static int32_t indices[T * B * LONGEST], offsets[T * B + 1];
	static float got[B * T * D], want[B * T * D];
	struct mtia_table tables[T];
	struct mtia_tbe_ref ref = {
		.tables = tables, .table_count = T, .batch = B, .pooling = MTIA_POOL_MEAN,
		.index_bytes = 4, .indices = indices, .offsets = offsets, .out = want,
	};
	struct mtia_tbe_desc desc = {
		.size = sizeof(desc), .batch = B, .pooling = MTIA_POOL_MEAN, .index_bytes = 4,
	};
	uint64_t cycles = 0, rng = 9;
	uint32_t used = 0;
	mtia_event event;
	int ret, bag;

	for (int t = 0; t < T; t++) {
		tables[t] = (struct mtia_table){ .rows = rows[t], .row_count = ROWS, .dim = D };
		for (int i = 0; i < ROWS; i++) {
			const float tail[2] = { (i + 1) * 0x1p-10f, i * 0x1p-5f - 0.7f };

			pattern(rows[t][i], D, 100 * t + i);
			memcpy(rows[t][i] + D, tail, sizeof(tail));
		}
	}
	for (bag = 0; bag < T * B; bag++) { /* bags of 0 .. LONGEST - 1 */
		offsets[bag] = used;
		for (int i = 0; i < bag % LONGEST; i++)
			indices[used++] = random_next(&rng) % ROWS;
	}
	offsets[bag] = used;
	ref.index_count = used;
	desc.index_count = used;
	ret = mtia_tbe_tables_create(s->context, tables, T, &desc.tables);
	if (!ret)
		ret = session_buffer(s, "indices", MTIA_PLACE_VRAM, sizeof(indices), &desc.indices);
	if (!ret)
		ret = mtia_buffer_write(desc.indices, 0, indices, sizeof(indices));
	if (!ret)
		ret = session_buffer(s, "offsets", MTIA_PLACE_VRAM, sizeof(offsets), &desc.offsets);
	if (!ret)
		ret = mtia_buffer_write(desc.offsets, 0, offsets, sizeof(offsets));
	if (!ret)
		ret = session_buffer(s, "out", MTIA_PLACE_VRAM, sizeof(got), &desc.out);
	if (!ret)
		ret = mtia_tbe_run(s->queue, &desc, NULL, 0, &event);
	if (!ret)
		ret = session_wait(s, event, &cycles);
	if (!ret)
		ret = mtia_buffer_read(desc.out, 0, got, sizeof(got));
	if (!ret && (mtia_tbe_ref(&ref, NULL) || memcmp(got, want, sizeof(got))))
		ret = wrong(c, "differs from mtia_tbe_ref");
	else if (!ret)
		snprintf(c->detail, sizeof(c->detail),
			 "%d tables, batch %d, bit-exact, %llu cycles", T, B,
			 (unsigned long long)cycles);
	c->metric = "device_cycles";
	c->value = cycles;
	mtia_buffer_free(desc.indices);
	mtia_buffer_free(desc.offsets);
	mtia_buffer_free(desc.out);
	mtia_tbe_tables_free(desc.tables);
	return ret;
}

static const struct {
	const char *name;
	int (*run)(struct session *s, struct check *c);
} checks[] = {
	{ "device-info", check_device },
	{ "vram-access", check_vram },
	{ "sram-access", check_sram },
	{ "system-access", check_system },
	{ "nop-latency", check_nop },
	{ "copy", check_copy },
	{ "fill", check_fill },
	{ "fault-isolation", check_fault },
	{ "fc-int8", check_fc },
	{ "bmm-f16", check_bmm },
	{ "tbe-int8", check_tbe },
};

static void show(struct command *command, const struct check *c)
{
	char wall[32];

	if (!command->json) {
		printf("%s  %-16s %9s  %s\n", c->ret ? "FAIL" : "PASS", c->name,
		       time_text(c->wall_ns, wall), c->detail);
		fflush(stdout);
		return;
	}
	json_object(&command->out, NULL);
	json_string(&command->out, "name", c->name);
	json_bool(&command->out, "passed", !c->ret);
	json_string(&command->out, "detail", c->detail);
	json_i64(&command->out, "wall_ns", c->wall_ns);
	if (c->metric && !c->ret)
		json_double(&command->out, c->metric, c->value);
	json_end_object(&command->out);
}

enum exit_code verb_validate(struct command *command, const void *options)
{
	enum exit_code code = EXIT_OK;
	size_t passed = 0;
	struct session s;
	int ret = session_open(&s, command, 0);

	(void)options;
	if (ret) {
		code = fail_library(command, ret);
		session_close(&s);
		return code;
	}
	if (command->json) {
		begin_json(command);
		session_json(&s, &command->out);
		json_array(&command->out, "checks");
	}
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct check c = { .name = checks[i].name };
		int64_t start = mtia_now_ns();

		c.ret = checks[i].run(&s, &c);
		c.wall_ns = mtia_now_ns() - start;
		passed += !c.ret;
		if (c.ret && !code)
			code = exit_code_of(c.ret);
		if (c.ret && !c.detail[0]) {
			struct mtia_error e = { .size = sizeof(e) };

			mtia_error_last(&e);
			snprintf(c.detail, sizeof(c.detail), "%.150s", e.message);
		}
		show(command, &c);
	}
	if (command->json) {
		json_end_array(&command->out);
		json_bool(&command->out, "passed", !code);
		json_u64(&command->out, "passed_count", passed);
		json_u64(&command->out, "failed_count", ARRAY_SIZE(checks) - passed);
	} else {
		printf("%zu of %zu checks passed\n", passed, ARRAY_SIZE(checks));
	}
	session_close(&s);
	return code;
}
