# SPDX-License-Identifier: GPL-2.0
# Command buffers through the firmware core. `make fuzz-fw` runs libFuzzer (clang) for a while.

FUZZ_FW_SRC := tests/fuzz/fuzz_fw_cmdbuf.c tests/unit/fw_fake.c $(FW_CTRL_CORE)
FUZZ_FW_DEP := $(FUZZ_FW_SRC) tests/unit/fw_fake.h $(wildcard firmware/ctrl/*.h uapi/mtia/*.h)

$(B)/tests/fuzz/fuzz_fw_cmdbuf: $(FUZZ_FW_DEP)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(SAN_CFLAGS) -Ifirmware/ctrl -Itests/unit -DSTANDALONE -o $@ \
		$(FUZZ_FW_SRC)

$(B)/tests/fuzz/libfuzzer_fw_cmdbuf: $(FUZZ_FW_DEP)
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)clang $(MTIA_CFLAGS) -O1 -fsanitize=fuzzer,address,undefined -Ifirmware/ctrl -Itests/unit \
		-o $@ $(FUZZ_FW_SRC)

CHECK_FAST += fuzz/fw_cmdbuf
fuzz/fw_cmdbuf.cmd = $(B)/tests/fuzz/fuzz_fw_cmdbuf 20000
fuzz/fw_cmdbuf.dep = $(B)/tests/fuzz/fuzz_fw_cmdbuf

.PHONY: fuzz-fw
## fuzz-fw: command buffers through libFuzzer for FUZZ_SECONDS (60), needs clang
fuzz-fw: $(B)/tests/fuzz/libfuzzer_fw_cmdbuf
	$< -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=4096
