// SPDX-License-Identifier: GPL-2.0
/*
 * What a PE program can do wrong, one case each, while another client multiplies matrices on the
 * PEs next to it. The record names the PE, the cycle and the cause; the neighbour's product is what
 * it is when nobody disturbs it, bit for bit; and the PEs work for whoever comes next.
 */
#include <errno.h>

#include "mtia/kernel_args.h"
#include "mtia/pe.h"
#include "sim_fixture.h"
#include "sim_misuse.h"

#define MISUSE_VA 0x140000000ull
#define FC_VA	  0x150000000ull
#define HOLE_VA	  0x500000000ull

static struct simhost_buffer misuse_image, fc_image; /* mapped in both clients */

static void open_client(struct client *c, struct simhost *sh)
{
	client_open(c, sh, 0, 0);
	program_map(c, &misuse_image, MISUSE_VA);
	program_map(c, &fc_image, FC_VA);
}

static uint64_t launch(struct client *c, uint64_t program, unsigned int rows, unsigned int cols,
		       const void *args, uint32_t size)
{
	struct mtia_pkt_launch *p;

	begin(c);
	/* So that the faulting packet is not the first one. */
	signal_word(c, DATA_VA, 1);
	p = packet(c, MTIA_PKT_LAUNCH, sizeof(*p) + size);
	p->program_va = program;
	p->program_size = PROGRAM_MAX;
	p->rows = (uint16_t)rows;
	p->cols = (uint16_t)cols;
	p->args_size = size;
	memcpy(p + 1, args, size);
	return submit(c);
}

/* ---- The neighbour --------------------------------------------------------------------------- */

/* C = A * W^T of INT8, sums of two halves of K passed on over the reduction network. */
#define SIZE   512u
#define A_AT   (1u << 20)
#define W_AT   (2u << 20)
#define C_AT   (4u << 20)
#define C_SIZE (SIZE * SIZE * 4)

static int32_t product[SIZE][SIZE];

static void prepare_product(struct client *c)
{
	uint8_t *a = (uint8_t *)c->data.cpu + A_AT;
	int8_t *w = (int8_t *)c->data.cpu + W_AT;
	uint32_t rng = 1;

	for (unsigned int i = 0; i < SIZE * SIZE; i++) {
		rng = rng * 1664525 + 1013904223;
		a[i] = rng >> 24;
		w[i] = (int8_t)(rng >> 16);
	}
	for (unsigned int i = 0; i < SIZE; i++) {
		for (unsigned int j = 0; j < SIZE; j++) {
			int32_t sum = 0;

			for (unsigned int k = 0; k < SIZE; k++)
				sum += a[i * SIZE + k] * w[j * SIZE + k];
			product[i][j] = sum;
		}
	}
}

static uint64_t start_product(struct client *c)
{
	const struct mtia_fc_args args = {
		.a = DATA_VA + A_AT,
		.w = DATA_VA + W_AT,
		.c = DATA_VA + C_AT,
		.m = SIZE,
		.n = SIZE,
		.k = SIZE,
		.lda = SIZE,
		.ldw = SIZE,
		.ldc = SIZE * 4,
		.m_per_row = SIZE / 4,
		.n_per_group = SIZE / 2,
		.k_per_col = SIZE / 2,
		.k_split = 2,
		.out = MTIA_FC_OUT_S32,
		.flags = MTIA_FC_W_SIGNED,
	};

	memset((uint8_t *)c->data.cpu + C_AT, 0xee, C_SIZE);
	return launch(c, FC_VA, 4, 4, &args, sizeof(args));
}

static bool product_right(const struct client *c)
{
	return !memcmp((const uint8_t *)c->data.cpu + C_AT, product, C_SIZE);
}

/* ---- The cases ------------------------------------------------------------------------------- */

#define STAMP_AT 8u
#define ZERO_AT	 64u
/* From the start of the program to the deed: by then the neighbour is at work. */
#define DELAY 6000u
/* From the deed to the PE's stop: an access to LPDDR or a page walk that fails is the longest. */
#define SOON 500u
/* What the chip takes to be sure that nothing will move. */
#define DEADLOCK 263000u
/* What the host gives a job. */
#define PATIENCE 100000u

