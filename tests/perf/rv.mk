# SPDX-License-Identifier: GPL-2.0
# Speed of the RISC-V interpreter: build/tests/perf/rv_bench prints one JSON line.

RVB := $(B)/tests/perf
RVB_WORKLOADS := core copy parse heldout_huff heldout_queens float
RVB_ISA := -march=rv64imac -mabi=lp64
RVB_RISCV_FLAGS = -Iuapi -Ifirmware/ctrl/riscv -O2 $(RVB_ISA) -mcmodel=medany -ffreestanding -nostdlib \
	-ffp-contract=off -fno-tree-loop-distribute-patterns $(WARNINGS) -Wl,--no-warn-rwx-segments

$(RVB)/rv/float.bin: RVB_ISA := -march=rv64gc -mabi=lp64d

$(RVB)/rv/%.bin: tests/perf/rv/%.c tests/perf/rv/start.S tests/perf/rv/workload.ld
	$(call say,RVCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(RVB_RISCV_FLAGS) -T tests/perf/rv/workload.ld tests/perf/rv/start.S $< -lgcc \
		-o $(@:.bin=.elf)
	$(Q)$(RISCV)objcopy -O binary $(@:.bin=.elf) $@

$(RVB)/rv/%.image.o: $(RVB)/rv/%.bin tests/perf/rv/image.S
	$(Q)$(CC) -DNAME=$* -DFILE='"$<"' -c tests/perf/rv/image.S -o $@

$(RVB)/rv/%.native.o: tests/perf/rv/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -Dmain=native_$* -c $< -o $@

# This one holds the firmware's own code.
$(RVB)/rv/parse.bin $(RVB)/rv/parse.native.o: firmware/ctrl/cmdbuf.c firmware/ctrl/cmdbuf.h \
	firmware/ctrl/riscv/string.c uapi/mtia/cmd.h uapi/mtia/pe.h

RVB_OBJS := $(foreach w,$(RVB_WORKLOADS),$(RVB)/rv/$(w).image.o $(RVB)/rv/$(w).native.o)

# The computed-goto build is the product; the switch build is here to compare.
$(RVB)/rv_bench: tests/perf/rv_bench.c tests/rv/fault_bus.h $(RVB_OBJS) $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(MTIA_CFLAGS) -I$(RV_DIR) $< $(RVB_OBJS) $(RV_OBJS) -lm -o $@

$(RVB)/rv_bench-switch: tests/perf/rv_bench.c tests/rv/fault_bus.h $(RVB_OBJS) $(RV_SRCS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(MTIA_CFLAGS) -DRV_SWITCH -I$(RV_DIR) $< $(RVB_OBJS) $(RV_SRCS) -lm -o $@
