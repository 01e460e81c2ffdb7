#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The reader of R's serialization against records made here, whole and broken."""

import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "tools/dlrm")
import insteval  # noqa: E402

count = failed = 0


def ok(passed, name):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'' if passed else 'not '}ok {count} - {name}")


def refuses(data, text, name):
    try:
        insteval.parse(data)
        ok(False, f"{name}: accepted")
    except insteval.FormatError as error:
        ok(text in str(error), f"{name}: {error}")


def i32(*values):
    return struct.pack(f">{len(values)}i", *values)


def char(text):
    return i32(9, len(text)) + text.encode()


def symbol(text):
    return i32(1) + char(text)


HEADER = b"X\n" + i32(3, 0x40200, 0x30500, 5) + b"UTF-8"
HAS_ATTRIBUTES, HAS_TAG = 0x200, 0x400
END = i32(254)


def integers(*values, attributes=b""):
    return i32(13 | (HAS_ATTRIBUTES if attributes else 0), len(values), *values) + attributes


def strings(*values):
    return i32(16, len(values)) + b"".join(map(char, values))


FACTOR = integers(1, 2, 1, attributes=i32(2 | HAS_TAG) + symbol("levels") + strings("x", "y") + END)
FRAME = (i32(19 | HAS_ATTRIBUTES, 2) + FACTOR + integers(7, 8, 9) + i32(2 | HAS_TAG) +
         symbol("names") + strings("f", "n") + END)

frame = insteval.named(insteval.parse(HEADER + FRAME))
ok(list(frame["f"]) == [1, 2, 1] and list(frame["f"].attributes["levels"]) == ["x", "y"],
   "a factor has codes and levels")
ok(list(frame["n"]) == [7, 8, 9], "an integer column")
reference = insteval.parse(HEADER + i32(19, 2) + symbol("s") + i32(1 << 8 | 255))
ok(list(reference) == ["s", "s"], "a reference names an earlier symbol")
ok(insteval.parse(HEADER + i32(9, -1)) is None, "a missing string")

refuses(b"A\n" + HEADER[2:] + FRAME, "XDR", "another encoding")
refuses(b"X\n" + i32(4, 0, 0, 0), "version 4", "another version")
refuses(HEADER + i32(14, 1) + struct.pack(">d", 1.0), "REALSXP", "a type that is not needed")
refuses(HEADER + i32(238), "ALTREP_SXP", "a type of newer writers")
refuses(HEADER + i32(77), "77", "a type that does not exist")
refuses(HEADER + FRAME + b"x", "after the end", "bytes after the record")
refuses(HEADER + i32(13, -1), "length -1", "a negative length")
refuses(HEADER + i32(13, 2**31 - 1), "ends in the middle", "a length beyond the record")
refuses(HEADER + i32(5 << 8 | 255), "symbol 5", "a reference to a symbol that is not there")
whole = HEADER + FRAME
ends = 0
for size in range(len(whole)):
    try:
        insteval.parse(whole[:size])
    except insteval.FormatError:
        ends += 1
ok(ends == len(whole), f"a record cut at any of its {len(whole)} bytes is refused")
print(f"1..{count}")
sys.exit(failed > 0)
