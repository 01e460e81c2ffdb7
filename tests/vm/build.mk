# SPDX-License-Identifier: GPL-2.0
# The machine with the device in it, each test a boot of its own.

VMT := $(B)/tests/vm
VMT_BINS := $(VMT)/flr $(VMT)/pcie $(VMT)/peers $(VMT)/several $(VMT)/sleep
VMT_DEP = $(QEMU) $(DRIVER) $(FW_CTRL_IMAGE) $(B)/qemu-device/libmtia-model.so

$(VMT_BINS): $(VMT)/%: tests/vm/%.c $(B)/tests/kselftest/programs.o \
		$(B)/tests/kselftest/include/kselftest_harness.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KST_CFLAGS) -Itests/kselftest $(DEPFLAGS) -o $@ $< $(B)/tests/kselftest/programs.o

$(VMT)/firmware/list: tests/vm/bad-firmware $(FW_CTRL_IMAGE)
	$(call say,GEN,$@)
	$(Q)tests/vm/bad-firmware $(FW_CTRL_IMAGE) $(@D)

CHECK_VM += vm/device vm/make-vm vm/pcie vm/several vm/sleep vm/one-vector vm/firmware vm/v1plus

vm/device.cmd := tests/vm/in-guest device --timeout 240 -- tests/vm/device-guest $(abspath $(B))
vm/device.dep = $(VMT_DEP) $(VMT)/flr $(CLI) $(SIM_RUNTIME)

vm/make-vm.cmd := tests/vm/make-vm
vm/make-vm.dep = $(VMT_DEP) $(ALL)

vm/pcie.cmd := tests/vm/in-guest pcie --timeout 400 --lpddr 256M --monitor -- \
	env KSELFTEST_LIMIT=360 tests/kselftest/guest $(abspath $(VMT)) pcie
vm/pcie.dep = $(VMT_DEP) $(VMT)/pcie

vm/sleep.cmd := tests/vm/in-guest sleep --timeout 300 --lpddr 256M --sleep -- \
	env KSELFTEST_LIMIT=240 tests/kselftest/guest $(abspath $(VMT)) sleep
vm/sleep.dep = $(VMT_DEP) $(VMT)/sleep

vm/several.cmd := tests/vm/in-guest several --timeout 120 --devices 2 --lpddr 256M -- \
	tests/kselftest/guest $(abspath $(VMT)) several
vm/several.dep = $(VMT_DEP) $(VMT)/several

# With a kernel whose importers hear of moves, and that watches locks and memory.
CHECK_DEEP += vm/several-debug
vm/several-debug.cmd := tests/vm/in-guest several-debug --kernel "$$(tools/vm/kernel debug)" \
	--module $(B)/driver-debug/mtia.ko --timeout 900 --mem 4G --devices 2 --lpddr 256M \
	$(KST_SLOW_KERNEL) -- \
	env KSELFTEST_LIMIT=600 KSELFTEST_SLOWER=10 MTIA_DMABUF_MOVES=1 \
	tests/kselftest/guest $(abspath $(VMT)) several
vm/several-debug.dep = $(VMT_DEP) $(VMT)/several $(B)/driver-debug/mtia.ko

# Where the kernel has peer-to-peer DMA.
CHECK_DEEP += vm/peers
vm/peers.cmd := tests/vm/in-guest peers --kernel "$$(tools/vm/kernel 7)" \
	--module $(B)/driver-7/mtia.ko --timeout 240 --devices 2 --switch --lpddr 256M -- \
	tests/kselftest/guest $(abspath $(VMT)) peers
vm/peers.dep = $(VMT_DEP) $(VMT)/peers $(B)/driver-7/mtia.ko

vm/one-vector.cmd := tests/vm/in-guest one-vector --timeout 180 --lpddr 256M --msix-vectors 1 -- \
	tests/vm/one-vector-guest $(abspath $(B))
vm/one-vector.dep = $(VMT_DEP) $(addprefix $(B)/tests/kselftest/,queue syncobj pe fdinfo)

vm/v1plus.cmd := tests/vm/in-guest v1plus --timeout 400 --lpddr 256M --monitor --qemu-arg -global \
	--qemu-arg mtia.v1plus=on -- env KSELFTEST_LIMIT=120 tests/vm/v1plus-guest $(abspath $(B))
vm/v1plus.dep = $(VMT_DEP) $(CLI) $(SIM_RUNTIME) \
	$(addprefix $(B)/tests/kselftest/,submit pe fault hang coredump reset)

vm/firmware.cmd := tests/vm/in-guest firmware --timeout 180 --lpddr 256M --module "" -- \
	tests/vm/firmware-guest $(abspath $(VMT)/firmware $(DRIVER)) $(abspath $(B))
vm/firmware.dep = $(VMT_DEP) $(VMT)/firmware/list $(B)/tests/kselftest/query

# KUnit's suites are a module of their own, a file each in driver/tests; only the debug kernel has
# KUnit.
KUNIT_SUITES := $(patsubst driver/tests/%_test.c,%,$(wildcard driver/tests/*_test.c))
CHECK_DEEP += vm/kunit
vm/kunit.cmd := tests/vm/in-guest kunit --timeout 900 --kernel "$$(tools/vm/kernel debug)" \
	--module $(B)/driver-debug/mtia.ko --lpddr 256M --mem 2G --append kunit.enable=1 \
	$(KST_SLOW_KERNEL) -- \
	tests/vm/kunit-guest $(B)/driver-debug/mtia_kunit.ko $(KUNIT_SUITES)
vm/kunit.dep = $(VMT_DEP) $(B)/driver-debug/mtia.ko

-include $(VMT_BINS:=.d)
