# SPDX-License-Identifier: GPL-2.0
# Operators on the simulator, through the public library.

$(B)/tests/model/ops: tests/model/ops.c tests/unit/tap.h $(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -Ilibmtia-user/include $(DEPFLAGS) -o $@ $< \
		-L$(B)/libmtia-user -lmtia-user -Wl,-rpath,$(abspath $(B)/libmtia-user)

CHECK_FAST += model/ops
model/ops.cmd = MTIA_BACKEND=sim $(B)/tests/model/ops 40
model/ops.dep = $(B)/tests/model/ops $(SIM_RUNTIME)

-include $(B)/tests/model/ops.d
