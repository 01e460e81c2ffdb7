# SPDX-License-Identifier: GPL-2.0
# The device as QEMU shows it, without a guest.

QTEST_SRCS := tests/qtest/device.c tests/qtest/machine.c tests/qtest/qtest.c
QTEST_OBJS := $(QTEST_SRCS:%.c=$(B)/%.o)

$(QTEST_OBJS): $(B)/%.o: %.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(B)/tests/qtest/device: $(QTEST_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(MTIA_CFLAGS) -o $@ $^

# Linked at the start of LPDDR (MTIA_PA_LPDDR).
$(B)/tests/qtest/bell.bin: tests/qtest/bell.c tests/qtest/bell.h uapi/mtia/regs.h tests/qtest/build.mk
	$(call say,RISCV,$@)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -O2 -ffreestanding -nostdlib \
		-msmall-data-limit=0 -fno-asynchronous-unwind-tables $(WARNINGS) -Iuapi -Wl,--build-id=none,-N,--no-warn-rwx-segments \
		-Wl,--section-start=.start=0x1000000000,-Ttext=0x1000000080 -o $(@:.bin=.elf) $<
	$(Q)$(RISCV)objcopy -O binary $(@:.bin=.elf) $@

CHECK_VM += qtest/device
qtest/device.cmd := QEMU=$(B)/qemu/qemu-system-x86_64 QEMU_DATA=$(B)/qemu \
	MODEL=$(abspath $(B)/qemu-device/libmtia-model.so) BELL=$(B)/tests/qtest/bell.bin \
	$(B)/tests/qtest/device
qtest/device.dep := $(B)/qemu/qemu-system-x86_64 $(B)/qemu-device/libmtia-model.so \
	$(B)/tests/qtest/device $(B)/tests/qtest/bell.bin

.PHONY: qtest
## qtest: the device's PCIe side, without a guest
qtest: deps
	@$(MAKE) -j$(JOBS) $(qtest/device.dep)
	@tests/run-tap $(B)/tests 'qtest/device=$(qtest/device.cmd)'

-include $(QTEST_OBJS:.o=.d)
