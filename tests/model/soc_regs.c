// SPDX-License-Identifier: GPL-2.0
/* BAR0 as a host sees it, creation of models, and what bad accesses do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soc/machine.h"

static void test_identity(struct machine *mc)
{
	tap_u64(reg_read(mc, MTIA_REG_ID), MTIA_ID_MAGIC, "ID");
	tap_u64(reg_read(mc, MTIA_REG_VERSION), MTIA_REGS_MAJOR << 16 | MTIA_REGS_MINOR, "VERSION");
	tap_u64(reg_read(mc, MTIA_REG_HW_REV), 0x100, "HW_REV");
	tap_u64(reg_read(mc, MTIA_REG_GRID), 0x20808, "GRID is 8x8, two cores");
	tap_u64(reg_read64(mc, MTIA_REG_LPDDR_SIZE), LPDDR_SIZE, "LPDDR_SIZE");
	tap_u64(reg_read64(mc, MTIA_REG_SRAM_SIZE), MTIA_SRAM_SIZE, "SRAM_SIZE");
	tap_u64(reg_read(mc, MTIA_REG_SRAM_SIZE), MTIA_SRAM_SIZE, "low half of a (64) register");
	tap_u64(reg_read(mc, MTIA_REG_SRAM_SIZE + 4), 0, "high half of it");
	tap_u64(reg_read(mc, MTIA_REG_PE_LOCAL_SIZE), 0x20000, "PE_LOCAL_SIZE");
	tap_u64(reg_read(mc, MTIA_REG_CLOCK_HZ), 800000000, "CLOCK_HZ");
	tap_u64(reg_read(mc, MTIA_REG_LIMITS), 64 | 64 << 16, "LIMITS");
	tap_u64(reg_read(mc, MTIA_REG_LIMITS2), 16 | 18 << 16, "LIMITS2");
	tap_u64(reg_read64(mc, MTIA_REG_PE_ENABLED), UINT64_MAX, "PE_ENABLED");
	tap_u64(reg_read64(mc, MTIA_REG_CAPS),
		MTIA_CAP_INT8 | MTIA_CAP_REDUCTION | MTIA_CAP_FLOAT16 | MTIA_CAP_MLU |
			MTIA_CAP_LOOKUP | MTIA_CAP_VECTOR | MTIA_CAP_MULTICAST | MTIA_CAP_ATOMICS,
		"CAPS");
	tap_u64(reg_read(mc, MTIA_REG_TIME_SCALE), 16, "TIME_SCALE");
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), 0, "none of this was an error");
	tap_u64(reg_read64(mc, MTIA_REG_COUNTER(MTIA_CNT_MMIO_READS)), 17, "reads are counted");
}

static void test_boot_registers(struct machine *mc)
{
	reg_write64(mc, MTIA_REG_BOOT_PC, 0x1122334455667788);
	tap_u64(reg_read64(mc, MTIA_REG_BOOT_PC), 0x1122334455667788, "BOOT_PC, whole");
	reg_write(mc, MTIA_REG_BOOT_PC, 0xaabbccdd);
	tap_u64(reg_read64(mc, MTIA_REG_BOOT_PC), 0x11223344aabbccdd, "BOOT_PC, low half");
	reg_write(mc, MTIA_REG_BOOT_PC + 4, 0x01020304);
	tap_u64(reg_read64(mc, MTIA_REG_BOOT_PC), 0x01020304aabbccdd, "BOOT_PC, high half");
	tap_u64(reg_read(mc, MTIA_REG_BOOT_PC + 4), 0x01020304, "its high half reads");
	reg_write(mc, MTIA_REG_BOOT_ARG + 4, 5);
	tap_u64(reg_read64(mc, MTIA_REG_BOOT_ARG), UINT64_C(5) << 32, "BOOT_ARG");
}

/* Each of these must count one guest error, name its offset, and change nothing. */
static void test_bad_accesses(struct machine *mc)
{
	static const struct {
		const char *what;
		uint64_t offset;
		unsigned int size;
		bool write;
	} bad[] = {
		{ "read of 1 byte", MTIA_REG_ID, 1, false },
		{ "read of 2 bytes", MTIA_REG_ID, 2, false },
		{ "read of 3 bytes", MTIA_REG_ID, 3, false },
		{ "read of 16 bytes", MTIA_REG_ID, 16, false },
		{ "misaligned read", MTIA_REG_ID + 2, 4, false },
		{ "misaligned 8-byte read", MTIA_REG_LPDDR_SIZE + 4, 8, false },
		{ "8-byte read of a 4-byte register", MTIA_REG_HW_REV, 8, false },
		{ "read of a reserved offset", 0x44, 4, false },
		{ "read behind the counters", MTIA_REG_COUNTER(MTIA_NUM_COUNTERS), 8, false },
		{ "read behind the errors by block", MTIA_REG_RAS(MTIA_NUM_RAS), 8, false },
		{ "read behind the doorbells", 0x7f004, 4, false },
		{ "read behind BAR0", MTIA_BAR0_SIZE, 4, false },
		{ "read far outside", UINT64_MAX - 3, 4, false },
		{ "write of 1 byte", MTIA_REG_CTRL, 1, true },
		{ "write to a read-only register", MTIA_REG_ID, 4, true },
		{ "write to a reserved offset", 0x300, 4, true },
		{ "8-byte write to a doorbell", MTIA_DOORBELL(0), 8, true },
		{ "write into a doorbell's page", MTIA_DOORBELL(3) + 4, 4, true },
		{ "misaligned write", MTIA_REG_CTRL + 1, 4, true },
		{ "write behind BAR0", MTIA_BAR0_SIZE + 0x100, 4, true },
		{ "reserved bits of CTRL", MTIA_REG_CTRL, 4, true },
		{ "write to a counter", MTIA_REG_COUNTER(0), 8, true },
		{ "write to a sensor", MTIA_REG_TEMP, 4, true },
		{ "write to an error count", MTIA_REG_RAS(0), 8, true },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t before = reg_read(mc, MTIA_REG_ERR_COUNT), value = 0;

		if (bad[i].write)
			mtia_model_mmio_write(mc->model, bad[i].offset, UINT64_MAX, bad[i].size);
		else
			value = mtia_model_mmio_read(mc->model, bad[i].offset, bad[i].size);
		tap_ok(!value && reg_read(mc, MTIA_REG_ERR_COUNT) == before + 1 &&
			       reg_read(mc, MTIA_REG_ERR_CLASS) == MTIA_ERR_GUEST &&
			       reg_read64(mc, MTIA_REG_ERR_ADDR) == bad[i].offset &&
			       reg_read(mc, MTIA_REG_CTRL) == 0,
		       "%s is a guest error", bad[i].what);
	}
	tap_u64(mc->errors[MTIA_ERR_GUEST], 11, "writes among them were reported in the log");
	for (unsigned int i = 0; i < 5000; i++)
		reg_write(mc, 0x300, i);
	tap_ok(mc->logs < 300, "a storm of errors does not flood the log");
	tap_ok(reg_read(mc, MTIA_REG_ERR_COUNT) > 5000, "but all are counted");
	mtia_model_reset(mc->model, MTIA_RESET_POWER_ON);
	tap_u64(reg_read(mc, MTIA_REG_ERR_COUNT), 0, "a device reset clears the count");
	tap_u64(reg_read64(mc, MTIA_REG_COUNTER(MTIA_CNT_MMIO_READS)), 2, "and the counters");
}

