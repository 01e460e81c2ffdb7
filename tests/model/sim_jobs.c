// SPDX-License-Identifier: GPL-2.0
/* Jobs without PEs on the model: copies, fills, signals, faults, isolation, long runs. */
#include <errno.h>

#include "sim_fixture.h"

static uint64_t word_at(struct client *c, uint64_t offset)
{
	uint64_t value;

	memcpy(&value, (uint8_t *)c->data.cpu + offset, 8);
	return value;
}

static void check_basic(struct simhost *sh)
{
	struct mtia_desc nop = { .type = MTIA_DESC_NOP, .seqno = 1 };
	struct mtia_pkt_timestamp *stamp;
	struct mtia_pkt_fill *fill;
	struct simhost_completion done;
	struct client c;
	uint64_t seqno, before = simhost_now(sh);
	uint8_t *data;
	bool same = true;

	client_open(&c, sh, 0, 0);
	data = c.data.cpu;
	simhost_submit_desc(c.queue, &nop, &seqno);
	tap_ok(!simhost_wait(c.queue, seqno, BUDGET, &done) && !done.status &&
		       done.t_start >= before && done.t_end >= done.t_start &&
		       done.t_end <= simhost_now(sh),
	       "NOP job, %llu cycles", (unsigned long long)(simhost_now(sh) - before));

	for (unsigned int i = 0; i < 10000; i++)
		data[i] = (uint8_t)(i * 7);
	begin(&c);
	fill = packet(&c, MTIA_PKT_FILL, sizeof(*fill));
	fill->dst = DATA_VA + (1 << 20) + 3;
	fill->size = 1000;
	fill->pattern = 0x0807060504030201ull;
	copy(&c, DATA_VA + (2 << 20) + 1, DATA_VA + 5, 9000);
	copy(&c, DATA_VA + (8 << 20), DATA_VA, 8 << 20);
	signal_word(&c, DATA_VA + (3 << 20), 42);
	stamp = packet(&c, MTIA_PKT_TIMESTAMP, sizeof(*stamp));
	stamp->va = DATA_VA + (3 << 20) + 8;
	expect(&c, submit(&c), MTIA_JOB_OK, "fill, copies, signal, timestamp");
	for (unsigned int i = 0; i < 1000; i++)
		same &= data[(1 << 20) + 3 + i] == i % 8 + 1;
	tap_ok(same && !data[(1 << 20) + 2] && !data[(1 << 20) + 1003], "fill at an odd address");
	tap_mem(data + (2 << 20) + 1, data + 5, 9000, "unaligned copy");
	tap_mem(data + (8 << 20), data, 3 << 20, "copy of 8 MiB");
	tap_u64(word_at(&c, 3 << 20), 42, "signal");
	tap_ok(word_at(&c, (3 << 20) + 8) > before &&
		       word_at(&c, (3 << 20) + 8) <= simhost_now(sh),
	       "timestamp");
	client_close(&c);
}

