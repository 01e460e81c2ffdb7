# SPDX-License-Identifier: GPL-2.0
# The command from outside: on the simulator, then on the driver in one boot of the guest.

CHECK_FAST += cli/mtia
cli/mtia.cmd = tests/cli/mtia.sh $(B)
cli/mtia.dep = $(CLI) $(SIM_RUNTIME) $(DLRM_INSTEVAL_FILES) $(PE_IMAGES)

CHECK_VM += cli/guest
cli/guest.cmd = tools/vm/run --check-dmesg --log $(B)/vm/cli --timeout 600 \
	-- tests/cli/guest.sh $(B)
cli/guest.dep = $(QEMU) $(DRIVER) $(cli/mtia.dep)
