// SPDX-License-Identifier: GPL-2.0
/* Control core: boot, interrupts, timer, doorbells, MSI, traps; time and its budgets. */
#include "soc/machine.h"

static void test_boot(void)
{
	struct machine mc;

	machine_open(&mc, 1, LPDDR_SIZE);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_RESET, "core is in reset at first");
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_WAITING, "core boots and waits");
	tap_ok(reg_read64(&mc, MTIA_REG_COUNTER(MTIA_CNT_CTRL_INSTRS)) > 5,
	       "instructions are counted");
	cc_write(&mc, MTIA_CC_FW_STATUS, 0x1234);
	cc_write(&mc, MTIA_CC_HEARTBEAT, 7);
	cc_write(&mc, MTIA_CC_FW_VERSION, 0x10002);
	tap_u64(reg_read(&mc, MTIA_REG_FW_STATUS), 0x1234, "FW_STATUS shows");
	tap_u64(reg_read(&mc, MTIA_REG_HEARTBEAT), 7, "HEARTBEAT shows");
	tap_u64(reg_read(&mc, MTIA_REG_FW_VERSION), 0x10002, "FW_VERSION shows");
	reg_write(&mc, MTIA_REG_CTRL, 0);
	tap_u64(reg_read(&mc, MTIA_REG_FW_STATUS), 0, "FW_STATUS is void as soon as reset is written");
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_WAITING,
		"CORE_STATE tells when the reset is done");
	machine_run(&mc, 1);
	tap_u64(reg_read(&mc, MTIA_REG_CORE_STATE), MTIA_CORE_RESET, "and then says reset");
	machine_boot(&mc, GUEST_MONITOR);
	tap_u64(cc_read(&mc, MTIA_CC_GRID), 0x20808, "second boot works");
	tap_u64(cc_read(&mc, MTIA_CC_FW_STATUS), 0, "firmware's registers were reset");
	machine_close(&mc);
}

int main(void)
{
	test_boot();
	return tap_done();
}
