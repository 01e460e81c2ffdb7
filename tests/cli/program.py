#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A PE program of one instruction on both cores, in the place of a real one.

usage: program.py NAME ARGS_SIZE INSTRUCTION >NAME.pe
"""
import struct
import sys

name, args_size, instruction = sys.argv[1], int(sys.argv[2]), int(sys.argv[3], 0)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def image(crc):
    header = struct.pack("<IHHIIIII36s", 0x4550544d, 1, 64, 72, 64, 64, args_size, crc,
                         name.encode())
    return header + struct.pack("<II", instruction, instruction)


sys.stdout.buffer.write(image(crc32c(image(0))))
