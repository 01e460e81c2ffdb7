// SPDX-License-Identifier: GPL-2.0
/* Faults on request: each one bites as it says, is taken back, and is invisible while off. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soc/pe_machine.h"

static int inject(struct machine *mc, enum mtia_model_fault fault, uint64_t arg0, uint64_t arg1)
{
	return mtia_model_inject(mc->model, fault, arg0, arg1);
}

static void test_table(struct machine *mc)
{
	const struct mtia_model_fault_info *info;
	unsigned int count, bad = 0;

	for (count = 0; (info = mtia_model_fault_info(count)) != NULL; count++) {
		if (!info->name || !*info->name || !info->help || !*info->help ||
		    info->fault == MTIA_INJECT_CLEAR)
			bad++;
		for (unsigned int i = 0; i < count; i++)
			bad += !strcmp(mtia_model_fault_info(i)->name, info->name) ||
			       mtia_model_fault_info(i)->fault == info->fault;
		bad += inject(mc, MTIA_INJECT_CLEAR, info->fault, 0) != 0;
	}
	tap_ok(count == 12 && !bad, "%u faults, each with a name and a number of its own", count);
	tap_ok(inject(mc, MTIA_INJECT_CLEAR, 99, 0) == -EINVAL, "CLEAR of an unknown one");
	tap_ok(inject(mc, (enum mtia_model_fault)99, 0, 0) == -EINVAL, "an unknown one");
	tap_ok(inject(mc, MTIA_INJECT_HANG_PE, 64, 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_STALL_DMA, 8, 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_SLOW, 0, 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_SLOW, 1001, 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_CORRUPT_CQE, 1, 4) == -EINVAL &&
		       inject(mc, MTIA_INJECT_FAIL_WALK, 64, 0) == -EINVAL &&
		       inject(mc, MTIA_INJECT_FAIL_WALK, 1, MTIA_VA_USER_MAX) == -EINVAL,
	       "arguments out of range are refused");
}

/* Bytes for the host as the firmware writes completions: 32 at a time, each all `value`. */
static void complete(struct machine *mc, unsigned int slot, unsigned int value)
{
	struct dma_case dma = { .src = MTIA_PA_LPDDR + PE_DATA_OFFSET, .len = 32,
				.dst = HOST_BASE + slot * 32, .dst_space = MTIA_SPACE_HOST };

	memset(mc->lpddr + PE_DATA_OFFSET, (int)value, 32);
	machine_dma(mc, 0, &dma);
}

static void test_completions(struct machine *mc)
{
	complete(mc, 0, 1);
	tap_u64(mc->host[0], 1, "a completion arrives");
	inject(mc, MTIA_INJECT_REORDER_CQE, 1, 0);
	complete(mc, 1, 2);
	tap_u64(mc->host[32], 0, "REORDER_CQE: the next one does not");
	complete(mc, 2, 3);
	tap_ok(mc->host[32] == 2 && mc->host[64] == 3, "until the one behind it is there");
	complete(mc, 3, 4);
	tap_u64(mc->host[96], 4, "only as many as were asked for");
	inject(mc, MTIA_INJECT_REORDER_CQE, 1, 0);
	complete(mc, 4, 5);
	inject(mc, MTIA_INJECT_CLEAR, MTIA_INJECT_REORDER_CQE, 0);
	tap_u64(mc->host[128], 5, "CLEAR lets it go");
	inject(mc, MTIA_INJECT_CORRUPT_CQE, 0xff00, 3);
	complete(mc, 5, 6);
	tap_ok(mc->host[160] == 6 && mc->host[160 + 25] == (6 ^ 0xff), "CORRUPT_CQE: bits flip");
	complete(mc, 6, 7);
	tap_u64(mc->host[192 + 25], 7, "once");
}

static void test_irqs(struct machine *mc)
{
	unsigned int before = mc->irqs[5];

	cc_write(mc, MTIA_CC_MSI, 5);
	tap_u64(mc->irqs[5], before + 1, "an interrupt");
	inject(mc, MTIA_INJECT_DUPLICATE_IRQ, 2, 0);
	for (unsigned int i = 0; i < 3; i++)
		cc_write(mc, MTIA_CC_MSI, 5);
	tap_u64(mc->irqs[5], before + 6, "DUPLICATE_IRQ: two of three come twice");
	inject(mc, MTIA_INJECT_DROP_IRQ, 1, 0);
	cc_write(mc, MTIA_CC_MSI, 5);
	cc_write(mc, MTIA_CC_MSI, 5);
	tap_u64(mc->irqs[5], before + 7, "DROP_IRQ: one of two is lost");
	inject(mc, MTIA_INJECT_DROP_IRQ, 9, 0);
	inject(mc, MTIA_INJECT_CLEAR, 0, 0);
	cc_write(mc, MTIA_CC_MSI, 5);
	tap_u64(mc->irqs[5], before + 8, "CLEAR of all");
}

