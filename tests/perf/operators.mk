# SPDX-License-Identifier: GPL-2.0
# `make bench`: each measure next to its peer, in one run.

# The peer of TBE is a plain C loop; it gets what a compiler can do for this class of machine.
$(B)/tests/perf/operators: tests/perf/operators.c $(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -O3 -mavx2 -mfma -Ilibmtia-user/include \
		$$(pkg-config --cflags openblas) $(DEPFLAGS) -o $@ $< -L$(B)/libmtia-user -lmtia-user \
		-Wl,-rpath,$(abspath $(B)/libmtia-user) $$(pkg-config --libs openblas) -lm

PERF_GUEST := $(addprefix $(B)/tests/perf/,latency throughput recovery)
$(PERF_GUEST): $(B)/tests/perf/%: tests/perf/%.c $(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -Ilibmtia-user/include $(DEPFLAGS) -o $@ $< \
		-L$(B)/libmtia-user -lmtia-user -Wl,-rpath,$(abspath $(B)/libmtia-user)

$(B)/tests/perf/growth: tests/perf/growth.c $(B)/libmtia-user/libmtia-user.so
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -Ilibmtia-user/include $(DEPFLAGS) -o $@ $< \
		-L$(B)/libmtia-user -lmtia-user -Wl,-rpath,$(abspath $(B)/libmtia-user)

# Cycles are deterministic: this part of the benchmarks is a test.
CHECK_FAST += perf/growth
perf/growth.cmd = MTIA_BACKEND=sim $(B)/tests/perf/growth
perf/growth.dep = $(B)/tests/perf/growth $(SIM_RUNTIME)

.PHONY: bench
## bench: measure against peers and goals; table on the terminal and build/bench.json
bench: deps
	@$(MAKE) -j$(JOBS) $(B)/tests/perf/operators $(PERF_GUEST) $(B)/tests/perf/growth \
		$(B)/tests/perf/rv_bench \
		$(SIM_RUNTIME) $(QEMU) $(DRIVER) all
	@tests/perf/bench $(B)

-include $(B)/tests/perf/operators.d $(PERF_GUEST:=.d) $(B)/tests/perf/growth.d
