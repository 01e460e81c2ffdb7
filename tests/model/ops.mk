# SPDX-License-Identifier: GPL-2.0
# Operators on the simulator, through the public library.

$(B)/tests/model/ops: tests/model/ops.c tests/unit/tap.h $(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -Ilibmtia-user/include $(DEPFLAGS) -o $@ $< \
		-L$(B)/libmtia-user -lmtia-user -Wl,-rpath,$(abspath $(B)/libmtia-user)

CHECK_FAST += model/ops
model/ops.cmd = MTIA_BACKEND=sim $(B)/tests/model/ops 40
model/ops.dep = $(B)/tests/model/ops $(SIM_RUNTIME)

# The same with contention: results must not depend on cycles.
CHECK_FAST += model/ops-approx
model/ops-approx.cmd = MTIA_SIM_APPROX=1 MTIA_BACKEND=sim $(B)/tests/model/ops 10
model/ops-approx.dep = $(B)/tests/model/ops $(SIM_RUNTIME)

# Launches that the PEs begin by themselves, and the rest of v1+: the same results.
CHECK_FAST += model/ops-v1plus
model/ops-v1plus.cmd = MTIA_SIM_V1PLUS=1 MTIA_BACKEND=sim $(B)/tests/model/ops 10
model/ops-v1plus.dep = $(B)/tests/model/ops $(SIM_RUNTIME)

-include $(B)/tests/model/ops.d

# Optional features of the chip: the programs that use one, with it.
$(B)/tests/model/tbe_v1plus: tests/model/tbe_v1plus.c tests/unit/tap.h $(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -Ilibmtia-user/include $(DEPFLAGS) -o $@ $< \
		-L$(B)/libmtia-user -lmtia-user -Wl,-rpath,$(abspath $(B)/libmtia-user)

CHECK_FAST += model/tbe_v1plus model/op_tbe-v1plus
model/tbe_v1plus.cmd = MTIA_BACKEND=sim $(B)/tests/model/tbe_v1plus
model/tbe_v1plus.dep = $(B)/tests/model/tbe_v1plus $(SIM_RUNTIME)
model/op_tbe-v1plus.cmd = MTIA_SIM_V1PLUS=1 MTIA_BACKEND=sim $(B)/tests/model/op_tbe 4
model/op_tbe-v1plus.dep = $(B)/tests/model/op_tbe $(SIM_RUNTIME)

-include $(B)/tests/model/tbe_v1plus.d

# The lines of the support matrix: every op_*.c is a program of its own, made from its name.
OP_TESTS := $(filter-out op_case,$(patsubst tests/model/%.c,%,$(wildcard tests/model/op_*.c)))

$(OP_TESTS:%=$(B)/tests/model/%): $(B)/tests/model/%: tests/model/%.c tests/model/op_case.c \
		$(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -Ilibmtia-user/include $(DEPFLAGS) -o $@ \
		$(filter %.c,$^) -L$(B)/libmtia-user -lmtia-user -lm -Wl,-rpath,$(abspath $(B)/libmtia-user)

CHECK_FAST += $(OP_TESTS:%=model/%)
$(foreach t,$(OP_TESTS),$(eval model/$(t).cmd = MTIA_BACKEND=sim $(B)/tests/model/$(t)))
$(foreach t,$(OP_TESTS),$(eval model/$(t).dep = $(B)/tests/model/$(t) $$(SIM_RUNTIME)))

# The chip after them, whatever the host has.
OP_HASH_MODEL := $(B)/tests/model/hash_model.so

$(OP_HASH_MODEL): tests/model/hash_model.c $(B)/qemu-device/libmtia-model.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -fPIC -shared $(DEPFLAGS) -o $@ $< \
		-L$(B)/qemu-device -lmtia-model -Wl,-rpath,$(abspath $(B)/qemu-device)

CHECK_FAST += model/op_state
model/op_state.cmd = tests/model/op_state $(B)/tests/model $(OP_HASH_MODEL) $(OP_TESTS)
model/op_state.dep = $(OP_TESTS:%=$(B)/tests/model/%) $(OP_HASH_MODEL) $(SIM_RUNTIME)

.PHONY: matrix
## matrix: which operators, types and layouts are verified on the device; fails if one is not
matrix: all $(OP_TESTS:%=$(B)/tests/model/%)
	@TEST_JOBS=$(JOBS) tests/run-tap $(B)/tests $(foreach t,$(OP_TESTS),'model/$(t)=$(model/$(t).cmd)') \
		>$(B)/tests/matrix.log || true
	@/usr/bin/python3 tests/matrix.py tests/matrix.table $(B)/tests

-include $(OP_TESTS:%=$(B)/tests/model/%.d) $(B)/tests/model/hash_model.d
