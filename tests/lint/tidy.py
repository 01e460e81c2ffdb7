#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""clang-tidy over the C files of one part, with the checks of .clang-tidy.

A file that was found clean is not looked at again until it, a header that it sees, its flags, the
checks or clang-tidy change: OUTPUT holds a name for each clean state.

usage: tidy.py OUTPUT PART -- COMPILER-FLAGS -- FILE...     (prints TAP)
"""
import glob
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

OUTPUT, PART = sys.argv[1:3]
FLAGS, FILES = (" ".join(sys.argv[4:]).split(" -- ") + [""])[:2]
FLAGS, FILES = FLAGS.split(), FILES.split()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def tool_state():
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    return version + b"".join(read(path) for path in sorted(
        glob.glob("**/.clang-tidy", recursive=True) + [".clang-tidy"]))


def state(tool, path):
    """Everything that the verdict depends on; comments, too: NOLINT is one."""
    text = subprocess.run(["gcc", *FLAGS, "-D__clang_analyzer__", "-E", "-CC",
                           path], capture_output=True, check=False)
    if text.returncode:
        return None
    return hashlib.sha256(b"\0".join([tool, " ".join(FLAGS).encode(), text.stdout])).hexdigest()


def check(tool, path):
    """None when clean, else what clang-tidy says."""
    name = state(tool, path)
    mark = os.path.join(OUTPUT, name) if name else None
    if mark and os.path.exists(mark):
        return None
    done = subprocess.run(["clang-tidy", "--quiet", path, "--", *FLAGS], capture_output=True,
                          text=True, check=False)
    if done.returncode or "warning:" in done.stdout:
        return done.stdout or done.stderr
    if mark:
        with open(mark, "w", encoding="utf-8") as file:
            file.write(path + "\n")
    return None


os.makedirs(OUTPUT, exist_ok=True)
TOOL = tool_state()
with ThreadPoolExecutor(2) as pool:
    complaints = [said for said in pool.map(lambda path: check(TOOL, path), FILES) if said]
for said in complaints:
    print(said.replace(os.getcwd() + "/", ""), file=sys.stderr)
print(f"{'not ok' if complaints or not FILES else 'ok'} 1 - clang-tidy {PART}, {len(FILES)} files")
print("1..1")
sys.exit(bool(complaints) or not FILES)
