#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print the support matrix from what the tests said, and fail unless all of it is verified.

usage: matrix.py TABLE LOGDIR

A line of TABLE is `verified` if the log of its test has `ok N - matrix OP TYPE VARIANT: ...`,
`absent` if the test does not know it, and `unverified` if it failed, was skipped, or its test did not
run to its end. A result without a line is an error.
"""

import os
import re
import sys

RESULT = re.compile(r"^(not )?ok \d+ - matrix (\S+ \S+ [^:\s]+)(.*)$", re.M)


def read_table(path):
    """(op, type, variant) -> test"""
    rows = {}
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            line = line.partition("#")[0].strip()
            if not line:
                continue
            fields = [field.split() for field in line.split("|")]
            if len(fields) != 4 or not all(fields) or len(fields[0]) != 1 or len(fields[3]) != 1:
                sys.exit(f"{path}:{number}: not OP | TYPES | VARIANTS | TEST")
            for kind in fields[1]:
                for variant in fields[2]:
                    key = (fields[0][0], kind, variant)
                    if key in rows:
                        sys.exit(f"{path}:{number}: {' '.join(key)} is there twice")
                    rows[key] = fields[3][0]
    return rows


def read_log(path):
    """key -> state, and whether the test ran to its end"""
    if not os.path.exists(path):
        return {}, False
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    found = {}
    for bad, key, rest in RESULT.findall(text):
        state = "unverified" if bad or "# SKIP" in rest else "verified"
        key = tuple(key.split())
        found[key] = state if key not in found else "unverified"
    plan = re.search(r"^1\.\.(\d+)$", text, re.M)
    cases = len(re.findall(r"^(?:not )?ok \d+", text, re.M))
    return found, bool(plan) and int(plan[1]) == cases


def main():
    rows = read_table(sys.argv[1])
    states, stray = {}, []
    for test in sorted(set(rows.values())):
        found, complete = read_log(os.path.join(sys.argv[2], test + ".log"))
        stray += [f"{test}: {' '.join(key)}" for key in found if rows.get(key) != test]
        for key, owner in rows.items():
            if owner == test:
                state = found.get(key, "absent")
                states[key] = state if complete else "unverified"

    groups = {}
    for key in rows:
        groups.setdefault((*key[:2], rows[key]), {}).setdefault(states[key], []).append(key[2])
    width = max(len(" ".join(group[:2])) for group in groups)
    for (op, kind, test), by_state in groups.items():
        for state, variants in by_state.items():
            print(f"{op + ' ' + kind:{width}}  {state:10}  {test:20}  {' '.join(variants)}")
    for line in stray:
        print(f"not in {sys.argv[1]}: {line}")
    counts = {state: list(states.values()).count(state)
              for state in ("verified", "unverified", "absent")}
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    sys.exit(bool(stray) or counts["verified"] != len(rows))


main()
