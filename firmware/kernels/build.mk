# SPDX-License-Identifier: MIT
# PE programs: NAME.c -> $(B)/firmware/kernels/NAME.pe

PE_PROGRAMS := fc_int8 tbe tbe_wide matmul transpose concat interaction interaction_blocks elementwise rowwise \
	layernorm reduce_add
PE_ARGS_fc_int8 := 96
PE_ARGS_tbe := 80
PE_ARGS_tbe_wide := 80
PE_ARGS_matmul := 152
PE_ARGS_transpose := 64
PE_ARGS_concat := 1072
PE_ARGS_interaction := 56
PE_ARGS_interaction_blocks := 56
PE_ARGS_elementwise := 152
PE_ARGS_rowwise := 40
PE_ARGS_layernorm := 64
PE_ARGS_reduce_add := 56
PE_IMAGES := $(PE_PROGRAMS:%=$(B)/firmware/kernels/%.pe)

# What every PE core executes, hard-float ABI.
PE_ISA := -march=rv64gc_zicsr_zifencei -mabi=lp64d
PE_CFLAGS := $(PE_ISA) -mcmodel=medany -O2 -g -ffreestanding -ffp-contract=off \
	-fno-jump-tables -fno-tree-loop-distribute-patterns -msmall-data-limit=0 \
	$(WARNINGS) -std=gnu11 -Iuapi -Ifirmware/include

# Programs that compute on core B's vector unit: NAME_vector.c, with core_b() and what only that core
# executes, is compiled for it and linked to NAME.o. Intrinsics: <riscv_vector.h>. VLEN is known, so
# the compiler may unroll for it; FP contraction is off as everywhere else.
PE_VECTOR_PROGRAMS := layernorm reduce_add
PE_VECTOR_CC := clang-19
PE_VECTOR_ISA := --target=riscv64-unknown-elf -march=rv64gcv_zvl512b_zfh_zvfh -mabi=lp64d
PE_VECTOR_CFLAGS := $(PE_VECTOR_ISA) -mcmodel=medany -O2 -ffreestanding -fno-builtin \
	-ffp-contract=off -fno-jump-tables -msmall-data-limit=0 $(WARNINGS) -std=gnu11 \
	-Iuapi -Ifirmware/include

$(PE_VECTOR_PROGRAMS:%=$(B)/firmware/kernels/%.pe): $(B)/firmware/kernels/%.pe: \
	$(B)/firmware/kernels/%_vector.o

# Debian 12's binutils know neither the relocations of clang's debug information (so there is no -g)
# nor all of what it says of the ISA.
define pe_vector_cc
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D) && $(PE_VECTOR_CC) $(PE_VECTOR_CFLAGS) $(DEPFLAGS) -c -o $@ $<
	$(Q)$(RISCV)objcopy -R .riscv.attributes $@
endef

$(B)/firmware/kernels/%_vector.o: firmware/kernels/%_vector.c firmware/kernels/build.mk
	$(pe_vector_cc)

$(B)/firmware/kernels/mkpe: firmware/kernels/mkpe.c uapi/mtia/pe.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(MTIA_CFLAGS) -o $@ $<

$(B)/firmware/kernels/entry.o: firmware/kernels/entry.S firmware/kernels/build.mk
	$(Q)mkdir -p $(@D) && $(RISCV)gcc $(PE_CFLAGS) -c -o $@ $<

$(B)/firmware/kernels/%.o: firmware/kernels/%.c firmware/kernels/build.mk
	$(call say,RISCV,$@)
	$(Q)mkdir -p $(@D) && $(RISCV)gcc $(PE_CFLAGS) $(DEPFLAGS) -c -o $@ $<

# Linked at two bases; mkpe refuses a difference. $(1): bytes of arguments.
define pe_link
	$(call say,PE,$@)
	$(Q)for base in 0 0x40000000; do \
		$(RISCV)gcc $(PE_ISA) -nostdlib -static \
			-Wl,--defsym=BASE=$$base,-T,firmware/kernels/program.ld,--build-id=none,--no-warn-rwx-segments \
			-o $(basename $@).$$base.elf $(filter %.o,$^) -lgcc; \
		$(RISCV)objcopy -O binary -j .image $(basename $@).$$base.elf $(basename $@).$$base.bin; \
	done
	$(Q)$(B)/firmware/kernels/mkpe $(notdir $(basename $@)) $(1) $(basename $@).0.bin \
		$(basename $@).0x40000000.bin $@
endef
PE_LINK_DEPS := $(B)/firmware/kernels/entry.o firmware/kernels/program.ld $(B)/firmware/kernels/mkpe

$(B)/firmware/kernels/%.pe: $(B)/firmware/kernels/%.o $(PE_LINK_DEPS)
	$(call pe_link,$(PE_ARGS_$*))

.SECONDARY: $(PE_PROGRAMS:%=$(B)/firmware/kernels/%.o)
ALL += $(PE_IMAGES)

-include $(wildcard $(B)/firmware/kernels/*.d)
