#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The matrix of driver/README.md: every row that claims something names a test that exists.

usage: features.py     (prints TAP)

A proof is FILE or FILE:NAME, the file below tests/ or from the top. In a kselftest NAME is a test; in
other files it is a word of them. Limits: whether the test proves the row is for people to judge.
"""
import os
import re
import sys

PROOF = re.compile(r"[\w./-]+/[\w.-]+(?::[\w,]+)?")
STATES = {"yes", "partly", "no"}


def rows(text):
    for line in text.split("\n"):
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[1] != "state":
            yield cells


def wrong(proof):
    path, _, name = proof.partition(":")
    found = next((p for p in ("tests/" + path, path) if os.path.isfile(p)), None)
    if not found:
        return f"no file {path}"
    if not name:
        return None
    with open(found, encoding="utf-8") as file:
        text = file.read()
    if "kselftest" in path and path.endswith(".c"):
        pattern = rf"^TEST\w*\((?:\w+, )?{re.escape(name)}\b"
    else:
        pattern = rf"\b{re.escape(name)}\b"
    return None if re.search(pattern, text, re.M) else f"no {name} in {found}"


def main():
    with open("driver/README.md", encoding="utf-8") as file:
        table = list(rows(file.read()))
    failed = 0
    for number, (feature, state, proofs) in enumerate(table, 1):
        found = [w for w in proofs.split() if PROOF.fullmatch(w)]
        complaints = [c for proof in found if (c := wrong(proof))]
        if state not in STATES:
            complaints.append(f"state '{state}' is none of {', '.join(sorted(STATES))}")
        if state != "no" and not found:
            complaints.append("no proof")
        failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {feature}: {state}")
        for complaint in complaints:
            print(f"  driver/README.md: {feature}: {complaint}", file=sys.stderr)
    number = len(table) + 1
    failed += len(table) < 40
    print(f"{'ok' if len(table) >= 40 else 'not ok'} {number} - the matrix has its rows")
    print(f"1..{number}")
    return bool(failed)


sys.exit(main())
