# SPDX-License-Identifier: MIT
# Control firmware and its image; PE programs are in kernels/build.mk.

-include firmware/kernels/build.mk

FW_CTRL_VERSION := mtia-ctrl 1.0.0

# The portable core: what the host compiles, tests and fuzzes as well.
FW_CTRL_CORE := $(addprefix firmware/ctrl/,ahead.c cmdbuf.c context.c cq.c dma.c job.c kill.c launch.c \
	line.c log.c mailbox.c main.c outbox.c pestate.c queue.c subgrid.c)
FW_CTRL_PORT := $(addprefix firmware/ctrl/riscv/,crt0.S port_riscv.c string.c)

# Paths are mapped away: the build id hashes debug information too.
FW_CTRL_CFLAGS := -std=gnu11 -O2 -g $(WARNINGS) -Iuapi -Ifirmware/ctrl -Ifirmware/ctrl/riscv \
	-march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -ffreestanding -nostdlib \
	-fno-tree-loop-distribute-patterns -fno-common -ffunction-sections \
	-ffile-prefix-map=$(CURDIR)=. -Wa,--debug-prefix-map=$(CURDIR)=.
FW_CTRL_LDFLAGS := -static -nostartfiles -Wl,--gc-sections,--build-id=sha1,--fatal-warnings \
	-Wl,--no-warn-rwx-segments -T firmware/ctrl/riscv/ctrl.lds

FW_CTRL_OBJS := $(patsubst firmware/%,$(B)/firmware/%.o,$(FW_CTRL_CORE) $(FW_CTRL_PORT))
FW_CTRL_IMAGE := $(B)/firmware/mtia_ctrl.bin
ALL += $(FW_CTRL_IMAGE)

$(FW_CTRL_OBJS): $(B)/firmware/%.o: firmware/% firmware/build.mk
	$(call say,RV-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RISCV)gcc $(FW_CTRL_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(B)/firmware/mtia_ctrl.elf: $(FW_CTRL_OBJS) firmware/ctrl/riscv/ctrl.lds
	$(call say,RV-LD,$@)
	$(Q)$(RISCV)gcc $(FW_CTRL_CFLAGS) -o $@ $(FW_CTRL_OBJS) $(FW_CTRL_LDFLAGS)

$(B)/firmware/mkimage: firmware/ctrl/mkimage.c qemu-device/sim/fwimage.c qemu-device/sim/fwimage.h \
		uapi/mtia/fw_abi.h
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -Iqemu-device/sim -o $@ $(filter %.c,$^)

$(FW_CTRL_IMAGE): $(B)/firmware/mtia_ctrl.elf $(B)/firmware/mkimage
	$(call say,IMAGE,$@)
	$(Q)$(B)/firmware/mkimage "$(FW_CTRL_VERSION)" $< $@

-include $(FW_CTRL_OBJS:.o=.d)
