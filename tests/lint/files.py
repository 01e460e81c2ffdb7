#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What every file in git keeps to: a licence in its first lines, the one of its place; plain ASCII C;
no trailing blanks; nothing that holds on one machine only; Python that
compiles; READMEs that name only what exists; a list of what is invented that is complete.

usage: files.py     (prints TAP)
"""
import os
import re
import shlex
import subprocess
import sys

# Longest prefix wins. The same as LICENSES/README.md says.
LICENCES = {
    "": {"MIT"},
    "Kbuild": {"GPL-2.0 OR MIT"},
    "driver/": {"GPL-2.0 OR MIT"},
    "qemu-device/shim/": {"GPL-2.0-or-later"},
    "tools/vm/qemu/": {"GPL-2.0-or-later", "MIT"},
    "tests/": {"GPL-2.0"},
}
# Data, texts, and formats that have no comments or are made from our patches.
UNLICENSED = re.compile(r"""(^|/)(\.gitignore|\.editorconfig|\.clang-format|\.clang-tidy|packages\.txt
    |configure\.args|[^/]*\.(md|golden|model|schema|log|patch|txt|json))$""", re.X)
C = re.compile(r"\.[chS]$")
# Generated text, where blanks carry meaning.
BLANKS = re.compile(r"\.(golden|patch)$")
MACHINE = re.compile(r"(?<![\w.~$})*>-])/(work|root|home)/\w")
# What READMEs may name though git has it not.
FOREIGN = {"kselftest_harness.h"}
INVENTIONS = "qemu-device/INVENTED.md"
MARKER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

count = failed = 0


def report(name, complaints):
    global count, failed
    count += 1
    failed += bool(complaints)
    print(f"{'not ok' if complaints else 'ok'} {count} - {name}")
    for complaint in complaints:
        print("  " + complaint, file=sys.stderr)


def tracked():
    names = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], check=True,
                           capture_output=True, text=True).stdout.split("\0")
    files = {}
    for name in names:
        if name and os.path.isfile(name) and not os.path.islink(name):
            with open(name, "rb") as file:
                data = file.read()
            if b"\0" not in data:
                files[name] = data.decode("utf-8", "replace")
    return files


def licence_of(name):
    return LICENCES[max((p for p in LICENCES if name.startswith(p)), key=len)]


def wrong_licence(name, text):
    if UNLICENSED.search(name):
        return None
    lines = text.split("\n")[:3]
    at = 1 if lines[0].startswith("#!") else 0
    found = re.search(r"SPDX-License-Identifier: ([\w. -]*\w)", lines[at] if at < len(lines) else "")
    if not found:
        return f"{name}: no SPDX-License-Identifier in line {at + 1}"
    if found[1] not in licence_of(name):
        return f"{name}: {found[1]}, expected {' or '.join(sorted(licence_of(name)))}"
    return None


def lines_that(files, choose, wrong):
    return [f"{name}:{number}: {line.strip()[:100]}"
            for name, text in sorted(files.items()) if choose(name)
            for number, line in enumerate(text.split("\n"), 1) if wrong(line)]


def python_files(files):
    for name, text in files.items():
        if name.endswith(".py") or re.match(r"#!.*python", text):
            try:
                compile(text, name, "exec")
            except SyntaxError as error:
                yield f"{name}:{error.lineno}: {error.msg}"


def make_targets():
    """What `make help` lists, and phony targets."""
    database = subprocess.run(["make", "-qpRr", "help"], capture_output=True, text=True,
                              check=False).stdout
    return set(re.findall(r"^([\w-]+):", database, re.M))


def verbs(files):
    return {word for name in re.findall(r'\.name = "([a-z ]+)", \.purpose|\{ "([a-z ]+)"|'
                                        r'\.name = "([a-z ]+)"', files.get("tools/mtia/verbs.c", ""))
            for verb in name if verb for word in verb.split()[:1]}


def commands(text):
    """Command lines of ```sh blocks, and `make …`, `mtia …` in running text."""
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        for line in re.sub(r"\\\n", " ", block).split("\n"):
            yield line.split(" #")[0].strip()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for quoted in re.findall(r"`((?:make|mtia) [^`]*)`", prose):
        yield quoted


def unknown_commands(name, text, targets, known_verbs, files):
    for line in commands(text):
        words = [w for w in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", w)]
        if len(words) < 2:
            continue
        if words[0] == "make":
            for word in words[1:]:
                if re.fullmatch(r"[a-z][\w-]*", word) and word not in targets:
                    yield f"{name}: no such target: {line}"
                    break
                if not re.fullmatch(r"[a-z][\w-]*|-\S+", word):
                    break
        elif words[0] == "mtia" or words[0].endswith("/mtia"):
            if re.fullmatch(r"[a-z]+", words[1]) and words[1] not in known_verbs:
                yield f"{name}: no such verb: {line}"
        elif re.match(r"(\./)?(tools|tests|driver|firmware)/", words[0]):
            path = words[0].removeprefix("./")
            if path not in files:
                yield f"{name}: no such program: {line}"


def missing_paths(name, text, files):
    """`path` in a README: from the top, or from the README's folder, or the last path's folder."""
    folders = {os.path.dirname(f) for f in files} | {""}
    every = set(files)
    for folder in list(folders):
        while folder:
            every.add(folder)
            folder = os.path.dirname(folder)
    here = os.path.dirname(name)
    last = here
    for quoted in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        if not re.fullmatch(r"[\w.*{},/+-]*(/|\.(c|h|S|py|md|mk|lds|ld|map|schema|golden|txt))",
                            quoted) or quoted in FOREIGN or quoted.startswith(("/", "build/", "~", ".")):
            continue
        options = re.search(r"\{(.*?)\}", quoted)
        names = ([quoted.replace(options[0], o) for o in options[1].split(",")] if options
                 else [quoted])
        for path in names:
            pattern = re.compile("".join("[^/]*" if c == "*" else re.escape(c)
                                         for c in path.rstrip("/")))
            found = None
            for base in ("", here, last):
                full = [f for f in every if pattern.fullmatch(os.path.relpath(f, base or "."))]
                if full:
                    found = full[0]
                    break
            if found is None and not any(f.endswith("/" + path.rstrip("/")) for f in every):
                yield f"{name}: `{path}` does not exist"
            elif found:
                last = os.path.dirname(found)


def inventions(files):
    """The list names every file with something invented, and only those."""
    listed = set(re.findall(r"`([\w./-]+\.[chS])`", files.get(INVENTIONS, "")))
    marked = {name for name, text in files.items()
              if C.search(name) and not name.startswith("tests/")
              and re.search(r"\binvent(ed|ion)", text, re.I)}
    return ([f"{name} has something invented; {INVENTIONS} does not say what"
             for name in sorted(marked - listed)] +
            [f"{INVENTIONS}: {name} has nothing that it calls invented"
             for name in sorted(listed - marked)])


def main():
    files = tracked()
    code = [n for n in files if C.search(n)]
    report(f"licence of each of {len(files)} files",
           [w for n, t in sorted(files.items()) if (w := wrong_licence(n, t))])
    report(f"{len(code)} C and assembly files are ASCII",
           lines_that(files, C.search, lambda line: not line.isascii()))
    report("no trailing blanks",
           lines_that(files, lambda n: not BLANKS.search(n), lambda line: line != line.rstrip()))
    report("every text ends with a newline, and one",
           [n for n, t in sorted(files.items()) if t and (t[-1] != "\n" or t.endswith("\n\n"))])
    report("no path of one machine", lines_that(files, lambda n: n != "tests/lint/files.py",
                                                MACHINE.search))
    report("no mark of unfinished work", lines_that(files, lambda n: n != "tests/lint/files.py",
                                                    MARKER.search))
    report("Python compiles", list(python_files(files)))
    report("inventions are listed", inventions(files))
    targets, known = make_targets(), verbs(files)
    for name, text in sorted(files.items()):
        if name.endswith(".md"):
            report(f"{name}: its commands and paths exist",
                   [*unknown_commands(name, text, targets, known, files),
                    *missing_paths(name, text, files)])
    print(f"1..{count}")
    return failed != 0


sys.exit(main())