static void test_kicks(struct machine *mc)
{
	mc->kicks = 0;
	reg_write64(mc, MTIA_REG_BOOT_PC, MTIA_PA_LPDDR);
	tap_u64(mc->kicks, 0, "BOOT_PC makes no work");
	reg_write(mc, MTIA_REG_MBOX_H2D_TAIL, 1);
	reg_write(mc, MTIA_REG_MBOX_D2H_HEAD, 1);
	reg_write(mc, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN);
	reg_write(mc, MTIA_DOORBELL(5), 1);
	reg_write(mc, MTIA_REG_CTRL, 0);
	tap_u64(mc->kicks, 5, "mailbox, CTRL and doorbell do");
	machine_run(mc, 1000);
}

/* ---- Creation ---- */

static int no_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
	(void)opaque, (void)addr, (void)buf, (void)len;
	return -EIO;
}

static int no_write(void *opaque, uint64_t addr, const void *buf, size_t len)
{
	(void)opaque, (void)addr, (void)buf, (void)len;
	return -EIO;
}

static void no_irq(void *opaque, unsigned int vector)
{
	(void)opaque, (void)vector;
}

static void refused(struct mtia_model_config config, struct mtia_model_host_ops ops,
		    const char *what)
{
	struct mtia_model *model = (void *)1;
	char err[200] = "";
	int ret = mtia_model_create(&config, &ops, NULL, &model, err, sizeof(err));

	tap_ok(ret == -EINVAL && !model && err[0], "refused: %s (%s)", what, err);
	if (!ret)
		mtia_model_destroy(model);
}

