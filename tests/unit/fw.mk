# SPDX-License-Identifier: GPL-2.0
# The firmware's portable core on the host, under sanitizers, on a fake chip.

FW_TESTS := fw_cmdbuf fw_subgrid fw_jobs fw_launch fw_ahead fw_wait
FW_TEST_CFLAGS := $(MTIA_CFLAGS) $(SAN_CFLAGS) -Ifirmware/ctrl -Itests/unit
FW_FAKE_SRC := tests/unit/fw_fake.c $(FW_CTRL_CORE)
FW_FAKE_OBJS := $(patsubst %.c,$(B)/tests/unit/fw_obj/%.o,$(FW_FAKE_SRC))

$(B)/tests/unit/fw_obj/%.o: %.c
	$(call say,CC,$< (sanitized))
	@mkdir -p $(@D)
	$(Q)$(CC) $(FW_TEST_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(addprefix $(B)/tests/unit/,$(FW_TESTS)): $(B)/tests/unit/%: tests/unit/%.c $(FW_FAKE_OBJS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FW_TEST_CFLAGS) $(DEPFLAGS) -o $@ $< $(FW_FAKE_OBJS)

define fw_test
CHECK_FAST += unit/$(1)
unit/$(1).cmd = $(B)/tests/unit/$(1)
unit/$(1).dep = $(B)/tests/unit/$(1)
endef
$(foreach t,$(FW_TESTS),$(eval $(call fw_test,$(t))))

-include $(FW_FAKE_OBJS:.o=.d) $(addprefix $(B)/tests/unit/,$(FW_TESTS:=.d))

$(B)/tests/unit/fw_image: tests/unit/fw_image.c qemu-device/sim/fwimage.c qemu-device/sim/fwimage.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(SAN_CFLAGS) -Iqemu-device/sim -Itests/unit -o $@ $(filter %.c,$^)

CHECK_FAST += unit/fw_image
unit/fw_image.cmd = $(B)/firmware/mkimage "$(FW_CTRL_VERSION)" $(B)/firmware/mtia_ctrl.elf \
	$(B)/tests/unit/again.bin && $(B)/tests/unit/fw_image $(FW_CTRL_IMAGE) $(B)/tests/unit/again.bin
unit/fw_image.dep = $(B)/tests/unit/fw_image $(FW_CTRL_IMAGE)
