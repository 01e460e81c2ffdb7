# SPDX-License-Identifier: GPL-2.0
# Proof of the RISC-V interpreter: against qemu-riscv64, and unit tests.

RVT := $(B)/tests/rv
RVT_CFLAGS := $(MTIA_CFLAGS) -I$(RV_DIR)
RVT_HDRS := $(wildcard tests/rv/*.h) tests/unit/tap.h
RVT_GUEST_CFLAGS := -mcmodel=medany -ffreestanding -nostdlib -static $(WARNINGS) \
	-Wl,--no-warn-rwx-segments -Wl,--no-relax

# The same loop dispatched by a switch, next to the other one.
$(RVT)/rv_exec_switch.o: $(RV_DIR)/rv_exec.c $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -DRV_SWITCH -Drv_run=rv_run_switch -c $< -o $@

$(RVT)/runner: tests/rv/runner.c tests/rv/stream.h tests/rv/guest_io.h
	$(call say,RVCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(RVT_GUEST_CFLAGS) -O2 -march=rv64imac_zifencei -mabi=lp64 $< -o $@

$(RVT)/diff: tests/rv/diff.c tests/rv/stream.c $(RVT_HDRS) \
		$(RVT)/rv_exec_switch.o $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) tests/rv/diff.c tests/rv/stream.c $(RVT)/rv_exec_switch.o $(RV_OBJS) -lm -o $@

CHECK_FAST += rv/diff
rv/diff.cmd := $(RVT)/diff qemu-riscv64 $(RVT)/runner
rv/diff.dep := $(RVT)/diff $(RVT)/runner

# Vector streams.
$(RVT)/vec_runner: tests/rv/vec_runner.c tests/rv/vec_stream.h tests/rv/guest_io.h
	$(call say,RVCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(RVT_GUEST_CFLAGS) -O2 -march=rv64imac_zifencei -mabi=lp64 $< -o $@

RVT_VEC_SRCS := tests/rv/vec_diff.c tests/rv/vec_stream.c

$(RVT)/vec_diff: $(RVT_VEC_SRCS) $(RVT_HDRS) $(RVT)/rv_exec_switch.o $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(RVT_VEC_SRCS) $(RVT)/rv_exec_switch.o $(RV_OBJS) -lm -o $@

CHECK_FAST += rv/vec_diff
rv/vec_diff.cmd := $(RVT)/vec_diff qemu-riscv64 $(RVT)/vec_runner
rv/vec_diff.dep := $(RVT)/vec_diff $(RVT)/vec_runner

RVT_UNIT_SRCS := $(addprefix tests/rv/,unit.c unit_csr.c unit_fp.c unit_vec.c unit_trap.c unit_fetch.c unit_run.c rig.c)

$(RVT)/unit: $(RVT_UNIT_SRCS) $(RVT_HDRS) $(RVT)/rv_exec_switch.o $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(RVT_UNIT_SRCS) $(RVT)/rv_exec_switch.o $(RV_OBJS) -lm -o $@

CHECK_FAST += rv/unit
rv/unit.cmd := $(RVT)/unit
rv/unit.dep := $(RVT)/unit

# The same with AddressSanitizer and UndefinedBehaviorSanitizer.
$(RVT)/san/rv_exec_switch.o: $(RV_DIR)/rv_exec.c $(RV_HDRS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(SAN_CFLAGS) -DRV_SWITCH -Drv_run=rv_run_switch -c $< -o $@

RVT_SAN_OBJS := $(RV_SRCS:$(RV_DIR)/%.c=$(RVT)/san/%.o) $(RVT)/san/rv_exec_switch.o

$(RV_SRCS:$(RV_DIR)/%.c=$(RVT)/san/%.o): $(RVT)/san/%.o: $(RV_DIR)/%.c $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(SAN_CFLAGS) -c $< -o $@

$(RVT)/unit-san: $(RVT_UNIT_SRCS) $(RVT_HDRS) $(RVT_SAN_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(SAN_CFLAGS) $(RVT_UNIT_SRCS) $(RVT_SAN_OBJS) -lm -o $@

$(RVT)/diff-san: tests/rv/diff.c tests/rv/stream.c $(RVT_HDRS) $(RVT_SAN_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(SAN_CFLAGS) tests/rv/diff.c tests/rv/stream.c $(RVT_SAN_OBJS) -lm -o $@

$(RVT)/vec_diff-san: $(RVT_VEC_SRCS) $(RVT_HDRS) $(RVT_SAN_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(SAN_CFLAGS) $(RVT_VEC_SRCS) $(RVT_SAN_OBJS) -lm -o $@

CHECK_FAST += rv/unit-san rv/diff-san rv/vec_diff-san
rv/vec_diff-san.cmd := $(RVT)/vec_diff-san qemu-riscv64 $(RVT)/vec_runner 2000 7
rv/vec_diff-san.dep := $(RVT)/vec_diff-san $(RVT)/vec_runner
rv/unit-san.cmd := $(RVT)/unit-san
rv/unit-san.dep := $(RVT)/unit-san
rv/diff-san.cmd := $(RVT)/diff-san qemu-riscv64 $(RVT)/runner 2000 7
rv/diff-san.dep := $(RVT)/diff-san $(RVT)/runner

# Floating point by itself. -frounding-math: the test sets the host's rounding mode.
$(RVT)/fp: tests/rv/fp.c tests/unit/tap.h $(RV_DIR)/rv_fp.h $(B)/$(RV_DIR)/rv_fp.o
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RVT_CFLAGS) -frounding-math $< $(B)/$(RV_DIR)/rv_fp.o -lm -o $@

$(RVT)/fp-san: tests/rv/fp.c tests/unit/tap.h $(RV_DIR)/rv_fp.h $(RVT)/san/rv_fp.o
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(SAN_CFLAGS) -frounding-math $< $(RVT)/san/rv_fp.o -lm -o $@

CHECK_FAST += rv/fp rv/fp-san
rv/fp.cmd := $(RVT)/fp
rv/fp.dep := $(RVT)/fp
rv/fp-san.cmd := $(RVT)/fp-san 2000 7
rv/fp-san.dep := $(RVT)/fp-san

# Compiled programs, at several optimisation levels.
RVT_LEVELS := O0 O1 O2 Os
RVT_PROGRAMS := $(RVT_LEVELS:%=$(RVT)/programs-%) $(RVT_LEVELS:%=$(RVT)/programs-fp-%)

# Floating point in libgcc's code, and in the F registers; no fused operations, for the host's sake.
$(RVT)/programs-%: RVT_ISA := -march=rv64imac -mabi=lp64
$(RVT)/programs-fp-%: RVT_ISA := -march=rv64gc -mabi=lp64d

$(RVT_LEVELS:%=$(RVT)/programs-%): $(RVT)/programs-%: tests/rv/programs.c \
		tests/rv/program.h tests/perf/rv/workload.ld
	$(rvt_program)

$(RVT_LEVELS:%=$(RVT)/programs-fp-%): $(RVT)/programs-fp-%: tests/rv/programs.c \
		tests/rv/program.h tests/perf/rv/workload.ld
	$(rvt_program)

define rvt_program
	$(call say,RVCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(RVT_GUEST_CFLAGS) $(RVT_ISA) -$* -ffp-contract=off \
		-fno-tree-loop-distribute-patterns -T tests/perf/rv/workload.ld $< -lgcc -o $@
	$(Q)$(RISCV)objcopy -O binary $@ $@.bin
endef

# Loops that clang makes vectors of: for any VLEN, and for the one we have.
RVT_VEC_PROGRAMS := $(RVT)/vec_programs-O2 $(RVT)/vec_programs-O3
RVT_VEC_CC := clang-19 --target=riscv64-unknown-elf -mabi=lp64d -mcmodel=medany -ffreestanding \
	-fno-builtin -ffp-contract=off $(WARNINGS)
$(RVT)/vec_programs-O2: RVT_ISA := -march=rv64gcv_zfh_zvfh
$(RVT)/vec_programs-O3: RVT_ISA := -march=rv64gcv_zvl512b_zfh_zvfh

$(RVT_VEC_PROGRAMS): $(RVT)/vec_programs-%: tests/rv/vec_programs.c tests/rv/program.h \
		tests/perf/rv/workload.ld
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RVT_VEC_CC) $(RVT_ISA) -$* -c $< -o $@.o
	$(Q)$(RISCV)objcopy -R .riscv.attributes $@.o
	$(Q)$(RISCV)gcc $(RVT_GUEST_CFLAGS) -march=rv64gc -mabi=lp64d -T tests/perf/rv/workload.ld \
		$@.o -o $@
	$(Q)$(RISCV)objcopy -O binary $@ $@.bin

$(RVT)/programs-host $(RVT)/vec_programs-host: $(RVT)/%-host: tests/rv/%.c tests/rv/program.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $< -lm -o $@

CHECK_FAST += rv/vec_compiled
rv/vec_compiled.cmd := $(RVT)/compiled qemu-riscv64 $(RVT)/vec_programs-host $(RVT_VEC_PROGRAMS)
rv/vec_compiled.dep := $(RVT)/compiled $(RVT)/vec_programs-host $(RVT_VEC_PROGRAMS)

$(RVT)/compiled: tests/rv/compiled.c $(RVT_HDRS) $(RVT)/rv_exec_switch.o $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) tests/rv/compiled.c $(RVT)/rv_exec_switch.o $(RV_OBJS) -lm -o $@

CHECK_FAST += rv/compiled
rv/compiled.cmd := $(RVT)/compiled qemu-riscv64 $(RVT)/programs-host $(RVT_PROGRAMS)
rv/compiled.dep := $(RVT)/compiled $(RVT)/programs-host $(RVT_PROGRAMS)

# Which encodings are legal.
$(RVT)/probe: tests/rv/probe.c tests/rv/guest_io.h
	$(call say,RVCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(RVT_GUEST_CFLAGS) -O2 -march=rv64imac_zifencei -mabi=lp64 $< -o $@

$(RVT)/encodings: tests/rv/encodings.c $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RVT_CFLAGS) $< $(RV_OBJS) -lm -o $@

CHECK_FAST += rv/encodings
rv/encodings.cmd := $(RVT)/encodings qemu-riscv64 $(RVT)/probe
rv/encodings.dep := $(RVT)/encodings $(RVT)/probe

# The list of instructions in the docs is what the tables say.
$(RVT)/instructions: tests/rv/instructions.c $(RV_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RVT_CFLAGS) $< $(RV_OBJS) -lm -o $@

CHECK_FAST += rv/instructions
rv/instructions.cmd := $(RVT)/instructions $(RV_DIR)/INSTRUCTIONS.md
rv/instructions.dep := $(RVT)/instructions

.PHONY: instructions rv-instructions
instructions: rv-instructions
rv-instructions: $(RVT)/instructions
	$(Q)$(RVT)/instructions > $(RV_DIR)/INSTRUCTIONS.md

# Random bytes as code, with sanitizers.
$(RVT)/fuzz-san: tests/rv/fuzz.c $(RVT_HDRS) $(RVT_SAN_OBJS) $(RV_HDRS)
	$(call say,CC,$@)
	$(Q)$(CC) $(RVT_CFLAGS) $(SAN_CFLAGS) tests/rv/fuzz.c $(RVT_SAN_OBJS) -lm -o $@

CHECK_FAST += rv/fuzz-san
rv/fuzz-san.cmd := $(RVT)/fuzz-san
rv/fuzz-san.dep := $(RVT)/fuzz-san
