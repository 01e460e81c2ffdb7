# SPDX-License-Identifier: GPL-2.0
# The chip around the PEs, through the model's ABI; each test plain and under sanitizers.

SOCT := $(B)/tests/model/soc
SOCT_NAMES := soc_regs soc_core soc_dma soc_mmu soc_pe soc_subgrid soc_work_queue soc_memsys soc_ecc soc_sensors soc_inject soc_state
SOCT_CFLAGS := $(MTIA_CFLAGS) -pthread
SOCT_SRCS := tests/model/soc/machine.c tests/model/soc/pe_machine.c
SOCT_HDRS := $(wildcard tests/model/soc/*.h) tests/unit/tap.h qemu-device/include/mtia_model.h \
	uapi/mtia/regs.h
SOCT_GUEST_CFLAGS := -O2 -std=gnu11 -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
	-ffreestanding -nostdlib -fno-tree-loop-distribute-patterns $(WARNINGS) -Iuapi \
	-Wl,--no-warn-rwx-segments,-e,0

$(SOCT)/guest.bin: tests/model/soc/guest.c tests/model/soc/guest.lds $(SOCT_HDRS)
	$(call say,RVCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(SOCT_GUEST_CFLAGS) -T tests/model/soc/guest.lds $< -o $(@:.bin=.elf)
	$(Q)$(RISCV)objcopy -O binary $(@:.bin=.elf) $@

$(SOCT)/pe_guest.bin: tests/model/soc/pe_guest.S
	$(call say,RVAS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc -march=rv64imac_zicsr_zifencei -mabi=lp64 -nostdlib -Wl,-Ttext=0,-e,0 $< \
		-o $(@:.bin=.elf)
	$(Q)$(RISCV)objcopy -O binary -j .text $(@:.bin=.elf) $@

$(SOCT)/image.o: tests/model/soc/image.S $(SOCT)/guest.bin $(SOCT)/pe_guest.bin
	$(Q)$(CC) -DGUEST='"$(SOCT)/guest.bin"' -DPE_GUEST='"$(SOCT)/pe_guest.bin"' -c $< -o $@

$(SOCT_NAMES:%=$(SOCT)/%): $(SOCT)/%: tests/model/%.c $(SOCT_SRCS) $(SOCT_HDRS) $(SOCT)/image.o \
		$(MODEL_LIB)
	$(call say,CC,$@)
	$(Q)$(CC) $(SOCT_CFLAGS) $(filter %.c %.o %.a,$^) -lm -o $@

$(SOCT_NAMES:%=$(SOCT)/%-san): $(SOCT)/%-san: tests/model/%.c $(SOCT_SRCS) $(SOCT_HDRS) \
		$(SOCT)/image.o $(MODEL_SAN_LIB)
	$(call say,CC,$@)
	$(Q)$(CC) $(SOCT_CFLAGS) $(SAN_CFLAGS) $(filter %.c %.o %.a,$^) -lm -o $@

define soc_test
CHECK_FAST += model/$(1) model/$(1)-san
model/$(1).cmd := $(SOCT)/$(1)
model/$(1).dep := $(SOCT)/$(1)
model/$(1)-san.cmd := $(SOCT)/$(1)-san
model/$(1)-san.dep := $(SOCT)/$(1)-san
endef
$(foreach t,$(SOCT_NAMES),$(eval $(call soc_test,$(t))))