static void test_dma(struct machine *mc)
{
	struct dma_case dma = { .dst = MTIA_PA_LPDDR + PE_DATA_OFFSET, .len = 65536, .fill = true };
	uint64_t t0, fast, slow;
	size_t size = 0;
	void *stream;

	t0 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	machine_dma(mc, 3, &dma);
	fast = reg_read64(mc, MTIA_REG_TIMESTAMP) - t0;
	inject(mc, MTIA_INJECT_SLOW, 50, 0);
	t0 = reg_read64(mc, MTIA_REG_TIMESTAMP);
	machine_dma(mc, 3, &dma);
	slow = reg_read64(mc, MTIA_REG_TIMESTAMP) - t0;
	tap_ok(slow > 20 * fast, "SLOW 50: %llu cycles instead of %llu", (unsigned long long)slow,
	       (unsigned long long)fast);
	inject(mc, MTIA_INJECT_CLEAR, MTIA_INJECT_SLOW, 0);

	inject(mc, MTIA_INJECT_STALL_DMA, 3, 0);
	machine_dma_start(mc, 3, &dma);
	machine_run(mc, 10000000);
	tap_u64(cc_read(mc, MTIA_CC_DMA(3) + MTIA_DMA_STATUS), MTIA_DMA_ST_BUSY,
		"STALL_DMA: the channel moves nothing");
	tap_u64(machine_dma(mc, 4, &dma), MTIA_DMA_ST_DONE, "others do");
	mtia_model_save(mc->model, NULL, &size);
	stream = malloc(size);
	tap_ok(!mtia_model_save(mc->model, stream, &size) &&
		       !mtia_model_load(mc->model, stream, size),
	       "a stalled channel can be saved and loaded");
	free(stream);
	inject(mc, MTIA_INJECT_CLEAR, MTIA_INJECT_STALL_DMA, 0);
	machine_run(mc, 100000);
	tap_u64(cc_read(mc, MTIA_CC_DMA(3) + MTIA_DMA_STATUS), MTIA_DMA_ST_DONE,
		"taken back, it ends");
	cc_write(mc, MTIA_CC_DMA_DONE, ~0u);
}

static uint32_t load(struct machine *mc, unsigned int pe, uint64_t va)
{
	struct pe_job job = { .core = { PE_LOAD, PE_LEAVE }, .arg = { 0, va } };
	uint32_t reason;

	pe_launch(mc, pe, &job);
	pe_wait(mc, UINT64_C(1) << pe, 10000000);
	pe_events(mc);
	reason = cc_read(mc, MTIA_CC_FAULT_STATUS) >> 8 & 0xff;
	cc_write(mc, MTIA_CC_FAULT_POP, 1);
	return reason;
}

static void test_walk(struct machine *mc)
{
	tap_u64(load(mc, 0, PE_SRAM + 0x3000), MTIA_FAULT_NONE, "a page can be read");
	inject(mc, MTIA_INJECT_FAIL_WALK, PE_ASID, PE_SRAM + 0x3123);
	tap_u64(load(mc, 0, PE_SRAM + 0x3000), MTIA_FAULT_BAD_PTE, "FAIL_WALK: it cannot");
	tap_u64(load(mc, 1, PE_SRAM + 0x4000), MTIA_FAULT_NONE, "its neighbour can");
	inject(mc, MTIA_INJECT_CLEAR, MTIA_INJECT_FAIL_WALK, 0);
	tap_u64(load(mc, 0, PE_SRAM + 0x3000), MTIA_FAULT_NONE, "taken back");
}

static void test_slow_pe(struct machine *mc)
{
	uint64_t busy[2];

	for (unsigned int i = 0; i < 2; i++) {
		if (i)
			inject(mc, MTIA_INJECT_SLOW, 100, 0);
		load(mc, 2, PE_DATA);
		busy[i] = monitor_read(mc, 8, PE_REG(2, MTIA_PC_BUSY_CYCLES), NULL);
	}
	inject(mc, MTIA_INJECT_CLEAR, 0, 0);
	tap_ok(busy[1] > 50 * busy[0], "SLOW 100: a load by a PE takes %llu cycles instead of %llu",
	       (unsigned long long)busy[1], (unsigned long long)busy[0]);
}

static void test_panic(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	tap_ok(inject(&mc, MTIA_INJECT_PANIC_CONTROL, 0, 0) == -EBUSY,
	       "PANIC_CONTROL: not of a core in reset");
	machine_boot(&mc, GUEST_SPIN);
	machine_run(&mc, 1000);
	tap_ok(!inject(&mc, MTIA_INJECT_PANIC_CONTROL, 0, 0), "of one that runs");
	machine_run(&mc, 1000);
	tap_ok(reg_read(&mc, MTIA_REG_CORE_STATE) == MTIA_CORE_HALTED &&
		       reg_read64(&mc, MTIA_REG_CORE_CAUSE) == 2,
	       "without a handler it halts");
	machine_close(&mc);
}

int main(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	pe_machine_boot(&mc);
	test_table(&mc);
	test_completions(&mc);
	test_irqs(&mc);
	test_dma(&mc);
	test_walk(&mc);
	test_slow_pe(&mc);
	tap_u64(mc.errors[MTIA_ERR_MODEL], 0, "no error of the model's own");
	machine_close(&mc);
	test_panic();
	return tap_done();
}
