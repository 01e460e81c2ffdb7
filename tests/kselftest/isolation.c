// SPDX-License-Identifier: GPL-2.0
/*
 * One client cannot read or change what is another's, by whatever means a command buffer or a PE
 * program has. B keeps a secret in memory of both kinds and goes on working; A tries.
 */
#include "mtia_test.h"
#include "pe/args.h"

#define SIZE	   (16 * PAGE)
#define SECRET	   0x5ec2e75ec2e75ec2ull
#define VA_SECRET  (VA_BASE + 256 * MIB)

FIXTURE(isolation)
{
	struct client a, b;
	struct buf vram, system; /* B's, one behind the other from VA_SECRET on */
	struct buf program;	 /* A's */
	struct buf out;		 /* A's, 4 pages at VA_OUT */
};

FIXTURE_SETUP(isolation)
{
	client_open(_metadata, &self->a, 2000);
	client_open(_metadata, &self->b, 2000);
	client_buf(_metadata, &self->b, SIZE, VRAM, VA_SECRET, &self->vram);
	client_buf(_metadata, &self->b, SIZE, SYSTEM, VA_SECRET + SIZE, &self->system);
	fill_words(self->vram.map, SIZE, SECRET);
	fill_words(self->system.map, SIZE, SECRET);
	client_program(_metadata, &self->a, PROGRAM(probe), VA_PROGRAM, &self->program);
	client_buf(_metadata, &self->a, 4 * PAGE, VRAM, VA_OUT, &self->out);
}

FIXTURE_TEARDOWN(isolation)
{
	/* B never noticed anything. */
	EXPECT_EQ(0, count_wrong(self->vram.map, SIZE, SECRET));
	EXPECT_EQ(0, count_wrong(self->system.map, SIZE, SECRET));
	EXPECT_EQ(0, client_read(_metadata, &self->b, VA_SECRET, SIZE / 4));
	EXPECT_EQ(0, count_wrong(client_read_result(&self->b), SIZE / 4, SECRET));
	client_close(&self->a);
	client_close(&self->b);
}

static __u32 job_status(const struct client *c)
{
	struct drm_mtia_queue_get_state state;

	queue_state(c->fd, c->queue, &state);
	return state.fault_status;
}

/* None of A's memory holds the secret. */
static __u64 secrets_in(const struct buf *buf)
{
	const volatile __u64 *word = buf->map;
	__u64 i, found = 0;

	for (i = 0; i < buf->size / 8; i++)
		found += word[i] == SECRET;
	return found;
}

/* A job of A that must end with a fault. */
static void expect_denied(struct __test_metadata *_metadata, struct _test_data_isolation *self,
			  struct cmds *cmds, __u64 va, const char *what)
{
	EXPECT_EQ(-EIO, client_run(_metadata, &self->a, cmds)) {
		TH_LOG("%s 0x%llx", what, va);
	}
	EXPECT_NE(MTIA_JOB_OK, job_status(&self->a));
	client_renew_queue(_metadata, &self->a);
	EXPECT_EQ(0, secrets_in(&self->out));
	EXPECT_EQ(0, secrets_in(&self->a.cmds));
}

static void add_probe(struct _test_data_isolation *self, struct cmds *cmds, __u16 rows, __u16 cols,
		      struct probe_args args)
{
	cmds_launch(cmds, VA_PROGRAM, self->program.size, rows, cols, &args, sizeof(args));
}

/* Everything that can read or write an address. */
static void try_all(struct __test_metadata *_metadata, struct _test_data_isolation *self, __u64 va)
{
	static const enum probe_op ops[] = { PROBE_LOAD, PROBE_STORE, PROBE_DMA_IN, PROBE_DMA_OUT,
					     PROBE_JUMP };
	struct cmds cmds;
	size_t i;

	cmds_begin(&cmds);
	cmds_copy(&cmds, VA_OUT, va, 64);
	expect_denied(_metadata, self, &cmds, va, "copy from");
	cmds_begin(&cmds);
	cmds_copy(&cmds, va, VA_OUT, 64);
	expect_denied(_metadata, self, &cmds, va, "copy to");
	cmds_begin(&cmds);
	cmds_fill(&cmds, va, 64, 0);
	expect_denied(_metadata, self, &cmds, va, "fill");
	cmds_begin(&cmds);
	cmds_signal(&cmds, va, 0);
	expect_denied(_metadata, self, &cmds, va, "signal");
	cmds_begin(&cmds);
	cmds_timestamp(&cmds, va);
	expect_denied(_metadata, self, &cmds, va, "timestamp");
	cmds_begin(&cmds);
	cmds_launch(&cmds, va, PAGE, 1, 1, NULL, 0);
	expect_denied(_metadata, self, &cmds, va, "launch");
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		cmds_begin(&cmds);
		add_probe(self, &cmds, 1, 1, (struct probe_args){
			.op = ops[i], .va = va, .out = VA_OUT,
		});
		expect_denied(_metadata, self, &cmds, va, "program");
	}
}