struct wrong {
	const char *name;
	enum misuse mode;
	uint64_t addr;
	unsigned int core; /* that does it */
	bool spin;	   /* the other PEs would go on for ever */
	enum mtia_job_status status;
	/* As in the record: */
	unsigned int blamed; /* core, or MTIA_PE_FAULT_CP */
	unsigned int mcause;
	uint64_t value;
	unsigned int reason, access; /* of the MMU */
	uint32_t within;	     /* cycles */
	bool kill;		     /* nothing but the host's patience ends it */
	/* Sub-grid, and who does it; 0 x 0 = PE 1,3 of 4 x 4, where the neighbour begins. */
	unsigned int rows, cols, row, col;
};

#define EXCEPTION(cause, tval) \
	.status = MTIA_JOB_PE_EXCEPTION, .mcause = (cause), .value = (tval), .within = SOON
#define MMU_FAULT(cause, va, why, how)                                               \
	.addr = (va), .status = MTIA_JOB_MMU_FAULT, .mcause = (cause), .value = (va), \
	.reason = MTIA_FAULT_##why, .access = MTIA_ACCESS_##how, .within = SOON
#define COMMAND(cause, op, low)                                                        \
	.status = MTIA_JOB_PE_COMMAND, .mcause = MTIA_CAUSE_##cause, .within = SOON,  \
	.value = (low) | (unsigned int)(op) << 8
#define STUCK(op, cb)                                                                  \
	.status = MTIA_JOB_DEADLOCK, .mcause = MTIA_CAUSE_DEADLOCK, .within = DEADLOCK, \
	.value = (cb) | (unsigned int)(op) << 8
#define FOR_EVER .status = MTIA_JOB_TIMEOUT, .within = PATIENCE + SOON, .kill = true
#define BY_CP .blamed = MTIA_PE_FAULT_CP
#define SYNC(op) (MTIA_PE_OP_SYNC | MTIA_SYNC_##op)
#define NO_CB 0xff

