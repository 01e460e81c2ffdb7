# SPDX-License-Identifier: MIT
# From a bare Debian to a guest's shell: QEMU, the guest's kernel, the driver, the VM.

# Another guest kernel: make vm KERNEL=<directory as made by tools/vm/kernel>
KERNEL ?=
vm_kernel = $(or $(KERNEL),$$(tools/vm/kernel))

# ---- The driver, out of tree: kbuild writes beside its sources, so it gets links to them ----------

DRIVER := $(B)/driver/mtia.ko
DRIVER_SOURCES := $(wildcard Kbuild driver/* driver/*/* uapi/* uapi/*/*)

# $(1): the kernel's directory
define build_driver
	$(call say,KBUILD,$@)
	$(Q)mkdir -p $(@D)/src
	$(Q)cp -rsf $(abspath Kbuild driver uapi) $(@D)/src/
	$(Q)find $(@D)/src -xtype l -delete
	$(Q)kernel=$(1) && \
	$(MAKE) --no-print-directory -C "$$kernel/headers" M=$(abspath $(@D)/src) W=1 \
		KCFLAGS=-Werror modules >$(@D)/log 2>&1 || \
		{ grep -E -A6 'error|warning|undefined' $(@D)/log || tail -n 20 $(@D)/log; \
		  echo "driver: FAILED, log: $(@D)/log"; exit 1; } >&2
	$(Q)cp $(@D)/src/mtia*.ko $(@D)/
endef

$(DRIVER): $(DRIVER_SOURCES) tools/vm/build.mk
	$(call build_driver,$(vm_kernel))

# For the kernels that tools/vm/kernel knows besides.
$(B)/driver-%/mtia.ko: $(DRIVER_SOURCES) tools/vm/build.mk tools/vm/kernel
	$(call build_driver,$$(tools/vm/kernel $*))

.PHONY: qemu guest driver vm

## driver: build mtia.ko against the guest's kernel
driver: deps
	@$(MAKE) $(DRIVER)

# ---- QEMU and the guest -------------------------------------------------------------------------

# A new link only when the shim, its headers or the recipe changed: build says where the result is.
QEMU := $(B)/qemu/qemu-system-x86_64
$(QEMU): $(wildcard qemu-device/shim/* tools/vm/qemu/*) qemu-device/include/mtia_model.h \
		uapi/mtia/regs.h uapi/mtia/types.h
	@mkdir -p $(@D)
	@JOBS=$(JOBS) tools/vm/qemu/build >$(@D)/where
	@for f in "$$(cat $(@D)/where)"/*; do ln -sfn "$$f" $(@D)/; done
	@touch -h $@

## qemu: build QEMU with the accelerator (cached outside the tree)
qemu: deps
	@$(MAKE) $(QEMU)

## guest: fetch the guest's kernel
guest: deps
	@tools/vm/kernel

# ---- Running ------------------------------------------------------------------------------------

# make's status of a failed recipe is 2 whatever failed; this makes it the command's.
ifneq ($(filter vm,$(MAKECMDGOALS)),)
$(B)/tools/vm/exit_status.so: tools/vm/exit_status.c | deps
	@mkdir -p $(@D)
	@$(CC) $(MTIA_CFLAGS) -shared -fPIC $< -o $@
-load $(B)/tools/vm/exit_status.so
endif

## vm: a shell in the guest, or one command and its exit status: make vm CMD='lspci -vvv'
vm: vm-run
	@$(exit-with $(B)/vm/status)

.PHONY: vm-run
vm-run: export VM_CMD := $(value CMD)
vm-run: deps
	@$(MAKE) -j$(JOBS) $(QEMU) $(if $(wildcard Kbuild),$(DRIVER)) all
	@mkdir -p $(B)/vm && rm -f $(B)/vm/status
	@tools/vm/run $(if $(KERNEL),--kernel $(KERNEL)) $(VM_OPTIONS) $${VM_CMD:+--cmd "$$VM_CMD"} || \
		echo $$? >$(B)/vm/status