TEST_F_TIMEOUT(isolation, addresses_of_another_client, 60)
{
	try_all(_metadata, self, VA_SECRET);
	try_all(_metadata, self, VA_SECRET + SIZE);
}

/* The chip's own addresses are addresses like any other to a job, and not mapped. */
TEST_F_TIMEOUT(isolation, firmware_and_its_rings, 60)
{
	try_all(_metadata, self, MTIA_PA_LPDDR);
	try_all(_metadata, self, MTIA_PA_LPDDR + MTIA_FW_BOOT_OFFSET);
	try_all(_metadata, self, MTIA_PA_LPDDR + MTIA_FW_H2D_OFFSET);
}

TEST_F_TIMEOUT(isolation, sram_registers_and_local_memories, 60)
{
	try_all(_metadata, self, MTIA_PA_CTRL);
	try_all(_metadata, self, MTIA_PA_PE_CTRL);
	try_all(_metadata, self, MTIA_PA_PE_LOCAL + MTIA_PA_PE_STRIDE);
	try_all(_metadata, self, MTIA_PA_SRAM);
}

/* All of device memory by its physical addresses, in steps: nothing of it is reachable. */
TEST_F_TIMEOUT(isolation, physical_addresses, 60)
{
	struct cmds cmds;
	__u64 offset;

	for (offset = 0; offset < 256 * MIB; offset += 16 * MIB) {
		cmds_begin(&cmds);
		cmds_copy(&cmds, VA_OUT, MTIA_PA_LPDDR + offset, 4 * PAGE);
		expect_denied(_metadata, self, &cmds, MTIA_PA_LPDDR + offset, "copy from");
	}
}

TEST_F(isolation, handles_of_another_client)
{
	/* B has more objects than A: its last handle is none of A's. */
	__u32 handle, last = self->system.handle, i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, bo_create(self->b.fd, PAGE, VRAM, 0, &last));
	EXPECT_EQ(-ENOENT, vm_map(self->a.fd, self->a.vm, last, 0, VA_BASE, PAGE, 0));
	EXPECT_EQ(-EINVAL, bo_close(self->a.fd, last));
	/* Where numbers are equal, objects are not. */
	handle = self->vram.handle;
	if (!vm_map(self->a.fd, self->a.vm, handle, 0, VA_BASE, PAGE, 0)) {
		EXPECT_EQ(0, client_read(_metadata, &self->a, VA_BASE, PAGE));
		EXPECT_EQ(PAGE / 8, count_wrong(client_read_result(&self->a), PAGE, SECRET));
	}
}

static void check_after_unmap(struct __test_metadata *_metadata, struct _test_data_isolation *self,
			      __u32 placement, bool close_only)
{
	struct client *a = &self->a, *b = &self->b;
	struct buf mine, theirs;
	struct cmds cmds;
	int i;

	for (i = 0; i < 5; i++) {
		client_buf(_metadata, a, SIZE, placement, VA_BASE, &mine);
		EXPECT_EQ(0, client_fill(_metadata, a, VA_BASE, SIZE, 1));
		munmap(mine.map, SIZE);
		if (close_only) {
			/* Still mapped for the device, so still A's. */
			bo_close(a->fd, mine.handle);
		} else {
			ASSERT_EQ(0, vm_unmap(a->fd, a->vm, VA_BASE, SIZE));
			bo_close(a->fd, mine.handle);
		}
		client_buf(_metadata, b, SIZE, placement, VA_BASE, &theirs);
		fill_words(theirs.map, SIZE, SECRET);
		cmds_begin(&cmds);
		cmds_copy(&cmds, VA_OUT, VA_BASE, 4 * PAGE);
		cmds_fill(&cmds, VA_BASE, SIZE, 0);
		if (close_only) {
			EXPECT_EQ(0, client_run(_metadata, a, &cmds));
		} else {
			expect_denied(_metadata, self, &cmds, VA_BASE, "freed");
		}
		EXPECT_EQ(0, secrets_in(&self->out));
		EXPECT_EQ(0, count_wrong(theirs.map, SIZE, SECRET));
		ASSERT_EQ(0, vm_unmap(b->fd, b->vm, VA_BASE, SIZE));
		buf_destroy(b->fd, &theirs);
		ASSERT_EQ(0, vm_unmap(a->fd, a->vm, VA_BASE, SIZE));
	}
}