static void check_kernel_queue(struct simhost *sh)
{
	struct simhost_queue *q = simhost_kernel_queue(sh);
	struct simhost_buffer host, vram, sram;
	struct simhost_completion done;
	uint64_t seqno;

	simhost_buffer_alloc(sh, SIMHOST_MEM_HOST, 3 << 20, &host);
	simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, 3 << 20, &vram);
	simhost_buffer_alloc(sh, SIMHOST_MEM_SRAM, 1 << 20, &sram);
	memset(host.cpu, 0x3c, 3 << 20);
	struct mtia_desc up = {
		.type = MTIA_DESC_COPY, .seqno = 1,
		.arg = { host.offset, MTIA_PA_LPDDR + vram.offset, 3 << 20, MTIA_SPACE_HOST } };
	struct mtia_desc fill = { .type = MTIA_DESC_FILL, .seqno = 2,
				  .arg = { 0x1111111111111111ull, MTIA_PA_SRAM + sram.offset,
					   1 << 20, 0 } };
	struct mtia_desc down = {
		.type = MTIA_DESC_COPY, .seqno = 3,
		.arg = { MTIA_PA_SRAM + sram.offset, host.offset, 1 << 20, MTIA_SPACE_HOST << 8 } };
	struct mtia_desc bad = { .type = MTIA_DESC_FILL, .seqno = 4,
				 .arg = { 0, MTIA_PA_LPDDR, 4096, 0 } };
	struct mtia_desc bus = {
		.type = MTIA_DESC_COPY, .seqno = 5,
		.arg = { 0x100, MTIA_PA_LPDDR + vram.offset + (2 << 20), 64, MTIA_SPACE_HOST } };

	simhost_submit_desc(q, &up, NULL);
	simhost_submit_desc(q, &fill, NULL);
	simhost_submit_desc(q, &down, NULL);
	simhost_submit_desc(q, &bad, NULL);
	simhost_submit_desc(q, &bus, &seqno);
	tap_ok(!simhost_wait(q, seqno, BUDGET, &done) && done.status == MTIA_JOB_DMA_ERROR,
	       "a refused bus access: DMA_ERROR");
	simhost_wait(q, 1, 0, &done);
	tap_ok(!done.status && !memcmp(vram.cpu, (uint8_t *)host.cpu + (2 << 20), 1 << 20),
	       "host to LPDDR");
	simhost_wait(q, 3, 0, &done);
	tap_ok(!done.status && *(uint64_t *)host.cpu == 0x1111111111111111ull,
	       "fill of SRAM, SRAM to host");
	simhost_wait(q, 4, 0, &done);
	tap_ok(done.status == MTIA_JOB_BAD_PACKET, "the firmware region is refused");
	simhost_buffer_free(sh, &host);
	simhost_buffer_free(sh, &vram);
	simhost_buffer_free(sh, &sram);
}

static void check_signal_wait(struct simhost *sh)
{
	struct client a, b;
	uint64_t waiter, value = 5;

	client_open(&a, sh, 0, 0);
	client_open(&b, sh, 0, 0);
	/* b sees a page of a's memory */
	simhost_vm_map(b.vm, 0x300000000ull, &a.data, 0, 4096, SIMHOST_READ | SIMHOST_WRITE);
	begin(&a);
	wait_word(&a, DATA_VA, 3);
	waiter = submit(&a);
	tap_ok(simhost_wait(a.queue, waiter, 4000000, NULL) == -ETIME, "WAIT holds its queue");
	begin(&b);
	signal_word(&b, 0x300000000ull, 3);
	expect(&b, submit(&b), MTIA_JOB_OK, "another queue signals");
	expect(&a, waiter, MTIA_JOB_OK, "the waiter goes on");
	begin(&a);
	wait_word(&a, DATA_VA + 64, 5);
	waiter = submit(&a);
	simhost_wait(a.queue, waiter, 4000000, NULL);
	memcpy((uint8_t *)a.data.cpu + 64, &value, 8);
	expect(&a, waiter, MTIA_JOB_OK, "a value written by the host is noticed");
	begin(&a);
	wait_word(&a, DATA_VA + 128, 1);
	waiter = submit(&a);
	simhost_wait(a.queue, waiter, 4000000, NULL);
	tap_ok(!simhost_queue_kill(a.queue, MTIA_JOB_TIMEOUT), "kill of a waiting job");
	expect(&a, waiter, MTIA_JOB_TIMEOUT, "it ends");
	simhost_vm_unmap(b.vm, 0x300000000ull, 4096);
	client_close(&a);
	client_close(&b);
}

static void check_fault(struct client *c, uint64_t dst, uint64_t src, uint64_t addr,
			unsigned int reason, unsigned int access, const char *name)
{
	struct simhost_fault fault = { 0 };
	char text[256];
	uint64_t seqno;

	begin(c);
	packet(c, MTIA_PKT_NOP, sizeof(struct mtia_pkt));
	copy(c, dst, src, 4096);
	seqno = submit(c);
	expect(c, seqno, MTIA_JOB_MMU_FAULT, name);
	simhost_queue_fault(c->queue, &fault);
	tap_ok(fault.seqno == seqno && fault.addr == addr && fault.reason == reason &&
		       fault.access == access && fault.packet == 1 && !fault.on_pe &&
		       fault.asid == simhost_vm_asid(c->vm),
	       "%s: %s", name, simhost_fault_text(&fault, text, sizeof(text)));
}

