// SPDX-License-Identifier: MIT
/* The verbs and all their options. */
#include <stddef.h>

#include "cli.h"
#include "mtia/ops.h"

const struct option_spec common_options[] = {
	{ .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct command, json),
	  .help = "one JSON document on stdout" },
	{ .name = "help", .letter = 'h', .kind = OPTION_FLAG,
	  .offset = offsetof(struct command, help), .help = "this text" },
	{ 0 },
};

const struct option_spec device_option[] = {
	{ .name = "device", .letter = 'd', .kind = OPTION_TEXT,
	  .offset = offsetof(struct command, device), .argument = "SELECTOR",
	  .help = "index, accelN, PCI address or node [the first usable]" },
	{ 0 },
};

static const struct option_spec list_table[] = {
	{ .name = "require", .kind = OPTION_FLAG, .offset = offsetof(struct list_options, require),
	  .help = "exit with 3 if there is no usable device" },
	{ 0 },
};
static const struct list_options list_defaults;

#define NUMBER(s, member, option, lo, hi, text)                                                    \
	{ .name = option, .kind = OPTION_NUMBER, .offset = offsetof(struct s, member),             \
	  .argument = "N", .help = text, .min = lo, .max = hi }
#define CHECK(s)                                                                                   \
	{ .name = "check", .kind = OPTION_FLAG, .offset = offsetof(struct s, check),               \
	  .help = "compare with the reference on the host, bit for bit" }

const char *const fc_types[] = { [MTIA_MATMUL_INT8] = "int8", [MTIA_MATMUL_F16] = "f16",
				 [MTIA_MATMUL_BF16] = "bf16", NULL };
const char *const fc_outs[] = { [MTIA_OUT_U8] = "u8",	[MTIA_OUT_F32] = "f32",
				[MTIA_OUT_S32] = "s32", [MTIA_OUT_S8] = "s8",
				[MTIA_OUT_F16] = "f16", [MTIA_OUT_BF16] = "bf16", NULL };
static const struct option_spec fc_table[] = {
	NUMBER(fc_options, m, "m", 1, 1 << 24, "rows of A and C"),
	NUMBER(fc_options, k, "k", 1, 1 << 24, "columns of A, rows of W transposed"),
	NUMBER(fc_options, n, "n", 1, 1 << 24, "columns of C"),
	{ .name = "type", .kind = OPTION_CHOICE, .offset = offsetof(struct fc_options, type),
	  .help = "of A and W", .choices = fc_types },
	{ .name = "out", .kind = OPTION_CHOICE, .offset = offsetof(struct fc_options, out),
	  .help = "element type of C", .choices = fc_outs },
	{ .name = "a-signed", .kind = OPTION_FLAG, .offset = offsetof(struct fc_options, a_signed),
	  .help = "int8: A is s8 instead of u8" },
	{ .name = "per-tensor", .kind = OPTION_FLAG,
	  .offset = offsetof(struct fc_options, per_tensor),
	  .help = "int8: one scale for all columns of C" },
	{ .name = "asymmetric", .kind = OPTION_FLAG,
	  .offset = offsetof(struct fc_options, asymmetric),
	  .help = "int8: W has zero points" },
	{ .name = "relu", .kind = OPTION_FLAG, .offset = offsetof(struct fc_options, relu),
	  .help = "clamp below at zero" },
	NUMBER(fc_options, k_split, "k-split", 0, 64, "PEs that share K; 0 = planner's choice"),
	NUMBER(fc_options, repeat, "repeat", 1, 1000000, "jobs"),
	NUMBER(fc_options, seed, "seed", 0, UINT64_MAX, "of the generated data"),
	NUMBER(fc_options, timeout_ms, "timeout-ms", 0, UINT32_MAX,
	       "time limit of a job in device time; 0 = the device's default"),
	CHECK(fc_options),
	{ 0 },
};
static const struct fc_options fc_defaults = {
	.m = 256, .k = 256, .n = 256, .repeat = 1, .seed = 1, .check = true,
};

const char *const tbe_layouts[] = {
	[MTIA_TABLE_U8_F32_LAST] = "u8-f32-last",   [MTIA_TABLE_U8_F16_FIRST] = "u8-f16-first",
	[MTIA_TABLE_U4_F16_LAST] = "u4-f16-last",   [MTIA_TABLE_U4_F16_FIRST] = "u4-f16-first",
	[MTIA_TABLE_F16] = "f16",		    [MTIA_TABLE_F32] = "f32",
	[TBE_LAYOUT_MIXED] = "mixed",		    NULL,
};
const char *const tbe_modes[] = { [TBE_SUM] = "sum", [TBE_MEAN] = "mean",
				  [TBE_WEIGHTED] = "weighted", [TBE_NONE] = "none", NULL };
const char *const tbe_outs[] = { [MTIA_TBE_OUT_F32] = "f32", [MTIA_TBE_OUT_F16] = "f16",
				 [MTIA_TBE_OUT_U8] = "u8", NULL };
const char *const tbe_bounds[] = { [MTIA_BOUNDS_FATAL] = "fatal", [MTIA_BOUNDS_WARNING] = "warning",
				   [MTIA_BOUNDS_IGNORE] = "ignore", [MTIA_BOUNDS_NONE] = "none",
				   NULL };
