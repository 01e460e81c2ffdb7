# SPDX-License-Identifier: GPL-2.0 OR MIT
# A quick look at a changed driver. The module itself is built by tools/vm/build.mk.

SMOKE := $(B)/driver/smoke

$(SMOKE): tests/kselftest/smoke.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $$(pkg-config --cflags libdrm) $(DEPFLAGS) -o $@ $<

-include $(SMOKE).d

.PHONY: smoke
## smoke: load the driver in the guest and go through a job's life once
smoke: deps
	@$(MAKE) $(SMOKE)
	@$(MAKE) vm CMD=$(SMOKE)
