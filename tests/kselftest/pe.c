// SPDX-License-Identifier: GPL-2.0
/* PE programs: launches with their data checked, and how programs that go wrong are reported. */
#include "mtia_test.h"
#include "pe/args.h"

FIXTURE(pe)
{
	struct client c;
	struct buf program; /* probe, at VA_PROGRAM */
	struct buf out;	    /* 4 pages at VA_OUT */
};

FIXTURE_SETUP(pe)
{
	client_open(_metadata, &self->c, 2000);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
	client_buf(_metadata, &self->c, 4 * PAGE, VRAM, VA_OUT, &self->out);
}

FIXTURE_TEARDOWN(pe)
{
	client_close(&self->c);
}

static __u64 out_word(struct _test_data_pe *self, int i)
{
	return ((volatile __u64 *)self->out.map)[i];
}

static void add_probe(struct _test_data_pe *self, struct cmds *cmds, __u16 rows, __u16 cols,
		      struct probe_args args)
{
	cmds_launch(cmds, VA_PROGRAM, self->program.size, rows, cols, &args, sizeof(args));
}

static int run_probe(struct __test_metadata *_metadata, struct _test_data_pe *self, __u16 rows,
		     __u16 cols, struct probe_args args)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	add_probe(self, &cmds, rows, cols, args);
	return client_run(_metadata, &self->c, &cmds);
}

/* ---- Launches that work ---------------------------------------------------------------------- */

FIXTURE(sum)
{
	struct client c;
};

FIXTURE_VARIANT(sum)
{
	__u16 rows, cols; /* sub-grid */
	__u32 share;	  /* rows of the matrix a PE takes */
	__u32 placement;
};

FIXTURE_VARIANT_ADD(sum, one_pe)
{
	.rows = 1, .cols = 1, .share = 1, .placement = VRAM,
};

FIXTURE_VARIANT_ADD(sum, one_pe_more_than_the_buffer_holds)
{
	.rows = 1, .cols = 1, .share = 40, .placement = VRAM,
};

FIXTURE_VARIANT_ADD(sum, row_of_pes)
{
	.rows = 1, .cols = 8, .share = 8, .placement = VRAM,
};

FIXTURE_VARIANT_ADD(sum, column_of_pes)
{
	.rows = 8, .cols = 1, .share = 8, .placement = SYSTEM,
};

FIXTURE_VARIANT_ADD(sum, sub_grid)
{
	.rows = 3, .cols = 5, .share = 9, .placement = VRAM,
};

FIXTURE_VARIANT_ADD(sum, all_pes)
{
	.rows = 8, .cols = 8, .share = 16, .placement = VRAM,
};

FIXTURE_VARIANT_ADD(sum, all_pes_sram)
{
	.rows = 8, .cols = 8, .share = 16, .placement = SRAM,
};

FIXTURE_VARIANT_ADD(sum, all_pes_system_memory)
{
	.rows = 8, .cols = 8, .share = 4, .placement = SYSTEM,
};

FIXTURE_SETUP(sum)
{
	client_open(_metadata, &self->c, 0);
}

FIXTURE_TEARDOWN(sum)
{
	client_close(&self->c);
}

TEST_F(sum, every_word_is_right)
{
	__u32 pes = variant->rows * variant->cols;
	__u64 words = (__u64)pes * variant->share * SUM_ROW_WORDS, i, wrong = 0;
	__u64 size = (words * 4 + PAGE - 1) / PAGE * PAGE;
	struct sum_args args = {
		.in = VA_BASE,
		.out = VA_OUT,
		.rows = variant->share,
		.add = 1000,
	};
	struct buf in, out, program;
	volatile __u32 *from, *to;
	struct cmds cmds;
	int round;

	client_program(_metadata, &self->c, PROGRAM(sum), VA_PROGRAM, &program);
	client_buf(_metadata, &self->c, size, variant->placement, VA_BASE, &in);
	client_buf(_metadata, &self->c, size, variant->placement, VA_OUT, &out);
	from = in.map;
	to = out.map;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < words; i++)
			from[i] = i * 2654435761u + round;
		cmds_begin(&cmds);
		cmds_launch(&cmds, VA_PROGRAM, program.size, variant->rows, variant->cols, &args,
			    sizeof(args));
		ASSERT_EQ(0, client_run(_metadata, &self->c, &cmds));
		for (i = 0; i < words; i++) {
			__u32 pe = i / (variant->share * SUM_ROW_WORDS);

			wrong += to[i] != from[i] + 1000 + pe;
		}
		EXPECT_EQ(0, wrong);
	}
	for (; i < size / 4; i++)
		EXPECT_EQ(0, to[i]);
}

