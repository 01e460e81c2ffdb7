# SPDX-License-Identifier: MIT
# Every command a person types; `make help` lists them. Outputs go to build/, downloads and QEMU to
# ${XDG_CACHE_HOME:-~/.cache}/mtia. The parts are described by the */build.mk fragments below.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

B := build
CC := gcc
AR := ar
RISCV := riscv64-unknown-elf-
JOBS := $(shell nproc)

WARNINGS := -Wall -Wextra -Werror
MTIA_CFLAGS := -std=gnu11 -O2 -g -ffp-contract=off $(WARNINGS) -Iuapi -Iqemu-device/include
DEPFLAGS = -MMD -MP
SAN_CFLAGS := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n' "$(1)" "$(2)"
endif

# Names of tests; each has <name>.cmd (prints TAP) and <name>.dep (what it needs built). As many run
# at a time as there are cores; those that take longest are first in their list.
CHECK_FAST :=
CHECK_VM :=
CHECK_DEEP :=
# What `make all` builds.
ALL :=

# In the order of who uses whom.
include $(wildcard qemu-device/model/rv/build.mk qemu-device/model/pe/build.mk qemu-device/build.mk \
	firmware/build.mk qemu-device/sim/build.mk libmtia-user/build.mk driver/build.mk \
	tools/*/build.mk) $(wildcard tests/*/*.mk)

.PHONY: help all deps run check check-fast check-vm check-deep clean

## help: this list
help:
	@echo "usage: make TARGET"
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | sort | expand -t 16

## deps: install the Debian packages that the build needs
deps:
	@tools/deps/install

## all: build everything but QEMU and the guest
all: $(ALL)

## run: build all, boot the VM, run the recommender on its real test set
run: deps
	@$(MAKE) -j$(JOBS) $(QEMU) $(DRIVER) all
	@tools/vm/run --check-dmesg -- $(B)/tools/mtia/mtia run dlrm

# Asked for by a make of its own, which sees the packages that deps has just installed.
run_tests = $(foreach t,$(1),'$(t)=$($(t).cmd)')
.PHONY: tests-fast tests-vm tests-all tests-deep
tests-fast tests-vm tests-all tests-deep:
	@$(MAKE) -s -j$(JOBS) $(foreach t,$(TESTS_FAST) $(TESTS_VM),$($(t).dep))
	@TEST_JOBS=$(JOBS) tests/run-tap $(B)/tests $(call run_tests,$(TESTS_VM) $(TESTS_FAST))
tests-fast tests-all: TESTS_FAST = $(CHECK_FAST)
tests-vm tests-all: TESTS_VM = $(CHECK_VM)
tests-deep: TESTS_VM = $(CHECK_DEEP)
tests-deep: export TEST_TIMEOUT = 3600

## check-fast: all tests that need no VM
check-fast: deps
	@$(MAKE) -s tests-fast

## check-vm: the tests that run in the emulated machine
check-vm: deps
	@$(MAKE) -s tests-vm

## check: every test, with the VM
check: deps
	@$(MAKE) -s tests-all

## check-deep: the driver on a kernel that looks for mistakes, and on the newest 7.x
check-deep: deps
	@$(MAKE) -s tests-deep

## clean: remove build/ (the cache stays)
clean:
	rm -rf $(B)