/* The one parameter of what v1 does not have: off unless asked for, and part of a snapshot. */
static void test_v1plus(struct mtia_model_config config, struct mtia_model_host_ops ops)
{
	const size_t before = offsetof(struct mtia_model_config, v1plus);
	struct mtia_model *plain = NULL, *plus = NULL;
	size_t size = 0;
	void *state;

	config.v1plus = 1;
	tap_ok(!mtia_model_create(&config, &ops, NULL, &plus, NULL, 0), "model with v1plus");
	config.size = before;
	tap_ok(!mtia_model_create(&config, &ops, NULL, &plain, NULL, 0),
	       "the configuration of an older user");
	if (!plain || !plus)
		return;
	tap_u64(mtia_model_mmio_read(plain, MTIA_REG_CAPS, 8) >> 32, 0, "v1 has nothing of v1+");
	tap_u64(mtia_model_mmio_read(plus, MTIA_REG_CAPS, 8),
		mtia_model_mmio_read(plain, MTIA_REG_CAPS, 8) | MTIA_CAP_GATHER |
			MTIA_CAP_SE_ROWS128 | MTIA_CAP_MML_AUTO | MTIA_CAP_WORK_QUEUE,
		"v1+ has it on top");
	mtia_model_save(plus, NULL, &size);
	state = malloc(size);
	tap_ok(state && !mtia_model_save(plus, state, &size), "v1+ is saved");
	tap_ok(mtia_model_load(plain, state, size) == -EINVAL, "v1 does not load it");
	tap_ok(!mtia_model_load(plus, state, size), "v1+ does");
	free(state);
	mtia_model_destroy(plain);
	mtia_model_destroy(plus);
	config.size = sizeof(config);
	config.v1plus = 0;
	config.fi_outstanding = 4;
	if (mtia_model_create(&config, &ops, NULL, &plain, NULL, 0))
		return;
	config.fi_outstanding = 5;
	if (mtia_model_create(&config, &ops, NULL, &plus, NULL, 0))
		return;
	mtia_model_save(plus, NULL, &size);
	state = malloc(size);
	tap_ok(state && !mtia_model_save(plus, state, &size) &&
		       mtia_model_load(plain, state, size) == -EINVAL &&
		       !mtia_model_load(plus, state, size),
	       "transfers in flight are part of a snapshot");
	free(state);
	mtia_model_destroy(plain);
	mtia_model_destroy(plus);
}

static void test_create(void)
{
	static uint8_t memory[64]; /* never touched: creation fails */
	struct mtia_model_host_ops ops = {
		.size = sizeof(ops),
		.dma_read = no_read,
		.dma_write = no_write,
		.raise_irq = no_irq,
	};
	struct mtia_model_config good = {
		.size = sizeof(good),
		.lpddr_size = LPDDR_SIZE,
		.lpddr = memory,
		.sram = memory,
	};
	struct mtia_model_host_ops bad_ops;
	struct mtia_model_config bad;

#define REFUSE(what, change)                                                                       \
	do {                                                                                       \
		bad = good;                                                                        \
		change;                                                                            \
		refused(bad, ops, what);                                                           \
	} while (0)
	REFUSE("LPDDR too small", bad.lpddr_size = 62 * MiB);
	REFUSE("LPDDR too large", bad.lpddr_size = 65536 * MiB + 2 * MiB);
	REFUSE("LPDDR not in steps", bad.lpddr_size = 65 * MiB);
	REFUSE("no LPDDR memory", bad.lpddr = NULL);
	REFUSE("no SRAM memory", bad.sram = NULL);
	REFUSE("misaligned memory", bad.sram = memory + 1);
	REFUSE("too many workers", bad.workers = 65);
	REFUSE("17 transfers in flight", bad.fi_outstanding = 17);
	REFUSE("unknown ISA", bad.isa = 9);
	REFUSE("unknown timing", bad.timing = (enum mtia_model_timing)5);
	REFUSE("short configuration", bad.size = 16);
	bad_ops = ops;
	bad_ops.raise_irq = NULL;
	refused(good, bad_ops, "missing callback");
	bad_ops = ops;
	bad_ops.size = 8;
	refused(good, bad_ops, "short operations");
	test_v1plus(good, ops);
	tap_ok(mtia_model_create(NULL, &ops, NULL, NULL, NULL, 0) == -EINVAL,
	       "no place for result");
	mtia_model_destroy(NULL);
	tap_u64(mtia_model_abi_version(), MTIA_MODEL_ABI_MAJOR << 16 | MTIA_MODEL_ABI_MINOR,
		"ABI version");
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total = 0, resident = 0;

	if (!f || fscanf(f, "%ld %ld", &total, &resident) != 2)
		resident = -1;
	if (f)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void test_large(bool sanitized)
{
	struct timespec t0, t1;
	struct machine mc;
	long rss = resident_kib();
	double ms;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	machine_open(&mc, 1, 65536 * MiB);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	rss = resident_kib() - rss;
	ms = (t1.tv_sec - t0.tv_sec) * 1e3 + (t1.tv_nsec - t0.tv_nsec) / 1e6;
	fprintf(stderr, "# 64 GiB model: %.1f ms, %ld KiB resident\n", ms, rss);
	/* Under sanitizers time and memory are theirs; the plain build checks both. */
	if (!sanitized)
		tap_ok(rss < 100 * 1024 && ms < 1000, "64 GiB model is cheap");
	machine_boot(&mc, GUEST_MONITOR);
	monitor_write(&mc, 8, MTIA_PA_LPDDR + 65536 * MiB - 8, 77, NULL);
	tap_u64(monitor_read(&mc, 8, MTIA_PA_LPDDR + 65536 * MiB - 8, NULL), 77,
		"its last bytes can be used");
	machine_close(&mc);
}

int main(void)
{
	struct machine mc;

#ifdef __SANITIZE_ADDRESS__
	bool sanitized = true;
#else
	bool sanitized = false;
#endif
	machine_open(&mc, 1, LPDDR_SIZE);
	test_identity(&mc);
	test_boot_registers(&mc);
	test_bad_accesses(&mc);
	test_kicks(&mc);
	machine_close(&mc);
	test_create();
	test_large(sanitized);
	return tap_done();
}
