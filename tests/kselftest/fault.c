// SPDX-License-Identifier: GPL-2.0
/*
 * Command buffers with mistakes: each field of each packet, buffers that are cut short, addresses
 * that are not mapped, random bytes. A job fails with the right record; the next one works.
 */
#include "mtia_test.h"

#define SIZE (16 * PAGE)

FIXTURE(fault)
{
	struct client c;
	struct buf buf; /* 16 pages at VA_BASE */
	__u64 seqno;	/* of the jobs of the client's queue */
};

FIXTURE_SETUP(fault)
{
	client_open(_metadata, &self->c, 2000);
	client_buf(_metadata, &self->c, SIZE, VRAM, VA_BASE, &self->buf);
}

FIXTURE_TEARDOWN(fault)
{
	client_close(&self->c);
}

static struct drm_mtia_queue_get_state state_of(const struct client *c)
{
	struct drm_mtia_queue_get_state state;

	queue_state(c->fd, c->queue, &state);
	return state;
}

static void expect_next_job_works(struct __test_metadata *_metadata, struct client *c)
{
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_nop(&cmds);
	EXPECT_EQ(0, client_run(_metadata, c, &cmds));
}

/* ---- Mistakes that cost the job -------------------------------------------------------------- */

/* Submits bytes as they are and looks at the record. */
static void expect_bad(struct __test_metadata *_metadata, struct _test_data_fault *self,
		       const void *data, __u32 size, __u32 status, __u32 packet, const char *what)
{
	struct drm_mtia_queue_get_state state;
	struct client *c = &self->c;

	memcpy(c->cmds.map, data, size);
	ASSERT_EQ(0, submit(c->fd, c->queue, VA_CMDS, size, c->syncobj));
	self->seqno++;
	EXPECT_EQ(-EIO, client_wait(_metadata, c)) {
		TH_LOG("%s", what);
	}
	state = state_of(c);
	EXPECT_EQ(status, state.fault_status) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(packet, state.fault_packet) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(self->seqno, state.fault_seqno);
	EXPECT_EQ(0xff, state.fault_pe & 0xff);
	/* The queue goes on. */
	EXPECT_EQ(DRM_MTIA_STATE_OK, state.state);
	EXPECT_EQ(DRM_MTIA_REASON_NONE, state.reason);
	expect_next_job_works(_metadata, c);
	self->seqno++;
}

TEST_F(fault, header_fields)
{
	static const struct {
		const char *what;
		struct mtia_cmd_header header;
		__u32 status, packet;
	} cases[] = {
		{ "magic", { MTIA_CMD_MAGIC + 1, MTIA_CMD_VERSION, 2, 32, 0 },
		  MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET },
		{ "version", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION + 1, 2, 32, 0 },
		  MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET },
		{ "version 0", { MTIA_CMD_MAGIC, 0, 2, 32, 0 },
		  MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET },
		{ "size larger", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 2, 40, 0 },
		  MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET },
		{ "size smaller", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 2, 24, 0 },
		  MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET },
		{ "flags", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 2, 32, 1 },
		  MTIA_JOB_BAD_BUFFER, MTIA_NO_PACKET },
		{ "one packet less", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 1, 32, 0 },
		  MTIA_JOB_BAD_PACKET, 1 },
		{ "one packet more", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 3, 32, 0 },
		  MTIA_JOB_BAD_PACKET, 2 },
		{ "no packet", { MTIA_CMD_MAGIC, MTIA_CMD_VERSION, 0, 32, 0 },
		  MTIA_JOB_BAD_PACKET, 0 },
	};
	struct cmds cmds;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cmds_begin(&cmds);
		cmds_nop(&cmds);
		cmds_nop(&cmds);
		*cmds_end(&cmds) = cases[i].header;
		expect_bad(_metadata, self, cmds.data, cmds.size, cases[i].status, cases[i].packet,
			   cases[i].what);
	}
}

/* A good SIGNAL, then the wrong packet, then a SIGNAL that must not be reached. */
static void expect_bad_packet(struct __test_metadata *_metadata, struct _test_data_fault *self,
			      const void *packet, __u32 size, const char *what)
{
	volatile __u64 *word = self->buf.map;
	struct cmds cmds;

	word[0] = 0;
	word[1] = 0;
	cmds_begin(&cmds);
	cmds_signal(&cmds, VA_BASE, 1);
	memcpy(cmds_add(&cmds, 0, size), packet, size);
	cmds_signal(&cmds, VA_BASE + 8, 2);
	cmds_end(&cmds);
	expect_bad(_metadata, self, cmds.data, cmds.size, MTIA_JOB_BAD_PACKET, 1, what);
	EXPECT_EQ(1, word[0]) {
		TH_LOG("%s: packets before it have not run", what);
	}
	EXPECT_EQ(0, word[1]) {
		TH_LOG("%s: packets behind it have run", what);
	}
}