static const char *const tbe_index_bits[] = { [TBE_INDEX_32] = "32", [TBE_INDEX_64] = "64", NULL };
static const struct option_spec tbe_table[] = {
	NUMBER(tbe_options, tables, "tables", 1, 4096, "tables"),
	NUMBER(tbe_options, rows, "rows", 1, 1ull << 31, "rows of each"),
	NUMBER(tbe_options, dim, "dim", 1, 1 << 24, "columns of each"),
	{ .name = "layout", .kind = OPTION_CHOICE, .offset = offsetof(struct tbe_options, layout),
	  .help = "how a row lies in memory", .choices = tbe_layouts },
	{ .name = "mixed-dim", .kind = OPTION_FLAG,
	  .offset = offsetof(struct tbe_options, mixed_dim),
	  .help = "a quarter, a half, three quarters, all of --dim, in turn" },
	NUMBER(tbe_options, pooling, "pooling", 0, 1 << 20, "rows in a bag"),
	NUMBER(tbe_options, batch, "batch", 1, 1 << 20, "bags of each table"),
	{ .name = "mode", .kind = OPTION_CHOICE, .offset = offsetof(struct tbe_options, mode),
	  .help = "how a bag is pooled; none: an output row an index", .choices = tbe_modes },
	{ .name = "out", .kind = OPTION_CHOICE, .offset = offsetof(struct tbe_options, out),
	  .help = "type of the output; u8: bytes, scale and bias", .choices = tbe_outs },
	{ .name = "bounds", .kind = OPTION_CHOICE, .offset = offsetof(struct tbe_options, bounds),
	  .help = "what becomes of bad indices and offsets", .choices = tbe_bounds },
	NUMBER(tbe_options, pruned, "pruned", 0, 100, "percent of the indices that have no row"),
	NUMBER(tbe_options, bad, "bad", 0, 1 << 20, "indices and offsets to spoil"),
	{ .name = "index-bits", .kind = OPTION_CHOICE,
	  .offset = offsetof(struct tbe_options, index_bits), .help = "size of indices and offsets",
	  .choices = tbe_index_bits },
	NUMBER(tbe_options, repeat, "repeat", 1, 1000000, "jobs"),
	NUMBER(tbe_options, seed, "seed", 0, UINT64_MAX, "of the generated data"),
	NUMBER(tbe_options, timeout_ms, "timeout-ms", 0, UINT32_MAX,
	       "time limit of a job in device time; 0 = the device's default"),
	CHECK(tbe_options),
	{ 0 },
};
static const struct tbe_options tbe_defaults = {
	.tables = 8, .rows = 1000, .dim = 64, .pooling = 20, .batch = 64,
	.repeat = 1, .seed = 1, .check = true,
};

static const struct option_spec dlrm_table[] = {
	{ .name = "data", .kind = OPTION_FILE, .offset = offsetof(struct dlrm_options, data),
	  .argument = "DIR", .help = "data set, prepared or as published [InstEval as built]" },
	{ .name = "model", .kind = OPTION_FILE, .offset = offsetof(struct dlrm_options, model),
	  .argument = "FILE", .help = "trained weights [those that belong to the data]" },
	NUMBER(dlrm_options, batch, "batch", 1, 65536, "rows a batch"),
	NUMBER(dlrm_options, limit, "limit", 0, UINT32_MAX, "only the first N test rows; 0 = all"),
	{ 0 },
};
static const struct dlrm_options dlrm_defaults = { .batch = 128 };

static const struct option_spec validate_table[] = {
	{ .name = "quick", .kind = OPTION_FLAG, .offset = offsetof(struct validate_options, quick),
	  .help = "the checks that take less than 10 s together" },
	{ 0 },
};
static const struct validate_options validate_defaults = { .quick = true };

#define OPTIONS(kind) .options = kind##_table, .defaults = &kind##_defaults, \
	.options_size = sizeof(struct kind##_options)

const struct verb verbs[] = {
	{ .name = "list",
	  .summary = "Show the devices of this machine",
	 OPTIONS(list),
	  .run = verb_list,
	  .about = "Devices that cannot be used are listed too, with the reason and the remedy." },
	{ .name = "info",
	  .summary = "Describe a device, its firmware and its counters",
	  .device = true,
	  .run = verb_info },
	{ .name = "run fc",
	  .summary = "Run an INT8 fully connected layer",
	 OPTIONS(fc),
	  .device = true,
	  .run = verb_run_fc,
	  .about = "Computes C[M x N] from A[M x K] (u8) and W[N x K] (s8) on generated data." },
	{ .name = "run tbe",
	  .summary = "Run a table-batched embedding",
	 OPTIONS(tbe),
	  .device = true,
	  .run = verb_run_tbe,
	  .about = "Pools rows of INT8 tables in device memory into bags, on generated data." },
	{ .name = "run dlrm",
	  .summary = "Run the recommender on a real test set",
	 OPTIONS(dlrm),
	  .device = true,
	  .run = verb_run_dlrm,
	  .about = "Every operator runs on the device: embedding bags, quantisation, fully\n"
		   "connected layers, interaction, sigmoid; a batch is one job. What they leave\n"
		   "in device memory is compared with the bit-exact reference." },
	{ .name = "validate",
	  .summary = "Check that a device works",
	 OPTIONS(validate),
	  .device = true,
	  .run = verb_validate },
	{ .name = "doctor",
	  .summary = "Find out why a device cannot be used",
	  .device = true,
	  .run = verb_doctor },
	{ .name = "version",
	  .summary = "Show the versions of tool and library",
	  .run = verb_version },
	{ .name = "completion",
	  .summary = "Print the completion script of bash",
	  .run = verb_completion },
	{ 0 },
};