TEST_F(isolation, freed_device_memory)
{
	check_after_unmap(_metadata, self, VRAM, false);
}

TEST_F(isolation, freed_system_memory)
{
	check_after_unmap(_metadata, self, SYSTEM, false);
}

TEST_F(isolation, closed_but_mapped_device_memory)
{
	check_after_unmap(_metadata, self, VRAM, true);
}

TEST_F(isolation, closed_but_mapped_system_memory)
{
	check_after_unmap(_metadata, self, SYSTEM, true);
}

/* A translation in a PE's or the DMA's TLB does not outlive its mapping. */
TEST_F(isolation, no_stale_translation)
{
	struct client *a = &self->a;
	struct buf one, two;
	struct cmds cmds;
	int i;

	buf_create(_metadata, a->fd, PAGE, VRAM, &one);
	buf_create(_metadata, a->fd, PAGE, VRAM, &two);
	for (i = 0; i < 20; i++) {
		struct buf *now = i % 2 ? &one : &two, *other = i % 2 ? &two : &one;

		fill_words(one.map, PAGE, 0);
		fill_words(two.map, PAGE, 0);
		ASSERT_EQ(0, vm_map(a->fd, a->vm, now->handle, 0, VA_BASE, PAGE, 0));
		cmds_begin(&cmds);
		cmds_signal(&cmds, VA_BASE, 10 + i);
		add_probe(self, &cmds, 8, 8, (struct probe_args){
			.op = PROBE_STORE, .va = VA_BASE + 8, .value = 20 + i,
		});
		ASSERT_EQ(0, client_run(_metadata, a, &cmds));
		EXPECT_EQ(10 + i, ((volatile __u64 *)now->map)[0]);
		EXPECT_EQ(20 + i, ((volatile __u64 *)now->map)[1]);
		EXPECT_EQ(0, count_wrong(other->map, PAGE, 0));
	}
}

/* What a program leaves in local memory is gone before the next launch, of whomever. */
TEST_F(isolation, local_memory_of_the_pes)
{
	struct buf program, out;
	struct cmds cmds;
	int round;

	client_program(_metadata, &self->b, PROGRAM(probe), VA_PROGRAM, &program);
	client_buf(_metadata, &self->b, PAGE, VRAM, VA_OUT, &out);
	for (round = 0; round < 3; round++) {
		struct probe_args stain = { .op = PROBE_STAIN, .value = SECRET };
		struct probe_args scan = { .op = PROBE_SCAN, .out = VA_OUT };

		cmds_begin(&cmds);
		cmds_launch(&cmds, VA_PROGRAM, program.size, 8, 8, &stain, sizeof(stain));
		ASSERT_EQ(0, client_run(_metadata, &self->b, &cmds));
		fill_words(self->out.map, 64 * 8, ~0ull);
		cmds_begin(&cmds);
		add_probe(self, &cmds, 8, 8, scan);
		ASSERT_EQ(0, client_run(_metadata, &self->a, &cmds));
		EXPECT_EQ(0, count_wrong(self->out.map, 64 * 8, 0));
		/* Also from a launch of its own to the next. */
		add_probe(self, &cmds, 8, 8, stain);
		add_probe(self, &cmds, 8, 8, scan);
		ASSERT_EQ(0, client_run(_metadata, &self->a, &cmds));
		EXPECT_EQ(0, count_wrong(self->out.map, 64 * 8, 0));
	}
}

/* A fault of A while B's jobs are under way costs B nothing. */
TEST_F(isolation, jobs_of_another_client_go_on)
{
	__u32 syncobjs[20];
	struct cmds cmds;
	int i;

	for (i = 0; i < 20; i++) {
		cmds_begin(&cmds);
		cmds_signal(&cmds, VA_CMDS + CMDS_SIZE / 2 + i * 8, i + 1);
		syncobjs[i] = syncobj_create(self->b.fd);
		ASSERT_EQ(0, client_submit_at(&self->b, self->b.queue, &cmds, i * 64, syncobjs[i]));
		if (i % 4)
			continue;
		cmds_begin(&cmds);
		cmds_copy(&cmds, VA_OUT, VA_SECRET, 64);
		expect_denied(_metadata, self, &cmds, VA_SECRET, "copy from");
	}
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, syncobj_wait(self->b.fd, syncobjs[i], after_ms(PATIENCE_MS)));
		EXPECT_EQ(0, fence_status(self->b.fd, syncobjs[i]));
		EXPECT_EQ(i + 1, ((const volatile __u64 *)client_read_result(&self->b))[i]);
	}
}

/*
 * What a program of A does wrong costs A its queue. The record names PE, cycle and cause; the sums
 * that B's PEs make meanwhile are right to the last word.
 */
