# SPDX-License-Identifier: GPL-2.0
# Headers, layouts, exported symbols, examples of the manual.

CHECK_FAST += unit/contracts
unit/contracts.cmd = /usr/bin/python3 tests/unit/contracts.py g++ $(B) $(CC)
unit/contracts.dep := $(B)/libmtia-user/libmtia-user.so.1
