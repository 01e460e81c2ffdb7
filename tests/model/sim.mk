# SPDX-License-Identifier: GPL-2.0
# The real firmware on the chip model, through libmtia-simhost.

SIM_TESTS := sim_boot sim_jobs sim_launch
SIM_PROBE := $(B)/tests/model/sim_probe.pe

# Host and model both under sanitizers.
SIM_SAN_OBJS := $(SIMHOST_SRC:%.c=$(B)/asan/%.o)
SIM_SAN_FLAGS := $(MTIA_CFLAGS) $(SAN_CFLAGS) -Iqemu-device/sim

$(SIM_SAN_OBJS): $(B)/asan/%.o: %.c
	$(call say,CC,$< (sanitizers))
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_SAN_FLAGS) $(DEPFLAGS) -c -o $@ $<

$(addprefix $(B)/tests/model/,$(SIM_TESTS)): $(B)/tests/model/%: tests/model/%.c $(SIM_SAN_OBJS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_SAN_FLAGS) $(DEPFLAGS) -o $@ $< $(SIM_SAN_OBJS) -ldl

$(B)/tests/model/sim_probe.o: tests/model/sim_probe.c tests/model/sim_probe.h firmware/kernels/build.mk
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(SIM_PROBE): $(B)/firmware/kernels/entry.o $(B)/tests/model/sim_probe.o firmware/kernels/program.ld \
		$(B)/firmware/kernels/mkpe
	$(call say,PE,$@)
	$(Q)for base in 0 0x40000000; do \
		$(RISCV)gcc $(PE_ISA) -nostdlib -static \
			-Wl,--defsym=BASE=$$base,-T,firmware/kernels/program.ld,--build-id=none,--no-warn-rwx-segments \
			-o $(basename $@).$$base.elf $(filter %.o,$^) && \
		$(RISCV)objcopy -O binary -j .image $(basename $@).$$base.elf $(basename $@).$$base.bin; \
	done
	$(Q)$(B)/firmware/kernels/mkpe sim_probe 32 $(basename $@).0.bin $(basename $@).0x40000000.bin $@

# A program with vectors, see firmware/kernels/build.mk.
SIM_NORM := $(B)/tests/model/sim_norm.pe

$(B)/tests/model/sim_norm.o: tests/model/sim_norm.c tests/model/sim_norm.h firmware/kernels/build.mk
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(B)/tests/model/sim_norm_vector.o: tests/model/sim_norm_vector.c tests/model/sim_norm.h \
		firmware/kernels/build.mk
	$(pe_vector_cc)

$(SIM_NORM): $(B)/firmware/kernels/entry.o $(B)/tests/model/sim_norm.o \
		$(B)/tests/model/sim_norm_vector.o firmware/kernels/program.ld $(B)/firmware/kernels/mkpe
	$(call say,PE,$@)
	$(Q)for base in 0 0x40000000; do \
		$(RISCV)gcc $(PE_ISA) -nostdlib -static \
			-Wl,--defsym=BASE=$$base,-T,firmware/kernels/program.ld,--build-id=none,--no-warn-rwx-segments \
			-o $(basename $@).$$base.elf $(filter %.o,$^) && \
		$(RISCV)objcopy -O binary -j .image $(basename $@).$$base.elf $(basename $@).$$base.bin; \
	done
	$(Q)$(B)/firmware/kernels/mkpe sim_norm 32 $(basename $@).0.bin $(basename $@).0x40000000.bin $@

$(B)/tests/model/sim_vector: tests/model/sim_vector.c $(SIM_SAN_OBJS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_SAN_FLAGS) $(DEPFLAGS) -o $@ $< $(SIM_SAN_OBJS) -ldl -lm

CHECK_FAST += model/sim_vector
model/sim_vector.cmd = $(B)/tests/model/sim_vector $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_NORM)
model/sim_vector.dep = $(B)/tests/model/sim_vector $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_NORM)

define sim_test
CHECK_FAST += model/$(1)
model/$(1).cmd = $(B)/tests/model/$(1) $$(MODEL_SAN_SO) $$(FW_CTRL_IMAGE) $$(SIM_PROBE)
model/$(1).dep = $(B)/tests/model/$(1) $$(MODEL_SAN_SO) $$(FW_CTRL_IMAGE) $$(SIM_PROBE)
endef
$(foreach t,$(SIM_TESTS),$(eval $(call sim_test,$(t))))

CHECK_FAST += model/sim_tool
model/sim_tool.cmd = tests/model/sim_tool $(MTIA_SIM) $(SIM_PROBE)
model/sim_tool.dep = $(MTIA_SIM) $(MODEL_SO) $(FW_CTRL_IMAGE) $(SIM_PROBE)

-include $(addprefix $(B)/tests/model/,$(SIM_TESTS:=.d) sim_vector.d) $(SIM_SAN_OBJS:.o=.d)