static void check_isolation(struct simhost *sh)
{
	struct client a, b;
	uint64_t private_va = 0x400000000ull, seqno;
	struct simhost_buffer secret;
	uint32_t detail;

	client_open(&a, sh, 0, 0);
	client_open(&b, sh, 0, 0);
	simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, 8192, &secret);
	memset(secret.cpu, 0x5e, 8192);
	simhost_vm_map(b.vm, private_va, &secret, 0, 8192, SIMHOST_READ);

	check_fault(&a, DATA_VA, private_va, private_va, MTIA_FAULT_UNMAPPED, MTIA_ACCESS_READ,
		    "read of a VA that only another context maps");
	check_fault(&a, DATA_VA, MTIA_PA_LPDDR + secret.offset, MTIA_PA_LPDDR + secret.offset,
		    MTIA_FAULT_UNMAPPED, MTIA_ACCESS_READ, "its physical address");
	check_fault(&a, MTIA_PA_LPDDR, DATA_VA, MTIA_PA_LPDDR, MTIA_FAULT_UNMAPPED,
		    MTIA_ACCESS_WRITE, "write to the firmware's physical address");
	check_fault(&a, MTIA_PA_CTRL, DATA_VA, MTIA_PA_CTRL, MTIA_FAULT_UNMAPPED, MTIA_ACCESS_WRITE,
		    "write to control registers");
	check_fault(&a, DATA_VA, 0, 0, MTIA_FAULT_UNMAPPED, MTIA_ACCESS_READ, "read of VA 0");
	check_fault(&b, private_va, DATA_VA, private_va, MTIA_FAULT_PERM, MTIA_ACCESS_WRITE,
		    "write to a read-only page");
	check_fault(&a, DATA_VA, DATA_VA + DATA_SIZE - 2048, DATA_VA + DATA_SIZE,
		    MTIA_FAULT_UNMAPPED, MTIA_ACCESS_READ, "copy that runs off its buffer");
	tap_ok(((uint8_t *)secret.cpu)[0] == 0x5e && !((uint8_t *)a.data.cpu)[0],
	       "no byte went either way");
	begin(&b);
	copy(&b, DATA_VA, private_va, 4096);
	expect(&b, submit(&b), MTIA_JOB_OK, "its owner can read it");

	/* After an unmap the old translation is gone. */
	tap_ok(!simhost_vm_unmap(b.vm, private_va, 4096) && secret.mappings == 1, "half unmapped");
	check_fault(&b, DATA_VA, private_va, private_va, MTIA_FAULT_UNMAPPED, MTIA_ACCESS_READ,
		    "read after unmap");
	begin(&b);
	copy(&b, DATA_VA, private_va + 4096, 4096);
	expect(&b, submit(&b), MTIA_JOB_OK, "the other half");

	tap_ok(simhost_vm_destroy(b.vm) == -EBUSY, "address space in use");
	tap_ok(simhost_buffer_free(sh, &secret) == -EBUSY, "mapped buffer is not freed");
	tap_ok(simhost_vm_map(b.vm, DATA_VA + 4096, &secret, 0, 4096, SIMHOST_READ) == -EEXIST,
	       "no mapping over a mapping");
	tap_ok(simhost_vm_map(b.vm, 0x1000, &secret, 0, 4096, SIMHOST_READ) == -EINVAL,
	       "no mapping below the user range");
	simhost_vm_unmap(b.vm, private_va, 8192);
	tap_ok(!simhost_buffer_free(sh, &secret), "unmapped buffer is");

	/* A hole in the middle of a large page. */
	tap_ok(!simhost_vm_unmap(a.vm, DATA_VA + (2 << 20) + 4096, 4096), "hole in a 2 MiB leaf");
	begin(&a);
	copy(&a, DATA_VA, DATA_VA + (2 << 20), 4096);
	copy(&a, DATA_VA, DATA_VA + (2 << 20) + 8192, 4096);
	copy(&a, DATA_VA, DATA_VA + (2 << 20) + 4096, 8);
	seqno = submit(&a);
	tap_ok(finish(&a, seqno, &detail) == MTIA_JOB_MMU_FAULT && detail == 2,
	       "its neighbours are mapped, it is not");

	begin(&a);
	packet(&a, 77, 8);
	expect(&a, submit(&a), MTIA_JOB_BAD_PACKET, "unknown packet");
	simhost_submit(a.queue, COMMANDS_VA + 4, 64, &seqno);
	expect(&a, seqno, MTIA_JOB_BAD_BUFFER, "misaligned command buffer");
	simhost_submit(a.queue, private_va, 64, &seqno);
	expect(&a, seqno, MTIA_JOB_MMU_FAULT, "unmapped command buffer");
	simhost_submit(a.queue, COMMANDS_VA, 0, &seqno);
	expect(&a, seqno, MTIA_JOB_BAD_BUFFER, "empty command buffer");
	begin(&a);
	expect(&a, submit(&a), MTIA_JOB_OK, "and the next job works");
	client_close(&a);
	client_close(&b);
}

