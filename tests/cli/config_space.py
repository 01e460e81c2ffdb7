#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A PCIe function in sysfs: config_space.py DIR [BYTES]

Writes DIR/config (only its first BYTES, as an unprivileged reader gets them), DIR/resource and
DIR/power_state. The function was trained down to x4 at 8 GT/s from x8 at 16 GT/s, has 18 MSI-X
vectors, disabled, and has seen two uncorrectable errors, one of them without a name, and one
correctable error.
"""
import struct
import sys

config = bytearray(4096)


def put(at, form, *values):
    struct.pack_into("<" + form, config, at, *values)


put(0x00, "HHHH", 0x1AF4, 0x10F0, 0x0002, 0x0010)  # memory on, bus master off; has capabilities
put(0x34, "B", 0x40)
put(0x40, "BBHH", 0x01, 0x50, 3, 0)  # power management
put(0x50, "BBHII", 0x11, 0x60, 17, 4, 0x804)  # MSI-X, 18 entries, disabled
put(0x60, "BBHIHH", 0x10, 0x00, 0x0002, 1 << 28, 0, 0)  # PCI Express, endpoint, FLR
put(0x6C, "IHH", 4 | 8 << 4, 0, 3 | 4 << 4)  # link: maximum, control, now
put(0x100, "IIIIII", 0x00020001, 1 << 20 | 1 << 30, 0, 0, 1 << 6, 0)  # AER

folder = sys.argv[1]
with open(folder + "/config", "wb") as f:
    f.write(config[: int(sys.argv[2]) if len(sys.argv) > 2 else None])
with open(folder + "/resource", "w") as f:
    bars = {0: (0xFE800000, 0x80000, 0x140204), 2: (1 << 32, 1 << 31, 0x14220C)}
    for i in range(13):
        at, size, flags = bars.get(i, (0, 0, 0))
        f.write(f"0x{at:016x} 0x{at + max(size - 1, 0):016x} 0x{flags:016x}\n")
with open(folder + "/power_state", "w") as f:
    f.write("D3hot\n")