static const struct wrong wrongs[] = {
	/* Executes what it cannot. */
	{ "illegal instruction", MISUSE_ILLEGAL, .spin = true, EXCEPTION(2, 0) },
	{ "illegal instruction on core B", MISUSE_ILLEGAL, .core = 1, .blamed = 1,
	  EXCEPTION(2, 0) },
	{ "vector instruction on core A", MISUSE_VECTOR, .spin = true, EXCEPTION(2, 0x0d0072d7) },
	{ "jump into data", MISUSE_JUMP, .spin = true, MMU_FAULT(1, DATA_VA, PERM, EXEC) },
	{ "jump into data on core B", MISUSE_JUMP, .core = 1, .blamed = 1,
	  MMU_FAULT(1, DATA_VA, PERM, EXEC) },
	{ "jump into local memory", MISUSE_JUMP, 0x4000, .spin = true, EXCEPTION(1, 0x4000) },
	{ "jump into a hole", MISUSE_JUMP, .spin = true, MMU_FAULT(1, HOLE_VA, UNMAPPED, EXEC) },

	/* Touches what is not its own. */
	{ "load from a hole", MISUSE_LOAD, MMU_FAULT(5, HOLE_VA, UNMAPPED, READ) },
	{ "store to a hole", MISUSE_STORE, .spin = true, MMU_FAULT(7, HOLE_VA, UNMAPPED, WRITE) },
	{ "store into the program", MISUSE_STORE, MMU_FAULT(7, MISUSE_VA, PERM, WRITE) },
	{ "store behind local memory", MISUSE_STORE, 0x40000, EXCEPTION(7, 0x40000) },
	{ "store to the local memory of the chip's PE 4", MISUSE_STORE,
	  MTIA_PA_PE_LOCAL + 4 * MTIA_PA_PE_STRIDE, .spin = true,
	  EXCEPTION(7, MTIA_PA_PE_LOCAL + 4 * MTIA_PA_PE_STRIDE) },
	{ "store to control registers", MISUSE_STORE, MTIA_PA_CTRL, EXCEPTION(7, MTIA_PA_CTRL) },
	{ "store to LPDDR by its physical address", MISUSE_STORE,
	  MMU_FAULT(7, MTIA_PA_LPDDR, UNMAPPED, WRITE) },
	{ "DMA from a hole", MISUSE_DMA_IN, .spin = true, BY_CP,
	  MMU_FAULT(MTIA_CAUSE_FI_FAULT, HOLE_VA, UNMAPPED, READ) },
	{ "DMA to a hole", MISUSE_DMA_OUT, BY_CP,
	  MMU_FAULT(MTIA_CAUSE_FI_FAULT, HOLE_VA, UNMAPPED, WRITE) },
	{ "DMA into the program", MISUSE_DMA_OUT, BY_CP,
	  MMU_FAULT(MTIA_CAUSE_FI_FAULT, MISUSE_VA, PERM, WRITE) },

	/* Sends on a reduction link that leaves the sub-grid, or waits at one that enters it. */
	{ "SEND east, to the neighbour", MISUSE_SEND_EAST, .spin = true,
	  COMMAND(LINK, MTIA_OP_RE_SEND, MTIA_DIR_EAST) },
	{ "SEND south, to the neighbour", MISUSE_SEND_SOUTH, .rows = 4, .cols = 8, .row = 3,
	  .col = 1, COMMAND(LINK, MTIA_OP_RE_SEND, MTIA_DIR_SOUTH) },
	{ "SEND east, off the chip", MISUSE_SEND_EAST, .rows = 4, .cols = 8, .row = 2, .col = 7,
	  COMMAND(LINK, MTIA_OP_RE_SEND, MTIA_DIR_EAST) },
	{ "RECV from the west edge", MISUSE_RECV_EAST, .rows = 4, .cols = 4, .row = 2, .col = 0,
	  .spin = true, COMMAND(LINK, MTIA_OP_RE_RECV, MTIA_DIR_EAST) },
	{ "RECV from the north edge", MISUSE_RECV_SOUTH, .rows = 4, .cols = 4, .row = 0, .col = 2,
	  .core = 1, .blamed = 1, COMMAND(LINK, MTIA_OP_RE_RECV, MTIA_DIR_SOUTH) },

	/* Overruns a CB. */
	{ "POP of more than the CB", MISUSE_POP, .spin = true, BY_CP,
	  COMMAND(CB_RULE, MTIA_OP_CB_POP, MISUSE_CB) },
	{ "PUSH of more than the CB", MISUSE_PUSH, BY_CP,
	  COMMAND(CB_RULE, MTIA_OP_CB_PUSH, MISUSE_CB) },
	{ "DMA of more than the CB", MISUSE_DMA_LONG, DATA_VA, .spin = true, BY_CP,
	  COMMAND(CB_RULE, MTIA_OP_DMA_IN, MISUSE_CB) },
	{ "wait for more data than the CB", MISUSE_AWAIT_LONG,
	  COMMAND(CB_RULE, SYNC(CB_DATA), MISUSE_CB) },
	{ "wait for more space than the CB", MISUSE_SPACE_LONG, .spin = true,
	  COMMAND(CB_RULE, SYNC(CB_SPACE), MISUSE_CB) },
	{ "a CB that there is not", MISUSE_CB_NUMBER,
	  COMMAND(FIELD, MTIA_OP_CB_PUSH, MTIA_FIELD_CBD) },

	/* Waits for ever. */
	{ "waits for data", MISUSE_AWAIT_DATA, STUCK(SYNC(CB_DATA), MISUSE_CB) },
	{ "waits for data on core B", MISUSE_AWAIT_DATA, .core = 1, .blamed = 1,
	  STUCK(SYNC(CB_DATA), MISUSE_CB) },
	{ "waits for space", MISUSE_AWAIT_SPACE, STUCK(SYNC(CB_SPACE), MISUSE_CB) },
	{ "waits for a CB", MISUSE_AWAIT_CB, STUCK(SYNC(CB_DATA), MISUSE_CB + 1) },
	{ "waits for a command", MISUSE_AWAIT_COMMAND, DATA_VA, BY_CP,
	  STUCK(MTIA_OP_DMA_OUT, MISUSE_CB) },
	{ "waits for a sum", MISUSE_RECV_EAST, BY_CP, STUCK(MTIA_OP_RE_RECV, NO_CB) },
	{ "polls for ever", MISUSE_SPIN, DATA_VA + ZERO_AT, FOR_EVER },
	{ "polls for ever on core B", MISUSE_SPIN, DATA_VA + ZERO_AT, .core = 1, .blamed = 1, FOR_EVER },
	{ "waits for an interrupt", MISUSE_AWAIT_IRQ, STUCK(MTIA_PE_OP_WFI, NO_CB) },
};

