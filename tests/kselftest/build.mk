# SPDX-License-Identifier: GPL-2.0
# kselftests: built with the kernel's own harness, run in one guest.

KST := $(B)/tests/kselftest
# Those that reset the chip are last: the others expect one that never was.
KST_NAMES := uapi_layout open query bo bo_mmap evict prime vm_bind vm_bind_async queue priority \
	submit syncobj pe fault isolation fdinfo signals hang time_limit coredump hwmon ras fw_log \
	trace slots inject reset pm unplug
# Where the kernel can make allocations fail.
KST_DEBUG_NAMES := nomem
KST_BINS := $(KST_NAMES:%=$(KST)/%) $(KST_DEBUG_NAMES:%=$(KST)/%)

# The harness's macros leave fixtures and variants unused, and compare what they are given.
KST_CFLAGS = $(filter-out -Iqemu-device/include,$(MTIA_CFLAGS)) -D_GNU_SOURCE \
	-Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare \
	-isystem $(KST)/include $(shell pkg-config --cflags libdrm)

$(KST)/include/kselftest_harness.h: tools/deps/linux-source
	@mkdir -p $(@D)
	@dir=$$(tools/deps/linux-source 6.12) && \
		cp "$$dir"/tools/testing/selftests/kselftest*.h $(@D)/ && touch $@

# ---- PE programs that the tests launch -----------------------------------------------------------

KST_PE := sum probe
KST_PE_ARGS_sum := 24
KST_PE_ARGS_probe := 32

$(KST)/programs/%.o: tests/kselftest/pe/%.c firmware/kernels/build.mk
	$(call say,RISCV,$@)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(KST)/programs/%.pe: $(KST)/programs/%.o $(PE_LINK_DEPS)
	$(call pe_link,$(KST_PE_ARGS_$*))

$(KST)/programs.o: tests/kselftest/programs.S $(KST_PE:%=$(KST)/programs/%.pe)
	$(call say,AS,$@)
	$(Q)$(CC) -c -Wa,-I$(KST)/programs -o $@ $<

.SECONDARY: $(KST_PE:%=$(KST)/programs/%.o) $(KST_PE:%=$(KST)/programs/%.pe)

# ---- Tests -----------------------------------------------------------------------------------------

# Implicit padding would make the layout depend on the compiler's ABI.
$(KST)/uapi_layout.padded: uapi/drm/mtia_accel.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -Wpadded $(shell pkg-config --cflags libdrm | sed 's/-I/-isystem /g') \
		-fsyntax-only -x c $<
	$(Q)touch $@

$(KST)/uapi_layout: | $(KST)/uapi_layout.padded

$(KST_BINS): $(KST)/%: tests/kselftest/%.c $(KST)/programs.o $(KST)/include/kselftest_harness.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KST_CFLAGS) $(DEPFLAGS) -o $@ $< $(KST)/programs.o

# One boot for all: each binary is a TAP stream of its own, which tests/vm/in-guest joins. Less device
# memory than the default: tests that fill it up are done sooner. slub_debug finds writes to freed
# memory and beyond the end of objects on Debian's own kernel.
KST_OPTIONS := --lpddr 128M --monitor --append sysctl.kernel.hung_task_timeout_secs=30\ slub_debug=FZ
KST_RUN := tests/vm/in-guest kselftest $(KST_OPTIONS) --timeout 420 -- tests/kselftest/guest $(KST)
KST_DEP = $(QEMU) $(FW_CTRL_IMAGE) $(B)/qemu-device/libmtia-model.so $(KST_BINS)
CHECK_VM := kselftest $(CHECK_VM)
kselftest.cmd := $(KST_RUN) $(KST_NAMES)
kselftest.dep = $(KST_DEP) $(DRIVER)

# On a busy machine, early boot under KASAN keeps a CPU for longer than the watchdog's 20 s.
KST_SLOW_KERNEL := --append watchdog_thresh=60

# The same on other kernels. $(1): the kernel, $(2): options, $(3): seconds a binary may take,
# $(4): more tests, $(5): by how much a test may be slower than on Debian's
define kselftest_on
CHECK_DEEP += kselftest-$(1)
kselftest-$(1).cmd := tests/vm/in-guest kselftest-$(1) --kernel "$$$$(tools/vm/kernel $(1))" \
	--module $(B)/driver-$(1)/mtia.ko $(KST_OPTIONS) $(2) -- \
	env KSELFTEST_LIMIT=$(3) KSELFTEST_SLOWER=$(5) \
	tests/kselftest/guest $(KST) $(KST_NAMES) $(4)
kselftest-$(1).dep = $$(KST_DEP) $(B)/driver-$(1)/mtia.ko
endef
$(eval $(call kselftest_on,debug,--timeout 3600 --mem 4G $(KST_SLOW_KERNEL),900,$(KST_DEBUG_NAMES),10))
$(eval $(call kselftest_on,7,--timeout 900,120,,2))

.PHONY: kselftest
## kselftest: the driver's ioctls, in the guest; T='bo queue' runs only these
kselftest: deps
	@$(MAKE) -j$(JOBS) $(kselftest.dep)
	@tests/run-tap $(B)/tests 'kselftest=$(KST_RUN) $(or $(T),$(KST_NAMES))'

-include $(KST_BINS:=.d) $(KST_PE:%=$(KST)/programs/%.d)