#define SUM_PES	  32
#define SUM_ROWS  64
#define SUM_WORDS (SUM_PES * SUM_ROWS * SUM_ROW_WORDS)

#define VA_DATA (VA_BASE + 32 * MIB) /* A's, not to be executed */

static __u64 wrong_sums(const volatile __u32 *in, const volatile __u32 *out)
{
	__u64 wrong = 0;
	__u32 i;

	for (i = 0; i < SUM_WORDS; i++)
		wrong += out[i] != in[i] + 7 + i / (SUM_ROWS * SUM_ROW_WORDS);
	return wrong;
}

TEST_F_TIMEOUT(isolation, wrong_programs_beside_a_neighbour, 60)
{
	static const struct {
		enum probe_op op;
		__u32 status, cause, core;
		__u64 va;
	} wrongs[] = {
		{ PROBE_JUMP, MTIA_JOB_MMU_FAULT,
		  1 << 16 | MTIA_ACCESS_EXEC << 8 | MTIA_FAULT_PERM, 0, VA_DATA },
		{ PROBE_ILLEGAL, MTIA_JOB_PE_EXCEPTION, 2 << 16, 0, 0 },
		{ PROBE_SEND, MTIA_JOB_PE_COMMAND, MTIA_CAUSE_LINK << 16, 0,
		  MTIA_OP_RE_SEND << 8 | MTIA_DIR_EAST },
		{ PROBE_OVERRUN, MTIA_JOB_PE_COMMAND, MTIA_CAUSE_CB_RULE << 16,
		  MTIA_PE_FAULT_CP, MTIA_OP_CB_POP << 8 },
		{ PROBE_STARVE, MTIA_JOB_DEADLOCK, MTIA_CAUSE_DEADLOCK << 16, 0,
		  (MTIA_PE_OP_SYNC | MTIA_SYNC_CB_DATA) << 8 },
	};
	const struct sum_args sum = { .in = VA_BASE, .out = VA_OUT, .rows = SUM_ROWS, .add = 7 };
	struct client *a = &self->a, *b = &self->b;
	struct drm_mtia_queue_get_state state;
	struct buf data, in, out, program;
	struct cmds cmds;
	__u64 before;
	size_t i, k;

	buf_create(_metadata, a->fd, PAGE, VRAM, &data);
	ASSERT_EQ(0, vm_map(a->fd, a->vm, data.handle, 0, VA_DATA, PAGE, DRM_MTIA_VM_BIND_NOEXEC));
	client_program(_metadata, b, PROGRAM(sum), VA_PROGRAM, &program);
	client_buf(_metadata, b, SUM_WORDS * 4, VRAM, VA_BASE, &in);
	client_buf(_metadata, b, SUM_WORDS * 4, VRAM, VA_OUT, &out);
	for (k = 0; k < SUM_WORDS; k++)
		((volatile __u32 *)in.map)[k] = k * 2654435761u;
	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		fill_words(out.map, SUM_WORDS * 4, ~0ull);
		cmds_begin(&cmds);
		cmds_launch(&cmds, VA_PROGRAM, program.size, 4, 8, &sum, sizeof(sum));
		ASSERT_EQ(0, client_submit(b, &cmds));

		cmds_begin(&cmds);
		cmds_timestamp(&cmds, VA_OUT);
		add_probe(self, &cmds, 1, 1, (struct probe_args){
			.op = wrongs[i].op, .va = VA_DATA,
		});
		EXPECT_EQ(-EIO, client_run(_metadata, a, &cmds));
		queue_state(a->fd, a->queue, &state);
		before = *(volatile __u64 *)self->out.map;
		EXPECT_EQ(wrongs[i].status, state.fault_status) {
			TH_LOG("probe %u", wrongs[i].op);
		}
		EXPECT_EQ(wrongs[i].cause, state.fault_cause);
		EXPECT_EQ(wrongs[i].va, state.fault_va);
		EXPECT_EQ(1, state.fault_packet);
		/* At the west edge: in row 4 while B has the upper half, else in row 0. */
		EXPECT_EQ(0, state.fault_pe & 0xff & ~4);
		EXPECT_EQ(0, state.fault_pe >> 8 & 0xff);
		EXPECT_EQ(wrongs[i].core, state.fault_pe >> 16 & 0xff);
		EXPECT_LT(before, state.fault_cycle);
		EXPECT_GT(before + 1000000, state.fault_cycle);
		client_renew_queue(_metadata, a);

		EXPECT_EQ(0, client_wait(_metadata, b));
		EXPECT_EQ(0, wrong_sums(in.map, out.map));
	}
}

TEST_HARNESS_MAIN
