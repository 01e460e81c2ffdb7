# SPDX-License-Identifier: MIT
# A processing element. PE_OBJS: what the chip links; PE_SRCS: the same, for other builds of it.

PE_DIR := qemu-device/model/pe
PE_SRCS := $(addprefix $(PE_DIR)/,pe.c pe_snapshot.c cp.c cp_decode.c cb.c fi.c fi_multicast.c fi_decode.c mlu.c \
	mlu_decode.c dpe.c dpe_decode.c re.c re_decode.c se.c se_bank.c se_decode.c \
	se_rows.c se_elementwise.c se_elementwise_decode.c se_lut.c core.c atom.c irq.c debug.c \
	simd_scalar.c simd_avx2.c simd_avx512.c simd_array_scalar.c simd_array_avx2.c \
	simd_array_avx512.c)
PE_OBJS := $(PE_SRCS:%.c=$(B)/%.o)

# Results are defined bit for bit: MTIA_CFLAGS has -ffp-contract=off, so that an fma happens where the
# source says so and nowhere else.
$(PE_OBJS): $(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -fPIC $(DEPFLAGS) -c $< -o $@

-include $(PE_OBJS:.o=.d)
