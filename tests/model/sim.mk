# SPDX-License-Identifier: GPL-2.0
# The real firmware on the chip model, through libmtia-simhost.

SIM_TESTS := sim_boot sim_jobs sim_launch sim_work_queue
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

$(SIM_PROBE): $(B)/tests/model/sim_probe.o $(PE_LINK_DEPS)
	$(call pe_link,32)

# A program with vectors, see firmware/kernels/build.mk.
SIM_NORM := $(B)/tests/model/sim_norm.pe

$(B)/tests/model/sim_norm.o: tests/model/sim_norm.c tests/model/sim_norm.h firmware/kernels/build.mk
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(B)/tests/model/sim_norm_vector.o: tests/model/sim_norm_vector.c tests/model/sim_norm.h \
		firmware/kernels/build.mk
	$(pe_vector_cc)

$(SIM_NORM): $(B)/tests/model/sim_norm.o $(B)/tests/model/sim_norm_vector.o $(PE_LINK_DEPS)
	$(call pe_link,32)

$(B)/tests/model/sim_vector: tests/model/sim_vector.c $(SIM_SAN_OBJS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_SAN_FLAGS) $(DEPFLAGS) -o $@ $< $(SIM_SAN_OBJS) -ldl -lm

CHECK_FAST += model/sim_vector
model/sim_vector.cmd = $(B)/tests/model/sim_vector $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_NORM)
model/sim_vector.dep = $(B)/tests/model/sim_vector $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_NORM)

# What programs do wrong, and their neighbours.
SIM_MISUSE := $(B)/tests/model/sim_misuse.pe

$(B)/tests/model/sim_misuse_pe.o: tests/model/sim_misuse_pe.c tests/model/sim_misuse.h \
		firmware/kernels/build.mk
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(SIM_MISUSE): $(B)/tests/model/sim_misuse_pe.o $(PE_LINK_DEPS)
	$(call pe_link,40)

$(B)/tests/model/sim_misuse: tests/model/sim_misuse.c $(SIM_SAN_OBJS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_SAN_FLAGS) -Ifirmware/include $(DEPFLAGS) -o $@ $< $(SIM_SAN_OBJS) -ldl

SIM_MISUSE_ARGS := $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_MISUSE) $(B)/firmware/kernels/fc_int8.pe
CHECK_FAST += model/sim_misuse
model/sim_misuse.cmd = $(B)/tests/model/sim_misuse $(SIM_MISUSE_ARGS)
model/sim_misuse.dep = $(B)/tests/model/sim_misuse $(SIM_MISUSE_ARGS)

# Locks, barriers, multicast of many PEs.
SIM_LOCKS := $(B)/tests/model/sim_locks.pe

$(B)/tests/model/sim_locks.o: tests/model/sim_locks.c tests/model/sim_locks.h \
		$(wildcard firmware/include/mtia/*.h) firmware/kernels/build.mk
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(SIM_LOCKS): $(B)/tests/model/sim_locks.o $(PE_LINK_DEPS)
	$(call pe_link,32)

$(B)/tests/model/sim_atomics: tests/model/sim_atomics.c $(SIM_SAN_OBJS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_SAN_FLAGS) $(DEPFLAGS) -o $@ $< $(SIM_SAN_OBJS) -ldl

CHECK_FAST += model/sim_atomics
model/sim_atomics.cmd = $(B)/tests/model/sim_atomics $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_LOCKS)
model/sim_atomics.dep = $(B)/tests/model/sim_atomics $(MODEL_SAN_SO) $(FW_CTRL_IMAGE) $(SIM_LOCKS)

define sim_test
CHECK_FAST += model/$(1)
model/$(1).cmd = $(B)/tests/model/$(1) $$(MODEL_SAN_SO) $$(FW_CTRL_IMAGE) $$(SIM_PROBE)
model/$(1).dep = $(B)/tests/model/$(1) $$(MODEL_SAN_SO) $$(FW_CTRL_IMAGE) $$(SIM_PROBE)
endef
$(foreach t,$(SIM_TESTS),$(eval $(call sim_test,$(t))))

CHECK_FAST += model/sim_tool
model/sim_tool.cmd = tests/model/sim_tool $(MTIA_SIM) $(SIM_PROBE)
model/sim_tool.dep = $(MTIA_SIM) $(MODEL_SO) $(FW_CTRL_IMAGE) $(SIM_PROBE)

-include $(addprefix $(B)/tests/model/,$(SIM_TESTS:=.d) sim_vector.d sim_misuse.d sim_atomics.d) $(SIM_SAN_OBJS:.o=.d)
