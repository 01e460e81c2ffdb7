# SPDX-License-Identifier: GPL-2.0
# Command buffers through the firmware core. `make fuzz-fw` runs libFuzzer (clang) for a while.

$(B)/tests/fuzz/fuzz_fw_cmdbuf: tests/fuzz/fuzz_fw_cmdbuf.c $(FW_FAKE_SRC) tests/unit/fw_fake.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(SAN_CFLAGS) -Ifirmware/ctrl -Itests/unit -DSTANDALONE -o $@ \
		tests/fuzz/fuzz_fw_cmdbuf.c tests/unit/fw_fake.c $(FW_CTRL_CORE)

$(B)/tests/fuzz/libfuzzer_fw_cmdbuf: tests/fuzz/fuzz_fw_cmdbuf.c tests/unit/fw_fake.c tests/unit/fw_fake.h
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)clang $(MTIA_CFLAGS) -O1 -fsanitize=fuzzer,address,undefined -Ifirmware/ctrl -Itests/unit \
		-o $@ tests/fuzz/fuzz_fw_cmdbuf.c tests/unit/fw_fake.c $(FW_CTRL_CORE)

CHECK_FAST += fuzz/fw_cmdbuf
fuzz/fw_cmdbuf.cmd = $(B)/tests/fuzz/fuzz_fw_cmdbuf 20000
fuzz/fw_cmdbuf.dep = $(B)/tests/fuzz/fuzz_fw_cmdbuf

.PHONY: fuzz-fw
## fuzz-fw: command buffers through libFuzzer for FUZZ_SECONDS (60), needs clang
fuzz-fw: $(B)/tests/fuzz/libfuzzer_fw_cmdbuf
	$< -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=4096
