// SPDX-License-Identifier: MIT
/* Boot checks and one round of the event loop. */
#include "fw.h"

#include <string.h>

/* How often blocked completions look at the host's consumer count, in cycles (50 us). */
#define CQ_POLL 40000ull

/* Cycles a page of the memory scrubber (10 us): 1 GiB in 2.6 s of device time. */
#define SCRUB_PERIOD 8000u

const uint8_t fw_bit_index[64] = {
	0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17, 4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9, 13, 8, 7, 6,
};

bool fw_lpddr_range_ok(const struct fw *fw, uint64_t offset, uint64_t size)
{
	return offset >= MTIA_FW_REGION_SIZE && size <= fw->lpddr_size &&
	       offset <= fw->lpddr_size - size;
}

static bool rings_ok(const struct mtia_fw_boot *boot)
{
	if (!boot->d2h_addr || boot->d2h_addr % 64 || boot->mbox_vector >= MTIA_MAX_VECTORS)
		return false;
	if (boot->log_addr &&
	    (boot->log_addr % 8 || boot->log_size < 4096 || boot->log_size > 1u << 20 ||
	     (boot->log_size & (boot->log_size - 1))))
		return false;
	/* Counts left over from an earlier boot would be taken for messages of this one. */
	return !port_h2d_tail() && !port_d2h_head();
}

/* `fw` is all zeroes. */
enum mtia_fw_fail fw_init(struct fw *fw, const struct mtia_fw_boot *boot)
{
	uint32_t grid = port_grid();

	if (boot->magic != MTIA_FW_BOOT_MAGIC)
		return MTIA_FW_FAIL_BOOT_MAGIC;
	if (boot->abi_major != MTIA_FW_ABI_MAJOR)
		return MTIA_FW_FAIL_ABI;
	if (!rings_ok(boot))
		return MTIA_FW_FAIL_RING;
	fw->boot = *boot;
	fw->grid_rows = grid & 0xff;
	fw->grid_cols = grid >> 8 & 0xff;
	fw->lpddr_size = port_lpddr_size();
	fw->clock_hz = port_clock_hz();
	if (!fw->grid_rows || fw->grid_rows > MTIA_GRID_ROWS || !fw->grid_cols ||
	    fw->grid_cols > MTIA_GRID_COLS || (grid >> 16 & 0xff) != MTIA_CORES_PER_PE ||
	    fw->lpddr_size <= MTIA_FW_REGION_SIZE || fw->clock_hz < 1000)
		return MTIA_FW_FAIL_HW;

	subgrid_init(&fw->grid, fw->grid_rows, fw->grid_cols, port_pe_enabled());
	memset(fw->channel_owner, FW_NO_OWNER, sizeof(fw->channel_owner));
	port_tlb_invalidate(MTIA_TLB_ALL, 0, 0);
	port_clear_subgrid_events(~0ull);
	port_scrub_memory(SCRUB_PERIOD);
	port_clear_dma_done(~0u);

	fw->log_level = FW_LOG_INFO;
	fw->heartbeat_period = (uint64_t)(boot->heartbeat_ms ? boot->heartbeat_ms : 100) *
			       (fw->clock_hz / 1000);
	fw->heartbeat_at = port_time() + fw->heartbeat_period;
	fw->timer_at = fw->heartbeat_at;
	port_set_timer(fw->timer_at);
	return MTIA_FW_FAIL_NONE;
}

static void timers(struct fw *fw)
{
	uint64_t now = port_time();

	if (now >= fw->heartbeat_at) {
		port_count_heartbeat();
		fw->heartbeat_at = now + fw->heartbeat_period;
	}
	if (fw->sleeping)
		job_sleep_timers(fw, now);
	if (fw->cqe_blocked && now >= fw->poll_at) {
		fw->ready |= fw->cqe_blocked;
		fw->cqe_blocked = 0;
		fw->poll_at = 0;
	}
}

/* One turn for each queue that can go on: higher priority first, then round robin. */
static void run_ready(struct fw *fw)
{
	uint64_t turn = fw->ready;
	uint64_t from_next = ~0ull << fw->next_slot;

	fw->ready = 0;
	fw->next_slot = (fw->next_slot + 1) % MTIA_MAX_QUEUES;
	for (unsigned int priority = 4; priority-- > 0;) {
		uint64_t level = turn & fw->by_priority[priority];

		for (uint64_t m = level & from_next; m; m &= m - 1)
			job_step(fw, &fw->queues[lowest_bit(m)]);
		for (uint64_t m = level & ~from_next; m; m &= m - 1)
			job_step(fw, &fw->queues[lowest_bit(m)]);
	}
}

static void set_timer(struct fw *fw)
{
	uint64_t next = fw->heartbeat_at;

	for (uint64_t m = fw->sleeping; m; m &= m - 1) {
		uint64_t at = fw->queues[lowest_bit(m)].wake_at;

		next = at < next ? at : next;
	}
	if (fw->cqe_blocked) {
		if (!fw->poll_at)
			fw->poll_at = port_time() + CQ_POLL;
		next = fw->poll_at < next ? fw->poll_at : next;
	}
	if (next != fw->timer_at) {
		fw->timer_at = next;
		port_set_timer(next);
	}
}

void fw_poll(struct fw *fw)
{
	uint32_t events;

	do {
		events = port_events();
		if (events & MTIA_CC_IRQ_FAULT)
			dma_take_faults(fw);
		if (events & MTIA_CC_IRQ_ECC)
			mailbox_memory_errors(fw);
		if (events & MTIA_CC_IRQ_DMA)
			dma_poll(fw);
		if (events & MTIA_CC_IRQ_SUBGRID)
			launch_poll(fw);
		if (events & MTIA_CC_IRQ_DOORBELL)
			queue_take_doorbells(fw);
		if (events & MTIA_CC_IRQ_MBOX || fw->mailbox_blocked)
			mailbox_poll(fw);
		timers(fw);
		if (fw->ready)
			run_ready(fw);
	} while (events || fw->ready);
	set_timer(fw);
}
