# SPDX-License-Identifier: GPL-2.0
# The real firmware on the chip model, through libmtia-simhost.

SIM_TESTS := sim_boot sim_jobs sim_launch
SIM_PROBE := $(B)/tests/model/sim_probe.pe

$(addprefix $(B)/tests/model/,$(SIM_TESTS)): $(B)/tests/model/%: tests/model/%.c $(SIMHOST_LIB)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -Iqemu-device/sim $(DEPFLAGS) -o $@ $< $(SIMHOST_LIB) -ldl

$(B)/tests/model/sim_probe.o: tests/model/sim_probe.c tests/model/sim_probe.h
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(SIM_PROBE): $(B)/firmware/kernels/entry.o $(B)/tests/model/sim_probe.o firmware/kernels/program.ld \
		$(B)/firmware/kernels/mkpe
	$(call say,PE,$@)
	$(Q)for base in 0 0x40000000; do \
		$(RISCV)gcc -march=rv64imac_zicsr_zifencei -mabi=lp64 -nostdlib -static \
			-Wl,--defsym=BASE=$$base,-T,firmware/kernels/program.ld,--build-id=none,--no-warn-rwx-segments \
			-o $(basename $@).$$base.elf $(filter %.o,$^) && \
		$(RISCV)objcopy -O binary -j .image $(basename $@).$$base.elf $(basename $@).$$base.bin; \
	done
	$(Q)$(B)/firmware/kernels/mkpe sim_probe 32 $(basename $@).0.bin $(basename $@).0x40000000.bin $@

define sim_test
CHECK_FAST += model/$(1)
model/$(1).cmd = $(B)/tests/model/$(1) $$(MODEL_SO) $$(FW_CTRL_IMAGE) $$(SIM_PROBE)
model/$(1).dep = $(B)/tests/model/$(1) $$(MODEL_SO) $$(FW_CTRL_IMAGE) $$(SIM_PROBE)
endef
$(foreach t,$(SIM_TESTS),$(eval $(call sim_test,$(t))))

-include $(addprefix $(B)/tests/model/,$(SIM_TESTS:=.d))