static void check_memories(struct simhost *sh)
{
	const uint64_t host_va = 0x300000000ull, sram_va = 0x310000000ull;
	struct simhost_buffer host, sram;
	struct client c;
	uint64_t seqno;

	client_open(&c, sh, 0, 0);
	simhost_buffer_alloc(sh, SIMHOST_MEM_HOST, 3 << 20, &host);
	simhost_buffer_alloc(sh, SIMHOST_MEM_SRAM, 3 << 20, &sram);
	simhost_vm_map(c.vm, host_va, &host, 0, host.size, SIMHOST_READ | SIMHOST_WRITE);
	simhost_vm_map(c.vm, sram_va, &sram, 0, sram.size, SIMHOST_READ | SIMHOST_WRITE);
	for (uint32_t i = 0; i < (1 << 20); i++)
		((uint8_t *)host.cpu)[i] = (uint8_t)(i >> 3 ^ i);
	begin(&c);
	copy(&c, sram_va + 7, host_va + 3, (1 << 20) - 3);
	copy(&c, DATA_VA + 1, sram_va + 7, (1 << 20) - 3);
	copy(&c, host_va + (2 << 20) + 5, DATA_VA + 1, (1 << 20) - 5);
	signal_word(&c, host_va + (1 << 20), 99);
	wait_word(&c, host_va + (1 << 20), 99);
	expect(&c, submit(&c), MTIA_JOB_OK, "host to SRAM to LPDDR to host");
	tap_mem((uint8_t *)host.cpu + (2 << 20) + 5, (uint8_t *)host.cpu + 3, (1 << 20) - 5,
		"a megabyte by way of every memory");
	/* A command buffer may lie in host memory as well. */
	memcpy(host.cpu, c.commands.cpu, c.size);
	simhost_submit(c.queue, host_va, c.size, &seqno);
	expect(&c, seqno, MTIA_JOB_OK, "commands in host memory");
	simhost_vm_unmap(c.vm, host_va, 3 << 20);
	simhost_vm_unmap(c.vm, sram_va, 3 << 20);
	tap_ok(!simhost_buffer_free(sh, &host) && !simhost_buffer_free(sh, &sram), "freed");
	client_close(&c);
}