#define BAD(type, ...)                                                                       \
	do {                                                                                 \
		const type packet = __VA_ARGS__;                                             \
		expect_bad_packet(_metadata, self, &packet, sizeof(packet), #__VA_ARGS__);   \
	} while (0)

/* The same with a good header: what follows it. */
#define BODY(op, type, ...)                                                                  \
	BAD(struct mtia_pkt_##type,                                                          \
	    { { MTIA_PKT_##op, 0, sizeof(struct mtia_pkt_##type) }, __VA_ARGS__ })

TEST_F(fault, packet_headers)
{
	BAD(struct mtia_pkt, { MTIA_PKT_TIMESTAMP + 1, 0, 8 });
	BAD(struct mtia_pkt, { 0xffff, 0, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 1, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0x8000, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0, 0 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0, 4 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0, 12 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0, 16 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0, 4096 });
	BAD(struct mtia_pkt, { MTIA_PKT_NOP, 0, 0xfffffff8 });
	BAD(struct mtia_pkt, { MTIA_PKT_LAUNCH, 0, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_COPY, 0, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_FILL, 0, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_SIGNAL, 0, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_WAIT, 0, 8 });
	BAD(struct mtia_pkt, { MTIA_PKT_TIMESTAMP, 0, 8 });
}

TEST_F(fault, copy_fields)
{
	BODY(COPY, copy, VA_BASE, VA_BASE + PAGE, 0);
	BODY(COPY, copy, VA_BASE, VA_BASE + PAGE, PAGE + 1);
	BODY(COPY, copy, VA_BASE + PAGE, VA_BASE, PAGE + 1);
	BODY(COPY, copy, VA_BASE, VA_BASE, 8);
	BODY(COPY, copy, VA_BASE, VA_BASE + PAGE, ~0ull);
	BODY(COPY, copy, MTIA_VA_USER_MAX - 8, VA_BASE, 16);
	BODY(COPY, copy, VA_BASE, MTIA_VA_USER_MAX - 8, 16);
	BODY(COPY, copy, ~7ull, VA_BASE, 16);
	BAD(struct mtia_pkt_copy, { { MTIA_PKT_COPY, 0, 24 }, VA_BASE, VA_BASE + PAGE, 8 });
	BAD(struct mtia_pkt_copy, { { MTIA_PKT_COPY, 0, 40 }, VA_BASE, VA_BASE + PAGE, 8 });
}

TEST_F(fault, fill_fields)
{
	BODY(FILL, fill, VA_BASE, 0, 1);
	BODY(FILL, fill, VA_BASE, ~0ull, 1);
	BODY(FILL, fill, VA_BASE, 1ull << 63, 1);
	BODY(FILL, fill, MTIA_VA_USER_MAX, 8, 1);
	BODY(FILL, fill, ~0ull, 1, 1);
	BAD(struct mtia_pkt_fill, { { MTIA_PKT_FILL, 4, 32 }, VA_BASE, 8, 1 });
}

TEST_F(fault, word_packet_fields)
{
	BODY(SIGNAL, signal, VA_BASE + 4, 1);
	BODY(SIGNAL, signal, MTIA_VA_USER_MAX, 1);
	BODY(SIGNAL, signal, -8ull, 1);
	BODY(WAIT, wait, VA_BASE + 1, 0);
	BODY(WAIT, wait, 1ull << 48, 0);
	BODY(TIMESTAMP, timestamp, VA_BASE + 7);
	BODY(TIMESTAMP, timestamp, -8ull);
}

TEST_F(fault, launch_fields)
{
	BODY(LAUNCH, launch, VA_BASE + 8, PAGE, 1, 1, 0, 0);
	BODY(LAUNCH, launch, VA_BASE, PAGE, 0, 1, 0, 0);
	BODY(LAUNCH, launch, VA_BASE, PAGE, 1, 0, 0, 0);
	BODY(LAUNCH, launch, VA_BASE, PAGE, 1, 1, 0, 1);
	BODY(LAUNCH, launch, VA_BASE, PAGE, 1, 1, 8, 0);
	BODY(LAUNCH, launch, VA_BASE, PAGE, 1, 1, 2049, 0);
	BODY(LAUNCH, launch, VA_BASE, PAGE, 1, 1, ~0u, 0);
	BODY(LAUNCH, launch, VA_BASE, 0, 1, 1, 0, 0);
	BODY(LAUNCH, launch, MTIA_VA_USER_MAX, PAGE, 1, 1, 0, 0);
	BAD(struct mtia_pkt_launch, { { MTIA_PKT_LAUNCH, 0, 24 }, VA_BASE, PAGE, 1, 1, 0, 0 });
}

/* Every length of a buffer of four packets, header made to fit. */
TEST_F(fault, truncated_buffers)
{
	struct mtia_cmd_header header;
	struct cmds cmds;
	__u32 size;

	cmds_begin(&cmds);
	cmds_fill(&cmds, VA_BASE, 8, 1);
	cmds_copy(&cmds, VA_BASE + 8, VA_BASE, 8);
	cmds_signal(&cmds, VA_BASE, 2);
	cmds_timestamp(&cmds, VA_BASE);
	header = *cmds_end(&cmds);
	for (size = sizeof(header); size < header.size; size += 8) {
		struct mtia_cmd_header cut = header;
		__u32 whole = size < 48 ? 0 : size < 80 ? 1 : size < 104 ? 2 : 3;

		cut.size = size;
		memcpy(cmds.data, &cut, sizeof(cut));
		expect_bad(_metadata, self, cmds.data, size, MTIA_JOB_BAD_PACKET, whole, "cut");
	}
}

/* ---- Mistakes that cost the queue ------------------------------------------------------------ */

#define VA_HOLE (VA_BASE + 64 * MIB)

/* Two NOPs, then what faults; looks at both records and goes on with a new queue. */
static void expect_mmu_fault(struct __test_metadata *_metadata, struct _test_data_fault *self,
			     struct cmds *cmds, __u64 va, __u32 cause, const char *what)
{
	struct drm_mtia_vm_get_state before = { .vm_id = self->c.vm }, vm = before;
	struct drm_mtia_queue_get_state state;
	struct client *c = &self->c;

	ASSERT_EQ(0, mtia_ioctl(c->fd, DRM_IOCTL_MTIA_VM_GET_STATE, &before));
	expect_next_job_works(_metadata, c);
	EXPECT_EQ(-EIO, client_run(_metadata, c, cmds)) {
		TH_LOG("%s", what);
	}
	state = state_of(c);
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(DRM_MTIA_REASON_MMU_FAULT, state.reason);
	EXPECT_EQ(DRM_MTIA_QUEUE_GUILTY, state.flags);
	EXPECT_EQ(MTIA_JOB_MMU_FAULT, state.fault_status);
	EXPECT_EQ(2, state.fault_seqno);
	EXPECT_EQ(2, state.fault_packet) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(va, state.fault_va) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(cause, state.fault_cause) {
		TH_LOG("%s", what);
	}
	EXPECT_EQ(0xff, state.fault_pe & 0xff);
	EXPECT_EQ(c->epoch, state.reset_epoch);

	ASSERT_EQ(0, mtia_ioctl(c->fd, DRM_IOCTL_MTIA_VM_GET_STATE, &vm));
	EXPECT_EQ(DRM_MTIA_STATE_OK, vm.state);
	EXPECT_EQ(va, vm.fault_va);
	EXPECT_EQ(before.fault_count + 1, vm.fault_count);
	EXPECT_EQ(cause, vm.fault_status);

	/* Banned: no more work, until there is a new one. */
	EXPECT_EQ(-ECANCELED, client_submit(c, cmds));
	client_renew_queue(_metadata, c);
	expect_next_job_works(_metadata, c);
	client_renew_queue(_metadata, c);
}

#define FAULTS(adding, va, cause)                                                  \
	do {                                                                       \
		struct cmds cmds;                                                  \
                                                                                   \
		cmds_begin(&cmds);                                                 \
		cmds_nop(&cmds);                                                   \
		cmds_nop(&cmds);                                                   \
		adding;                                                            \
		cmds_signal(&cmds, VA_BASE + SIZE - 8, 0xbad);                     \
		expect_mmu_fault(_metadata, self, &cmds, va, cause, #adding);      \
		EXPECT_EQ(0, ((volatile __u64 *)self->buf.map)[SIZE / 8 - 1]);     \
	} while (0)

#define READ_FAULT(reason)  (MTIA_FAULT_##reason | MTIA_ACCESS_READ << 8)
#define WRITE_FAULT(reason) (MTIA_FAULT_##reason | MTIA_ACCESS_WRITE << 8)

TEST_F(fault, unmapped)
{
	FAULTS(cmds_fill(&cmds, VA_HOLE, 8, 1), VA_HOLE, WRITE_FAULT(UNMAPPED));
	FAULTS(cmds_copy(&cmds, VA_HOLE, VA_BASE, 64), VA_HOLE, WRITE_FAULT(UNMAPPED));
	FAULTS(cmds_copy(&cmds, VA_BASE, VA_HOLE, 64), VA_HOLE, READ_FAULT(UNMAPPED));
	FAULTS(cmds_signal(&cmds, VA_HOLE, 1), VA_HOLE, WRITE_FAULT(UNMAPPED));
	FAULTS(cmds_wait(&cmds, VA_HOLE, 0), VA_HOLE, READ_FAULT(UNMAPPED));
	FAULTS(cmds_timestamp(&cmds, VA_HOLE), VA_HOLE, WRITE_FAULT(UNMAPPED));
	FAULTS(cmds_launch(&cmds, VA_HOLE, PAGE, 1, 1, NULL, 0), VA_HOLE, READ_FAULT(UNMAPPED));
}

/* The first address that is not mapped is told, not the first of the range. */
TEST_F(fault, running_over_the_end)
{
	FAULTS(cmds_fill(&cmds, VA_BASE + SIZE / 2, SIZE, 0), VA_BASE + SIZE,
	       WRITE_FAULT(UNMAPPED));
	FAULTS(cmds_copy(&cmds, VA_BASE, VA_BASE + SIZE - 24, 64), VA_BASE + SIZE,
	       READ_FAULT(UNMAPPED));
}

TEST_F(fault, read_only)
{
	struct buf ro;

	buf_create(_metadata, self->c.fd, PAGE, VRAM, &ro);
	fill_words(ro.map, PAGE, 9);
	ASSERT_EQ(0, vm_map(self->c.fd, self->c.vm, ro.handle, 0, VA_HOLE, PAGE,
			    DRM_MTIA_VM_BIND_READONLY));
	FAULTS(cmds_fill(&cmds, VA_HOLE, 8, 1), VA_HOLE, WRITE_FAULT(PERM));
	FAULTS(cmds_copy(&cmds, VA_HOLE + 16, VA_BASE, 64), VA_HOLE + 16, WRITE_FAULT(PERM));
	FAULTS(cmds_signal(&cmds, VA_HOLE, 1), VA_HOLE, WRITE_FAULT(PERM));
	FAULTS(cmds_timestamp(&cmds, VA_HOLE), VA_HOLE, WRITE_FAULT(PERM));
	EXPECT_EQ(0, count_wrong(ro.map, PAGE, 9));
}

/* The command buffer itself: no packet is to blame. */
TEST_F(fault, command_buffer_not_mapped)
{
	struct drm_mtia_queue_get_state state;
	struct client *c = &self->c;

	ASSERT_EQ(0, submit(c->fd, c->queue, VA_HOLE, 64, c->syncobj));
	EXPECT_EQ(-EIO, client_wait(_metadata, c));
	state = state_of(c);
	EXPECT_EQ(DRM_MTIA_STATE_BANNED, state.state);
	EXPECT_EQ(MTIA_JOB_MMU_FAULT, state.fault_status);
	EXPECT_EQ(VA_HOLE, state.fault_va);
	EXPECT_EQ(MTIA_NO_PACKET, state.fault_packet);
	client_renew_queue(_metadata, c);
	expect_next_job_works(_metadata, c);
}

/* Unmapped while a job of the queue waits: nothing crashes, the job faults or was done before. */
TEST_F(fault, unmapped_under_a_running_job)
{
	struct client *c = &self->c;
	struct cmds cmds;
	struct buf buf;

	client_buf(_metadata, c, PAGE, VRAM, VA_HOLE, &buf);
	cmds_begin(&cmds);
	client_gate(c, &cmds);
	cmds_fill(&cmds, VA_HOLE, PAGE, 1);
	ASSERT_EQ(0, client_submit(c, &cmds));
	nap_ms(20);
	ASSERT_EQ(0, vm_unmap(c->fd, c->vm, VA_HOLE, PAGE));
	client_release(c);
	EXPECT_EQ(-EIO, client_wait(_metadata, c));
	EXPECT_EQ(VA_HOLE, state_of(c).fault_va);
	EXPECT_EQ(0, count_wrong(buf.map, PAGE, 0));
}

/* ---- Random ---------------------------------------------------------------------------------- */

static __u64 random64(__u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Mostly near what is mapped, sometimes anywhere. */
static __u64 random_va(__u64 *state)
{
	__u64 r = random64(state);

	switch (r & 7) {
	case 0:
		return random64(state);
	case 1:
		return VA_CMDS + (r >> 8) % CMDS_SIZE;
	default:
		return VA_BASE + (r >> 8) % (SIZE + PAGE);
	}
}

/* Packets of right form with random contents; WAIT only for what is there already. */
static void random_packets(struct cmds *cmds, __u64 *state)
{
	int count = random64(state) % 8;

	cmds_begin(cmds);
	while (count--) {
		__u64 r = random64(state), size = random64(state) % (2 * PAGE);
		__u64 args[4] = { r, r >> 1, r >> 2, r >> 3 };

		switch (r % 7) {
		case 0:
			cmds_fill(cmds, random_va(state), size, r);
			break;
		case 1:
			cmds_copy(cmds, random_va(state), random_va(state), size);
			break;
		case 2:
			cmds_signal(cmds, random_va(state) & ~7ull, r);
			break;
		case 3:
			cmds_wait(cmds, random_va(state) & ~7ull, 0);
			break;
		case 4:
			cmds_timestamp(cmds, random_va(state) & ~7ull);
			break;
		case 5:
			cmds_launch(cmds, random_va(state) & ~(PAGE - 1), size, r >> 8 & 7,
				    r >> 16 & 7, args, r >> 24 & 31);
			break;
		case 6:
			memcpy(cmds_add(cmds, r >> 8, 32), args, 32);
			break;
		}
	}
}

/* 500 buffers; a neighbour's data stays what it is, and it can work after each of them. */
TEST_F_TIMEOUT(fault, random_command_buffers, 90)
{
	__u64 rng = 0x6d746961ull, before, *words;
	struct client neighbour;
	struct cmds cmds;
	struct buf secret;
	__u32 i, k, size;

	client_open(_metadata, &neighbour, 0);
	client_buf(_metadata, &neighbour, SIZE, VRAM, VA_BASE, &secret);
	fill_words(secret.map, SIZE, 0x900d900d900d900dull);
	before = vram_used(self->c.fd);
	for (i = 0; i < 500; i++) {
		switch (i % 4) {
		case 0: /* bytes */
			cmds.size = 16 + random64(&rng) % 512 * 8;
			for (words = (__u64 *)cmds.data, k = 0; k < cmds.size / 8; k++)
				words[k] = random64(&rng);
			break;
		case 1: /* bytes behind a good header */
			cmds_begin(&cmds);
			cmds.packets = random64(&rng) % 16;
			size = random64(&rng) % 64 * 8;
			for (words = (__u64 *)(cmds.data + cmds.size), k = 0; k < size / 8; k++)
				words[k] = random64(&rng);
			cmds.size += size;
			cmds_end(&cmds);
			break;
		case 2:
			random_packets(&cmds, &rng);
			cmds_end(&cmds);
			break;
		case 3: /* one bit wrong */
			random_packets(&cmds, &rng);
			cmds_end(&cmds);
			k = random64(&rng) % (cmds.size * 8);
			cmds.data[k / 8] ^= 1 << k % 8;
			break;
		}
		memcpy(self->c.cmds.map, cmds.data, cmds.size);
		ASSERT_EQ(0,
			  submit(self->c.fd, self->c.queue, VA_CMDS, cmds.size, self->c.syncobj));
		client_wait(_metadata, &self->c);
		if (state_of(&self->c).state != DRM_MTIA_STATE_OK)
			client_renew_queue(_metadata, &self->c);
		if (i % 50 == 0) {
			EXPECT_EQ(0, count_wrong(secret.map, SIZE, 0x900d900d900d900dull));
			expect_next_job_works(_metadata, &neighbour);
		}
	}
	expect_next_job_works(_metadata, &self->c);
	EXPECT_EQ(0, client_read(_metadata, &neighbour, VA_BASE, SIZE / 4));
	EXPECT_EQ(0, count_wrong(client_read_result(&neighbour), SIZE / 4, 0x900d900d900d900dull));
	EXPECT_EQ(before, vram_used(self->c.fd));
	client_close(&neighbour);
}

TEST_HARNESS_MAIN