static bool blames(const struct wrong *w, const struct simhost_fault *f, unsigned int row,
		   unsigned int col)
{
	return f->status == w->status && f->on_pe && f->row == row && f->col == col &&
	       f->core == w->blamed && f->mcause == w->mcause && f->addr == w->value &&
	       f->reason == w->reason && f->access == w->access && f->packet == 1;
}

/* Whatever it did, its address is in the program, or is where it jumped to. */
static bool pc_right(const struct wrong *w, const struct simhost_fault *f)
{
	if (w->mode == MISUSE_JUMP)
		return f->pc == w->addr;
	return f->pc > MISUSE_VA && f->pc < MISUSE_VA + PROGRAM_MAX;
}

static void check_wrong(struct client *bad, struct client *good, const struct wrong *w)
{
	unsigned int rows = w->rows ? w->rows : 4, cols = w->rows ? w->cols : 4;
	unsigned int row = w->rows ? w->row : 1, col = w->rows ? w->col : 3;
	const struct misuse_args args = {
		.stamp = DATA_VA + STAMP_AT,
		.addr = w->addr,
		.mode = w->mode,
		.row = row,
		.col = col,
		.core = w->core,
		.delay = DELAY,
		.spin = w->spin,
	};
	const struct misuse_args nobody = { .row = rows, .stamp = DATA_VA };
	uint64_t *stamp = (uint64_t *)((uint8_t *)bad->data.cpu + STAMP_AT), seqno, other, next;
	struct simhost_completion done = { 0 };
	struct simhost_fault f = { 0 };
	char text[256];

	*stamp = 0;
	/* It comes first, so it has the PEs at the corner, and the neighbour those beside or below. */
	seqno = launch(bad, MISUSE_VA, rows, cols, &args, sizeof(args));
	other = start_product(good);
	if (w->kill)
		tap_ok(simhost_wait(bad->queue, seqno, PATIENCE, NULL) == -ETIME &&
			       !simhost_queue_kill(bad->queue, MTIA_JOB_TIMEOUT),
		       "%s: killed", w->name);
	expect(bad, seqno, w->status, w->name);
	simhost_queue_fault(bad->queue, &f);
	tap_ok(f.seqno == seqno && blames(w, &f, row, col) && pc_right(w, &f), "%s: %s", w->name,
	       simhost_fault_text(&f, text, sizeof(text)));
	tap_ok(*stamp && f.cycle >= *stamp && f.cycle <= *stamp + w->within,
	       "%s: stopped at cycle %llu, %llu after it was done", w->name,
	       (unsigned long long)f.cycle, (unsigned long long)(f.cycle - *stamp));
	tap_ok(!simhost_wait(good->queue, other, BUDGET, &done) && done.status == MTIA_JOB_OK &&
		       product_right(good),
	       "%s: the neighbour's product is bit-identical", w->name);
	tap_ok(done.t_start < *stamp && *stamp < done.t_end,
	       "%s: the neighbour was at work, from %llu to %llu", w->name,
	       (unsigned long long)done.t_start, (unsigned long long)done.t_end);
	next = launch(bad, MISUSE_VA, rows, cols, &nobody, sizeof(nobody));
	expect(bad, next, MTIA_JOB_OK, "the next launch on these PEs");
}

int main(int argc, char **argv)
{
	struct client bad, good;
	struct simhost *sh;

	if (argc < 5) {
		fprintf(stderr, "usage: sim_misuse MODEL FIRMWARE MISUSE.pe FC.pe\n");
		return 2;
	}
	fixture_init(argc - 2, argv);
	sh = device_open();
	program_load(sh, argv[3], &misuse_image);
	program_load(sh, argv[4], &fc_image);
	open_client(&bad, sh);
	open_client(&good, sh);
	prepare_product(&good);
	expect(&good, start_product(&good), MTIA_JOB_OK, "the neighbour, undisturbed");
	tap_ok(product_right(&good), "its product is right");
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++)
		check_wrong(&bad, &good, &wrongs[i]);
	tap_ok(simhost_state(sh) == SIMHOST_READY, "firmware is well at the end");
	client_close(&bad);
	client_close(&good);
	simhost_close(sh);
	return tap_done();
}