/* Four queues with a quarter of the grid each, at the same time. */
TEST_F(pe, sub_grids_at_once)
{
	__u32 queues[4], syncobjs[4];
	struct cmds cmds;
	int i, round;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, queue_create(self->c.fd, self->c.vm, 0, 0, &queues[i]));
		syncobjs[i] = syncobj_create(self->c.fd);
	}
	for (round = 1; round <= 5; round++) {
		for (i = 0; i < 4; i++) {
			cmds_begin(&cmds);
			add_probe(self, &cmds, 4, 4, (struct probe_args){
				.op = PROBE_STORE,
				.va = VA_OUT + i * 8,
				.value = round * 10 + i,
			});
			ASSERT_EQ(0, client_submit_at(&self->c, queues[i], &cmds, i * 512,
						      syncobjs[i]));
		}
		for (i = 0; i < 4; i++) {
			ASSERT_EQ(0, syncobj_wait(self->c.fd, syncobjs[i], after_ms(PATIENCE_MS)));
			EXPECT_EQ(0, fence_status(self->c.fd, syncobjs[i]));
			EXPECT_EQ(round * 10 + i, out_word(self, i));
		}
	}
}

TEST_F(pe, launches_in_a_buffer_run_in_order)
{
	struct cmds cmds;
	int i;

	cmds_begin(&cmds);
	for (i = 0; i < 20; i++) {
		add_probe(self, &cmds, 1, 1, (struct probe_args){
			.op = PROBE_STORE, .va = VA_OUT, .value = i,
		});
		add_probe(self, &cmds, 2, 2, (struct probe_args){
			.op = PROBE_LOAD, .va = VA_OUT, .out = VA_OUT + 8 + i * 8,
		});
	}
	EXPECT_EQ(0, client_run(_metadata, &self->c, &cmds));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(i, out_word(self, 1 + i));
}

TEST_F(pe, dma_both_ways)
{
	((volatile __u64 *)self->out.map)[4] = 0xabcdef;
	EXPECT_EQ(0, run_probe(_metadata, self, 1, 1, (struct probe_args){
		.op = PROBE_DMA_IN, .va = VA_OUT + 32, .out = VA_OUT + 64,
	}));
	EXPECT_EQ(0xabcdef, out_word(self, 8));
	EXPECT_EQ(0, run_probe(_metadata, self, 1, 1, (struct probe_args){
		.op = PROBE_DMA_OUT, .va = VA_OUT + 128, .value = 0x55,
	}));
	EXPECT_EQ(0, count_wrong((char *)self->out.map + 128, 32, 0x55));
	EXPECT_EQ(0, out_word(self, 20));
}

/* ---- Programs that go wrong ------------------------------------------------------------------ */

/* The state of the queue after a job that a PE failed. */
static void expect_fault(struct __test_metadata *_metadata, struct _test_data_pe *self,
			 __u32 status, __u32 reason)
{
	struct drm_mtia_queue_get_state state;

	ASSERT_EQ(0, queue_state(self->c.fd, self->c.queue, &state));
	EXPECT_EQ(reason ? DRM_MTIA_STATE_BANNED : DRM_MTIA_STATE_OK, state.state);
	EXPECT_EQ(reason, state.reason);
	EXPECT_EQ(reason ? DRM_MTIA_QUEUE_GUILTY : 0, state.flags);
	EXPECT_EQ(status, state.fault_status);
	EXPECT_EQ(1, state.fault_seqno);
	EXPECT_EQ(1, state.fault_packet);
	EXPECT_GT(8, state.fault_pe & 0xff);
	EXPECT_GT(8, state.fault_pe >> 8 & 0xff);
}

/* A NOP in front, so that the packet index is told. */
static int run_wrong(struct __test_metadata *_metadata, struct _test_data_pe *self,
		     struct probe_args args)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_nop(&cmds);
	add_probe(self, &cmds, 1, 1, args);
	return client_run(_metadata, &self->c, &cmds);
}

static struct drm_mtia_queue_get_state state_of(struct _test_data_pe *self)
{
	struct drm_mtia_queue_get_state state;

	queue_state(self->c.fd, self->c.queue, &state);
	return state;
}

static bool pc_is_in_program(struct _test_data_pe *self)
{
	__u64 pc = state_of(self).fault_pc;

	return pc > VA_PROGRAM && pc < VA_PROGRAM + self->program.size && pc % 2 == 0;
}

TEST_F(pe, exit_code)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_EXIT, .value = 42,
	}));
	expect_fault(_metadata, self, MTIA_JOB_PE_EXIT, DRM_MTIA_REASON_NONE);
	EXPECT_EQ(42, state_of(self).fault_va);
	EXPECT_EQ(0, state_of(self).fault_cause);
	/* The program's own verdict on its input is nothing to ban a queue for. */
	EXPECT_EQ(0, run_wrong(_metadata, self, (struct probe_args){ .op = PROBE_EXIT }));
}

