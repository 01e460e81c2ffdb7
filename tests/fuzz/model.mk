# SPDX-License-Identifier: GPL-2.0
# Fuzzing of the chip model's ABI. CI replays a bounded number of made-up inputs under sanitizers;
# `make fuzz-model` runs libFuzzer (clang) for a while.

FUZZ := $(B)/tests/fuzz
FUZZ_MODEL_ROUNDS := 500

$(FUZZ)/fuzz_model: tests/fuzz/fuzz_model.c tests/fuzz/fuzz_replay.c tests/unit/tap.h \
		qemu-device/include/mtia_model.h uapi/mtia/regs.h $(MODEL_SAN_LIB)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(SAN_CFLAGS) -pthread $(filter %.c %.a,$^) -lm -o $@

$(FUZZ)/libfuzzer_model: tests/fuzz/fuzz_model.c $(MODEL_SRCS) $(wildcard qemu-device/model/*.h \
		qemu-device/model/*/*.h)
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)clang -std=gnu11 -O1 -g -ffp-contract=off -fsanitize=fuzzer,address,undefined -pthread \
		-Iuapi -Iqemu-device/include -I$(MODEL_DIR) $(filter %.c,$^) -lm -o $@

CHECK_FAST += fuzz/model
fuzz/model.cmd := $(FUZZ)/fuzz_model model $(FUZZ_MODEL_ROUNDS)
fuzz/model.dep := $(FUZZ)/fuzz_model

.PHONY: fuzz-model
## fuzz-model: calls of the model's ABI through libFuzzer for FUZZ_SECONDS (60), needs clang
fuzz-model: $(FUZZ)/libfuzzer_model
	$< -max_total_time=$(or $(FUZZ_SECONDS),60) -max_len=2048