static void check_limits(struct simhost *sh)
{
	uint64_t lpddr = simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR);
	struct simhost_queue_config qc = { .size = sizeof(qc), .entries = 2 };
	struct simhost_queue *queues[MTIA_MAX_QUEUES], *extra;
	struct simhost_vm *vms[MTIA_MAX_ASIDS], *none;
	struct simhost_buffer buffer;
	struct mtia_desc nop = { .type = MTIA_DESC_NOP, .seqno = 1 };
	unsigned int good = 0;
	uint64_t seqno;

	for (unsigned int i = 1; i < MTIA_MAX_ASIDS; i++)
		good += !simhost_vm_create(sh, &vms[i]) &&
			!simhost_queue_create(vms[i], &qc, &queues[i]);
	tap_u64(good, MTIA_MAX_ASIDS - 1, "63 address spaces with a queue each");
	tap_ok(simhost_vm_create(sh, &none) == -ENOSPC, "no 64th: %s", simhost_error(sh));
	tap_ok(simhost_queue_create(vms[1], &qc, &extra) == -ENOSPC, "no queue more: %s",
	       simhost_error(sh));
	good = 0;
	for (unsigned int i = 1; i < MTIA_MAX_ASIDS; i++)
		simhost_submit_desc(queues[i], &nop, NULL);
	for (unsigned int i = 1; i < MTIA_MAX_ASIDS; i++)
		good += !simhost_wait(queues[i], 1, BUDGET, NULL);
	tap_u64(good, MTIA_MAX_ASIDS - 1, "all of them run");
	nop.seqno = 2;
	simhost_submit_desc(queues[1], &nop, NULL);
	nop.seqno = 3;
	simhost_submit_desc(queues[1], &nop, NULL);
	tap_ok(simhost_submit_desc(queues[1], &nop, &seqno) == -EAGAIN, "a full ring: %s",
	       simhost_error(sh));
	tap_ok(simhost_wait(queues[1], 4, 0, NULL) == -ENOENT, "wait for a job never submitted");
	for (unsigned int i = 1; i < MTIA_MAX_ASIDS; i++) {
		simhost_queue_destroy(queues[i]);
		simhost_vm_destroy(vms[i]);
	}
	tap_ok(simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, 1ull << 30, &buffer) == -ENOSPC,
	       "more than LPDDR: %s", simhost_error(sh));
	tap_ok(simhost_buffer_alloc(sh, SIMHOST_MEM_SRAM, 0, &buffer) == -EINVAL, "empty buffer");
	tap_u64(simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR), lpddr, "nothing is lost");
}

/* Many jobs on many queues: rings and completion ring wrap several times. */
static void check_long_run(struct simhost *sh)
{
	struct simhost_queue_config qc = { .size = sizeof(qc), .entries = 32 };
	struct simhost_queue *queues[8];
	struct simhost_vm *vm;
	uint64_t lpddr = simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR);
	unsigned int good = 0;
	const unsigned int rounds = 80;

	simhost_vm_create(sh, &vm);
	for (unsigned int i = 0; i < 8; i++)
		if (simhost_queue_create(vm, &qc, &queues[i]))
			tap_ok(false, "queue %u", i);
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int n = 0; n < 32; n++) {
			for (unsigned int i = 0; i < 8; i++) {
				struct mtia_desc nop = { .type = MTIA_DESC_NOP,
							 .seqno = round * 32 + n + 1 };

				simhost_submit_desc(queues[i], &nop, NULL);
			}
		}
		for (unsigned int i = 0; i < 8; i++) {
			struct simhost_completion done;

			if (!simhost_wait(queues[i], (round + 1) * 32, BUDGET, &done))
				good += !done.status;
		}
	}
	tap_u64(good, 8 * rounds, "%u NOP jobs on 8 queues", rounds * 32 * 8);
	for (unsigned int i = 0; i < 8; i++)
		simhost_queue_destroy(queues[i]);
	simhost_vm_destroy(vm);
	tap_u64(simhost_mem_free_bytes(sh, SIMHOST_MEM_LPDDR), lpddr, "LPDDR is back where it was");
}

int main(int argc, char **argv)
{
	struct simhost *sh;

	fixture_init(argc, argv);
	sh = device_open();
	check_basic(sh);
	check_kernel_queue(sh);
	check_signal_wait(sh);
	check_isolation(sh);
	check_memories(sh);
	check_limits(sh);
	check_long_run(sh);
	tap_ok(simhost_state(sh) == SIMHOST_READY, "firmware is well at the end");
	simhost_close(sh);
	return tap_done();
}
