# SPDX-License-Identifier: GPL-2.0
# The command from outside, on the simulator.

CHECK_FAST += cli/mtia
cli/mtia.cmd = tests/cli/mtia.sh $(B)
cli/mtia.dep = $(CLI) $(SIM_RUNTIME) $(DLRM_INSTEVAL_FILES) $(PE_IMAGES)
