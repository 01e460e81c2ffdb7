#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Read the InstEval ratings out of Debian's r-cran-lme4 package.

usage: insteval.py DATA_DIR OUTPUT

DATA_DIR holds Rdata.rdx and Rdata.rdb as the package ships them (usr/lib/R/site-library/lme4/data);
OUTPUT becomes a tab-separated table with a typed header, one rating a line, tokens being the labels
of R's factors. The formats are R's lazy-load database and its serialization, version 3 ("R
Internals", section 1.8). R itself is not needed.

Only the types that occur in these records are understood; anything else ends with its name.
"""

import gzip
import struct
import sys
import zlib

# Names of R's SEXPTYPEs and pseudo types, for messages (R Internals, table 1.1, and serialize.c).
TYPE_NAMES = {
    0: "NILSXP", 1: "SYMSXP", 2: "LISTSXP", 3: "CLOSXP", 4: "ENVSXP", 5: "PROMSXP", 6: "LANGSXP",
    7: "SPECIALSXP", 8: "BUILTINSXP", 9: "CHARSXP", 10: "LGLSXP", 13: "INTSXP", 14: "REALSXP",
    15: "CPLXSXP", 16: "STRSXP", 17: "DOTSXP", 19: "VECSXP", 20: "EXPRSXP", 21: "BCODESXP",
    22: "EXTPTRSXP", 23: "WEAKREFSXP", 24: "RAWSXP", 25: "S4SXP", 238: "ALTREP_SXP",
    242: "EMPTYENV_SXP", 253: "GLOBALENV_SXP", 254: "NILVALUE_SXP", 255: "REFSXP",
}
SYMBOL, PAIRLIST, CHAR, LOGICAL, INTEGER, STRINGS, LIST, NULL, REFERENCE = (
    1, 2, 9, 10, 13, 16, 19, 254, 255)
HAS_ATTRIBUTES, HAS_TAG = 0x200, 0x400

COLUMNS = (  # R's name, ours
    ("s", "student"), ("d", "lecturer"), ("studage", "studage"), ("lectage", "lectage"),
    ("service", "service"), ("dept", "department"), ("y", "rating"))
ROWS = 73421
LEVELS = {"s": 2972, "d": 1128, "studage": 4, "lectage": 6, "service": 2, "dept": 14}
RATINGS = (10186, 12951, 17609, 16921, 15754)
FIRST_ROW = (1, 525, 1, 2, 1, 14, 5)  # codes, in the order of COLUMNS


class FormatError(Exception):
    pass


class Vector(list):
    """An R vector: its elements, and its attributes by name."""

    def __init__(self, elements, attributes=None):
        super().__init__(elements)
        self.attributes = attributes or {}


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.symbols = []

    def take(self, size):
        if size < 0 or size > len(self.data) - self.at:
            raise FormatError(f"record ends in the middle of {size} bytes at {self.at}")
        self.at += size
        return self.data[self.at - size:self.at]

    def integers(self, count):
        return struct.unpack(f">{count}i", self.take(4 * count))

    def length(self):
        count, = self.integers(1)
        if count < 0:
            raise FormatError(f"vector of length {count} at {self.at}")
        return count

    def header(self):
        if self.take(2) != b"X\n":
            raise FormatError("not an XDR serialization")
        version, _, _ = self.integers(3)
        if version not in (2, 3):
            raise FormatError(f"serialization version {version}, only 2 and 3 are known")
        if version == 3:
            self.take(self.length())  # native encoding

    def item(self):
        flags, = self.integers(1)
        kind = flags & 0xff
        if kind == NULL:
            return None
        if kind == REFERENCE:
            number = flags >> 8 or self.integers(1)[0]
            if not 1 <= number <= len(self.symbols):
                raise FormatError(f"reference to symbol {number} of {len(self.symbols)}")
            return self.symbols[number - 1]
        if kind == SYMBOL:
            name = self.item()
            self.symbols.append(name)
            return name
        if kind == PAIRLIST:
            return self.pairlist(flags)
        if kind == CHAR:
            size, = self.integers(1)
            return None if size == -1 else self.take(size).decode("utf-8")
        if kind in (LOGICAL, INTEGER):
            vector = Vector(self.integers(self.length()))
        elif kind in (STRINGS, LIST):
            vector = Vector(self.item() for _ in range(self.length()))
        else:
            name = TYPE_NAMES.get(kind, "unknown")
            raise FormatError(f"type {kind} ({name}) at {self.at - 4} is not supported")
        if flags & HAS_ATTRIBUTES:
            vector.attributes = self.item()
        return vector

    def pairlist(self, flags):
        """A tagged list, as a dictionary."""
        result = {}
        while True:
            if flags & HAS_ATTRIBUTES:
                self.item()
            tag = self.item() if flags & HAS_TAG else None
            result[tag] = self.item()
            flags, = self.integers(1)
            if flags & 0xff == NULL:
                return result
            if flags & 0xff != PAIRLIST:
                raise FormatError(f"pairlist goes on with type {flags & 0xff} at {self.at - 4}")


def parse(data):
    reader = Reader(data)
    reader.header()
    value = reader.item()
    if reader.at != len(data):
        raise FormatError(f"{len(data) - reader.at} bytes after the end of a record")
    return value


def named(vector):
    return dict(zip(vector.attributes["names"], vector))


def record(directory, name):
    """One variable of a lazy-load database."""
    with open(f"{directory}/Rdata.rdx", "rb") as file:
        index = named(parse(gzip.decompress(file.read())))
    if list(index["compressed"]) not in ([1], [-1]):  # TRUE or 1: zlib
        raise FormatError(f"compression {list(index['compressed'])}, only zlib (1) is supported")
    offset, length = named(index["variables"])[name]
    with open(f"{directory}/Rdata.rdb", "rb") as file:
        file.seek(offset)
        data = file.read(length)
    if len(data) != length or length < 4:
        raise FormatError(f"Rdata.rdb ends within {name}")
    size, = struct.unpack(">I", data[:4])
    data = zlib.decompress(data[4:])
    if len(data) != size:
        raise FormatError(f"{name} has {len(data)} bytes, {size} announced")
    return parse(data)


def check(what, got, want):
    if got != want:
        raise FormatError(f"InstEval is not what it was: {what} is {got}, expected {want}")


def self_check(columns):
    for name, _ in COLUMNS:
        check(f"number of rows of {name}", len(columns[name]), ROWS)
    for name, levels in LEVELS.items():
        check(f"number of levels of {name}", len(columns[name].attributes["levels"]), levels)
        codes = columns[name]
        if min(codes) < 1 or max(codes) > levels:
            raise FormatError(f"a code of {name} is outside 1 .. {levels}")
    check("first row", tuple(columns[name][0] for name, _ in COLUMNS), FIRST_ROW)
    check("rating counts", tuple(list(columns["y"]).count(r) for r in range(1, 6)), RATINGS)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    directory, output = sys.argv[1:]
    columns = named(record(directory, "InstEval"))
    for name, _ in COLUMNS:
        if name not in columns:
            raise FormatError(f"InstEval has no column {name}")
    self_check(columns)

    tokens = []
    for name, _ in COLUMNS:
        levels = columns[name].attributes.get("levels")
        tokens.append([levels[code - 1] if levels else str(code) for code in columns[name]])
    with open(output, "w", encoding="utf-8") as file:
        kinds = ["float" if ours == "rating" else "token" for _, ours in COLUMNS]
        file.write("\t".join(f"{ours}:{kind}" for (_, ours), kind in zip(COLUMNS, kinds)) + "\n")
        for row in zip(*tokens):
            file.write("\t".join(row) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (FormatError, KeyError, OSError, zlib.error, EOFError, UnicodeDecodeError) as error:
        sys.exit(f"insteval.py: {type(error).__name__}: {error}")