TEST_F(pe, illegal_instruction)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){ .op = PROBE_ILLEGAL }));
	expect_fault(_metadata, self, MTIA_JOB_PE_EXCEPTION, DRM_MTIA_REASON_JOB_FAULT);
	EXPECT_EQ(2, state_of(self).fault_cause >> 16);
	EXPECT_NE(0, state_of(self).fault_cycle);
	EXPECT_TRUE(pc_is_in_program(self));
}

TEST_F(pe, illegal_command_field)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){ .op = PROBE_FIELD }));
	expect_fault(_metadata, self, MTIA_JOB_PE_COMMAND, DRM_MTIA_REASON_JOB_FAULT);
	EXPECT_EQ(MTIA_CAUSE_FIELD, state_of(self).fault_cause >> 16);
	EXPECT_EQ(MTIA_OP_CB_INIT, state_of(self).fault_va >> 8);
	EXPECT_TRUE(pc_is_in_program(self));
}

TEST_F(pe, deadlock)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){ .op = PROBE_STARVE }));
	expect_fault(_metadata, self, MTIA_JOB_DEADLOCK, DRM_MTIA_REASON_JOB_FAULT);
}

TEST_F(pe, load_from_unmapped)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_LOAD, .va = VA_BASE + 0x1238, .out = VA_OUT,
	}));
	expect_fault(_metadata, self, MTIA_JOB_MMU_FAULT, DRM_MTIA_REASON_MMU_FAULT);
	EXPECT_EQ(VA_BASE + 0x1238, state_of(self).fault_va);
	EXPECT_EQ(MTIA_FAULT_UNMAPPED | MTIA_ACCESS_READ << 8, state_of(self).fault_cause & 0xffff);
	EXPECT_TRUE(pc_is_in_program(self));
}

TEST_F(pe, store_to_unmapped)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_STORE, .va = VA_BASE + 0x1238,
	}));
	expect_fault(_metadata, self, MTIA_JOB_MMU_FAULT, DRM_MTIA_REASON_MMU_FAULT);
	EXPECT_EQ(VA_BASE + 0x1238, state_of(self).fault_va);
	EXPECT_EQ(MTIA_FAULT_UNMAPPED | MTIA_ACCESS_WRITE << 8,
		  state_of(self).fault_cause & 0xffff);
}

TEST_F(pe, dma_from_unmapped)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_DMA_IN, .va = VA_BASE + 0x2000, .out = VA_OUT,
	}));
	expect_fault(_metadata, self, MTIA_JOB_MMU_FAULT, DRM_MTIA_REASON_MMU_FAULT);
	EXPECT_EQ(VA_BASE + 0x2000, state_of(self).fault_va);
	EXPECT_EQ(MTIA_FAULT_UNMAPPED | MTIA_ACCESS_READ << 8, state_of(self).fault_cause & 0xffff);
}

TEST_F(pe, dma_to_unmapped)
{
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_DMA_OUT, .va = VA_BASE + 0x2000,
	}));
	expect_fault(_metadata, self, MTIA_JOB_MMU_FAULT, DRM_MTIA_REASON_MMU_FAULT);
	EXPECT_EQ(MTIA_FAULT_UNMAPPED | MTIA_ACCESS_WRITE << 8,
		  state_of(self).fault_cause & 0xffff);
}

TEST_F(pe, store_to_read_only)
{
	struct buf buf;

	buf_create(_metadata, self->c.fd, PAGE, VRAM, &buf);
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, buf.handle, 0, VA_BASE, PAGE,
			    DRM_MTIA_VM_BIND_READONLY));
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_STORE, .va = VA_BASE, .value = 1,
	}));
	expect_fault(_metadata, self, MTIA_JOB_MMU_FAULT, DRM_MTIA_REASON_MMU_FAULT);
	EXPECT_EQ(MTIA_FAULT_PERM | MTIA_ACCESS_WRITE << 8, state_of(self).fault_cause & 0xffff);
	EXPECT_EQ(0, count_wrong(buf.map, PAGE, 0));
}

TEST_F(pe, code_without_permission)
{
	struct buf buf;

	/* "ret", if it could be fetched. */
	buf_create(_metadata, self->c.fd, PAGE, VRAM, &buf);
	*(volatile __u32 *)buf.map = 0x00008067;
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, buf.handle, 0, VA_BASE, PAGE, 0));
	EXPECT_EQ(0, run_probe(_metadata, self, 1, 1, (struct probe_args){
		.op = PROBE_JUMP, .va = VA_BASE,
	}));
	client_renew_queue(_metadata, &self->c);
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, buf.handle, 0, VA_BASE, PAGE,
			    DRM_MTIA_VM_BIND_NOEXEC));
	EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
		.op = PROBE_JUMP, .va = VA_BASE,
	}));
	expect_fault(_metadata, self, MTIA_JOB_MMU_FAULT, DRM_MTIA_REASON_MMU_FAULT);
	EXPECT_EQ(MTIA_FAULT_PERM | MTIA_ACCESS_EXEC << 8, state_of(self).fault_cause & 0xffff);
	EXPECT_EQ(VA_BASE, state_of(self).fault_va);
}

