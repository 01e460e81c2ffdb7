# SPDX-License-Identifier: GPL-2.0
# Tests of the processing element: SIMD levels, operations, rules; each also under sanitizers.

PET := $(B)/tests/model
PET_CFLAGS := $(MTIA_CFLAGS) -Iqemu-device
PET_HDRS := tests/model/pe_bench.h tests/model/pe_ring.h tests/model/pe_se.h tests/unit/tap.h $(wildcard $(PE_DIR)/*.h) $(RV_HDRS)
PET_NAMES := pe_half pe_simd pe_ops pe_rows pe_dpe pe_mlu pe_se pe_fuzz pe_fields pe_rules pe_irq pe_atoms pe_fabric
# Compared with the library's references as well.
PET_LIB_NAMES := pe_lut

# The PE and the interpreter once more, with AddressSanitizer and UndefinedBehaviorSanitizer.
PET_SAN_OBJS := $(patsubst %.c,$(PET)/san/%.o,$(PE_SRCS) $(RV_SRCS) tests/model/pe_bench.c)

$(PET_SAN_OBJS): $(PET)/san/%.o: %.c $(PET_HDRS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PET_CFLAGS) $(SAN_CFLAGS) -c $< -o $@

$(PET)/pe_bench.o: tests/model/pe_bench.c $(PET_HDRS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PET_CFLAGS) -c $< -o $@

$(PET_NAMES:%=$(PET)/%): $(PET)/%: tests/model/%.c $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) $(PET_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(PET_CFLAGS) $< $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) -lm -o $@

$(PET_NAMES:%=$(PET)/%_san): $(PET)/%_san: tests/model/%.c $(PET_SAN_OBJS) $(PET_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(PET_CFLAGS) $(SAN_CFLAGS) $< $(PET_SAN_OBJS) -lm -o $@

$(PET_LIB_NAMES:%=$(PET)/%): $(PET)/%: tests/model/%.c $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) $(PET_HDRS) \
		$(B)/libmtia-user/libmtia-user.a
	$(call say,CC,$@)
	$(Q)$(CC) $(PET_CFLAGS) -Ilibmtia-user/include $< $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) \
		$(B)/libmtia-user/libmtia-user.a -lm -o $@

$(PET_LIB_NAMES:%=$(PET)/%_san): $(PET)/%_san: tests/model/%.c $(PET_SAN_OBJS) $(PET_HDRS) \
		$(B)/libmtia-user/libmtia-user.a
	$(call say,CC,$@)
	$(Q)$(CC) $(PET_CFLAGS) -Ilibmtia-user/include $(SAN_CFLAGS) $< $(PET_SAN_OBJS) \
		$(B)/libmtia-user/libmtia-user.a -lm -o $@

define pe_test
CHECK_FAST += model/$(1) model/$(1)_san
model/$(1).cmd := $$(PET)/$(1)
model/$(1).dep := $$(PET)/$(1)
model/$(1)_san.cmd := $$(PET)/$(1)_san
model/$(1)_san.dep := $$(PET)/$(1)_san
endef
$(foreach t,$(PET_NAMES) $(PET_LIB_NAMES),$(eval $(call pe_test,$(t))))

# The list of operations in the docs is what the PE says.
$(PET)/pe_operations: tests/model/pe_operations.c $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) $(PET_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(PET_CFLAGS) $< $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) -lm -o $@

CHECK_FAST += model/pe_operations
model/pe_operations.cmd := $(PET)/pe_operations uapi/mtia/pe.h $(PE_DIR)/OPERATIONS.md
model/pe_operations.dep := $(PET)/pe_operations

.PHONY: instructions
instructions: $(PET)/pe_operations
	$(Q)$(PET)/pe_operations uapi/mtia/pe.h > $(PE_DIR)/OPERATIONS.md

# Figures, not a test: build/tests/model/pe_speed.
$(PET)/pe_speed: tests/model/pe_speed.c $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) $(PET_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(PET_CFLAGS) $< $(PET)/pe_bench.o $(PE_OBJS) $(RV_OBJS) -lm -o $@
