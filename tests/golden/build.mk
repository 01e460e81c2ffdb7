# SPDX-License-Identifier: GPL-2.0
# The host references against the golden vectors: as they are shipped, and under sanitizers.

REF_TEST_CFLAGS := $(MTIA_CFLAGS) -D_GNU_SOURCE -Ilibmtia-user/include -Itests/unit -Itests/golden
REF_TESTS := ref_golden ref_golden_operators ref_golden_shapes ref_arguments ref_operators

$(addprefix $(B)/tests/unit/,$(REF_TESTS)): $(B)/tests/unit/%: tests/unit/%.c tests/golden/golden.c $(REF_SRC) $(LUT_TABLES)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(REF_TEST_CFLAGS) $(DEPFLAGS) -o $@ $(filter %.c %.o,$^) -lm

$(addprefix $(B)/tests/unit/,$(REF_TESTS:=_sanitized)): $(B)/tests/unit/%_sanitized: tests/unit/%.c \
		tests/golden/golden.c $(REF_SRC) $(LUT_TABLES)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(REF_TEST_CFLAGS) $(SAN_CFLAGS) $(DEPFLAGS) -o $@ $(filter %.c %.o,$^) -lm

define ref_test
CHECK_FAST += unit/$(1)
unit/$(1).cmd := $(B)/tests/unit/$(1)
unit/$(1).dep := $(B)/tests/unit/$(1)
endef
$(foreach t,$(REF_TESTS) $(REF_TESTS:=_sanitized),$(eval $(call ref_test,$(t))))

.PHONY: check-ref
check-ref: $(foreach t,$(filter unit/ref_%,$(CHECK_FAST)),$($(t).dep))
	@tests/run-tap $(B)/tests $(foreach t,$(filter unit/ref_%,$(CHECK_FAST)),'$(t)=$($(t).cmd)')

-include $(foreach t,$(REF_TESTS) $(REF_TESTS:=_sanitized),$(B)/tests/unit/$(t).d)