/* A program does not get out of its address space at the lower end either. */
TEST_F(pe, registers_of_the_chip_are_not_mapped)
{
	static const __u64 vas[] = {
		MTIA_PE_LOCAL_SIZE, MTIA_PA_CTRL, MTIA_PA_PE_CTRL, MTIA_PA_PE_LOCAL,
		MTIA_PA_SRAM, VA_BASE - 8,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vas); i++) {
		EXPECT_EQ(-EIO, run_wrong(_metadata, self, (struct probe_args){
			.op = PROBE_LOAD, .va = vas[i], .out = VA_OUT,
		})) {
			TH_LOG("0x%llx", vas[i]);
		}
		expect_fault(_metadata, self, MTIA_JOB_PE_EXCEPTION, DRM_MTIA_REASON_JOB_FAULT);
		EXPECT_EQ(vas[i], state_of(self).fault_va);
		client_renew_queue(_metadata, &self->c);
	}
}

/* ---- Launches that are refused --------------------------------------------------------------- */

static void expect_refused(struct __test_metadata *_metadata, struct _test_data_pe *self,
			   struct cmds *cmds, __u32 status)
{
	struct drm_mtia_queue_get_state before = state_of(self), state;

	EXPECT_EQ(-EIO, client_run(_metadata, &self->c, cmds));
	state = state_of(self);
	EXPECT_EQ(status, state.fault_status);
	EXPECT_LT(before.fault_seqno, state.fault_seqno);
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
}

TEST_F(pe, more_pes_than_the_queue_has)
{
	static const __u16 shapes[][2] = { { 3, 1 }, { 1, 5 }, { 8, 8 } };
	struct drm_mtia_queue_create args = {
		.vm_id = self->c.vm,
		.priority = DRM_MTIA_PRIORITY_NORMAL,
		.pe_rows = 2,
		.pe_cols = 4,
	};
	struct probe_args exit = { .op = PROBE_EXIT };
	struct cmds cmds;
	size_t i;

	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_MTIA_QUEUE_CREATE, &args));
	ASSERT_EQ(0, queue_destroy(self->c.fd, self->c.queue));
	self->c.queue = args.queue_id;
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		cmds_begin(&cmds);
		add_probe(self, &cmds, shapes[i][0], shapes[i][1], exit);
		expect_refused(_metadata, self, &cmds, MTIA_JOB_NO_RESOURCE);
	}
	EXPECT_EQ(0, run_probe(_metadata, self, 2, 4, exit));
}

TEST_F(pe, more_pes_than_the_chip_has)
{
	struct probe_args exit = { .op = PROBE_EXIT };
	struct cmds cmds;

	cmds_begin(&cmds);
	add_probe(self, &cmds, 9, 1, exit);
	expect_refused(_metadata, self, &cmds, MTIA_JOB_NO_RESOURCE);
	cmds_begin(&cmds);
	add_probe(self, &cmds, 0xffff, 0xffff, exit);
	expect_refused(_metadata, self, &cmds, MTIA_JOB_NO_RESOURCE);
}

TEST_F(pe, wrong_program)
{
	struct mtia_pe_image good, *image = self->program.map;
	struct probe_args exit = { .op = PROBE_EXIT };
	struct cmds cmds;
	int i;

	memcpy(&good, image, sizeof(good));
	for (i = 0; i < 10; i++) {
		struct mtia_pe_image bad = good;

		switch (i) {
		case 0:
			bad.magic ^= 1;
			break;
		case 1:
			bad.abi++;
			break;
		case 2:
			bad.header_size += 4;
			break;
		case 3:
			bad.image_size = self->program.size + 4;
			break;
		case 4:
			bad.image_size += 2;
			break;
		case 5:
			bad.entry[0] = sizeof(bad) - 2;
			break;
		case 6:
			bad.entry[1] = good.image_size;
			break;
		case 7:
			bad.entry[0] |= 1;
			break;
		case 8:
			bad.args_size += 8;
			break;
		case 9:
			bad.entry[1] = ~1u;
			break;
		}
		memcpy(image, &bad, sizeof(bad));
		cmds_begin(&cmds);
		add_probe(self, &cmds, 1, 1, exit);
		expect_refused(_metadata, self, &cmds, MTIA_JOB_BAD_PROGRAM);
	}
	memcpy(image, &good, sizeof(good));
	EXPECT_EQ(0, run_probe(_metadata, self, 1, 1, exit));
}

TEST_HARNESS_MAIN
