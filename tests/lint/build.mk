# SPDX-License-Identifier: GPL-2.0
# Static checks of all sources; see README.md.

LINT := $(B)/lint

# ---- The kernel's own checks of the driver ---------------------------------------------------------

.PHONY: check-kernel-7

# Warm 2 s, after an edit of every file 20 s; cold 1 to 2 min, 280 MB.
CHECK_VM += lint/kernel-7
lint/kernel-7.cmd := tests/lint/kernel-7 $(B)/driver-7/mtia.ko
lint/kernel-7.dep :=

## check-kernel-7: compile and link the driver for the newest 7.x kernel
check-kernel-7: deps
	@tests/run-tap $(B)/tests 'lint/kernel-7=$(lint/kernel-7.cmd)'

# sparse, W=1, checkpatch, kernel-doc.
CHECK_VM += lint/kernel
lint/kernel.cmd := tests/lint/kernel $(LINT)/kernel
lint/kernel.dep :=

# ---- What needs no kernel --------------------------------------------------------------------------

CHECK_FAST += lint/shell
lint/shell.cmd := tests/lint/shell
lint/shell.dep :=

CHECK_FAST += lint/files
lint/files.cmd := /usr/bin/python3 tests/lint/files.py
lint/files.dep :=

CHECK_FAST += lint/features
lint/features.cmd := /usr/bin/python3 tests/lint/features.py
lint/features.dep :=

# clang-tidy, by part, each with the flags of its build (but for warnings, which gcc has).
TIDY_FLAGS := -std=gnu11 -D_GNU_SOURCE -Iuapi -Iqemu-device/include
TIDY_PARTS := model sim firmware library dlrm mtia
TIDY_model := $(MODEL_SRCS)
TIDY_FLAGS_model := -pthread -Iqemu-device/model
TIDY_sim := $(wildcard qemu-device/sim/*.c)
TIDY_FLAGS_sim := -Iqemu-device/sim
TIDY_firmware := $(FW_CTRL_CORE) firmware/ctrl/mkimage.c
TIDY_FLAGS_firmware := -Ifirmware/ctrl -Iqemu-device/sim
TIDY_library := $(LIB_SRC)
TIDY_FLAGS_library := -Ilibmtia-user/include -Iqemu-device/sim -Ifirmware/include $(DRM_CFLAGS)
TIDY_dlrm := $(wildcard tools/dlrm/*.c)
TIDY_FLAGS_dlrm := -Ilibmtia-user/include
TIDY_mtia := $(CLI_SRC)
TIDY_FLAGS_mtia := -Ilibmtia-user/include

define tidy
CHECK_FAST += lint/tidy-$(1)
lint/tidy-$(1).cmd := /usr/bin/python3 tests/lint/tidy.py $(LINT)/tidy $(1) -- $(TIDY_FLAGS) $(TIDY_FLAGS_$(1)) -- $(TIDY_$(1))
lint/tidy-$(1).dep :=
endef
$(foreach part,$(TIDY_PARTS),$(eval $(call tidy,$(part))))

.PHONY: lint
## lint: static checks of scripts, C and texts
lint: deps
	@TEST_JOBS=$(JOBS) tests/run-tap $(B)/tests $(foreach t,$(filter lint/%,$(CHECK_FAST)),'$(t)=$($(t).cmd)')
