# SPDX-License-Identifier: MIT
# The RISC-V interpreter. RV_OBJS: what the chip links; RV_SRCS: the same, for other builds of it.

RV_DIR := qemu-device/model/rv
RV_SRCS := $(addprefix $(RV_DIR)/,rv_hart.c rv_exec.c rv_decode.c rv_icache.c rv_insn.c rv_mem.c \
	rv_csr.c rv_disasm.c rv_fp.c rv_vec.c rv_vec_int.c rv_vec_fixed.c rv_vec_red.c rv_vec_mask.c \
	rv_vec_perm.c rv_vec_mem.c rv_vec_fp.c rv_vec_estimate.c)
RV_HDRS := $(wildcard $(RV_DIR)/*.h)
RV_OBJS := $(RV_SRCS:%.c=$(B)/%.o)

$(RV_OBJS): $(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -fPIC $(DEPFLAGS) -c $< -o $@

# The loops of vector instructions are for the compiler to vectorise.
$(addprefix $(B)/$(RV_DIR)/,rv_vec_int.o rv_vec_fixed.o): MTIA_CFLAGS += -O3

-include $(RV_OBJS:.o=.d)
