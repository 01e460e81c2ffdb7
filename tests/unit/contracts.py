#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Contracts between the parts, checked without running any of them:
   - every public header compiles alone, as C11 and C++17;
   - every structure under uapi/ has the same layout for 32- and 64-bit programs;
   - libmtia-user exports what its map and its headers say, no more, no less;
   - the examples in the manual pages compile.

usage: contracts.py CXX BUILD CC...
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

CXX, BUILD, *CC = sys.argv[1:]
DRM = subprocess.run(["pkg-config", "--cflags", "libdrm"], capture_output=True, text=True,
                     check=False).stdout.split()
MULTIARCH = subprocess.run([*CC, "-print-multiarch"], capture_output=True, text=True,
                           check=False).stdout.strip()
# Freestanding, and the kernel's asm/ headers of the 64-bit side: no C library for 32 bits needed.
NARROW = ["-m32", "-ffreestanding", "-idirafter", f"/usr/include/{MULTIARCH}"]
INCLUDE = ["-Iuapi", "-Ilibmtia-user/include", *DRM]
LIBRARY_HEADERS = glob.glob("libmtia-user/include/mtia/**/*.h", recursive=True)
count = failed = 0


def ok(passed, name, why=""):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}", flush=True)
    if not passed and why:
        print("#   " + why.strip().replace("\n", "\n#   ")[:2000], file=sys.stderr)


def run(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def compile_alone(header, language, *options):
    compiler = [CXX] if language == "c++" else CC
    standard = "-std=c++17" if language == "c++" else "-std=c11"
    return run(*compiler, "-x", language, standard, "-pedantic", "-Wall", "-Wextra", "-Werror",
               *options, *INCLUDE, "-fsyntax-only", "-",
               text=f'#include "{header}"\n#include "{header}"\n')


def layouts(headers, bits, folder):
    """Name of each structure -> (bytes, [(member, offset)]), from the compiler's DWARF."""
    source = os.path.join(folder, f"layout{bits}.c")
    output = source[:-1] + "o"
    names = []
    for header in headers:
        with open(os.path.join("uapi", header), encoding="utf-8") as file:
            names += re.findall(r"^struct (\w+) \{", file.read(), re.M)
    with open(source, "w", encoding="utf-8") as file:
        file.writelines(f'#include "{header}"\n' for header in headers)
        file.writelines(f"struct {name} use_{name};\n" for name in names)
    status, _, why = run(*CC, *(NARROW if bits == 32 else []), "-gdwarf-4", "-c", *INCLUDE, "-o",
                         output, source)
    if status:
        return None, why
    _, dump, _ = run("readelf", "--debug-dump=info", output)
    found, current, depth = {}, None, 0
    attribute = re.compile(r"<\w+>\s+(DW_AT_\w+)\s*:\s*(.*)")
    for line in dump.splitlines():
        entry = re.match(r"\s*<(\w+)><\w+>: Abbrev Number: \d+ \((\w+)\)", line)
        if entry:
            depth, tag = int(entry[1], 16), entry[2]
            if tag == "DW_TAG_structure_type":
                current, values = (depth, {"members": []}), None
                target = current[1]
            elif tag == "DW_TAG_member" and current and depth == current[0] + 1:
                target = {}
                current[1]["members"].append(target)
            else:
                target = None
                if current and depth <= current[0]:
                    current = None
            continue
        value = attribute.search(line)
        if value and current and target is not None:
            name = value[2].split(": ")[-1].strip()
            if value[1] == "DW_AT_name":
                target["name"] = name
            elif value[1] == "DW_AT_byte_size" and target is current[1]:
                target["size"] = int(value[2], 0)
                if "name" in target:
                    found[target["name"]] = target
            elif value[1] == "DW_AT_data_member_location":
                target["at"] = int(value[2].split()[0], 0)
    return {name: (found[name]["size"], [(m.get("name"), m.get("at")) for m in found[name]["members"]])
            for name in names if name in found}, f"{len(names)} structures"


def check_headers():
    uapi = sorted(os.path.relpath(p, "uapi") for p in glob.glob("uapi/*/*.h"))
    library = sorted(os.path.relpath(p, "libmtia-user/include")
                     for p in LIBRARY_HEADERS)
    for header in uapi + library:
        for language, name in (("c", "C11"), ("c++", "C++17")):
            status, _, why = compile_alone(header, language)
            ok(status == 0, f"{header} compiles alone as {name}", why)
    for header in uapi:
        for language in ("c", "c++"):
            status, _, why = compile_alone(header, language, *NARROW)
            ok(status == 0, f"{header} compiles for 32 bits as {language}", why)
    with tempfile.TemporaryDirectory() as folder:
        wide, why = layouts(uapi, 64, folder)
        narrow, why32 = layouts(uapi, 32, folder)
    ok(wide is not None and narrow is not None and len(wide) > 40,
       "structures of uapi found in the debug information", f"{why} {why32}")
    for name, (size, members) in sorted((wide or {}).items()):
        other = (narrow or {}).get(name)
        ok(other == (size, members), f"struct {name}: {size} bytes in 32 and 64 bits",
           f"64: {size} {members}\n32: {other}")
        if name.startswith("drm_mtia_"):
            ok(size % 8 == 0, f"struct {name}: a multiple of 8 bytes", str(size))


def check_symbols():
    with open("libmtia-user/libmtia-user.map", encoding="utf-8") as file:
        mapped = set(re.findall(r"^\t(mtia_\w+);", file.read(), re.M))
    declared = set()
    for header in LIBRARY_HEADERS:
        with open(header, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        declared |= set(re.findall(r"^MTIA_API [^;=]*?\b(mtia_\w+)\s*\(", text, re.M))
        bare = re.findall(r"^(?:int|void|uint64_t|const char \*)\s*(mtia_\w+)\(", text, re.M)
        ok(not bare, f"{os.path.basename(header)}: every function is MTIA_API", " ".join(bare))
    _, dump, _ = run("nm", "-D", "--defined-only", f"{BUILD}/libmtia-user/libmtia-user.so.1")
    exported = {line.split()[-1] for line in dump.splitlines()} - {"MTIA_1.0"}
    versions = {symbol.partition("@@")[2] for symbol in exported}
    exported = {symbol.partition("@")[0] for symbol in exported} - {"MTIA_1.0"}
    ok(len(declared) > 50, "functions found in the headers", str(len(declared)))
    ok(exported == mapped, "the library exports what its map lists",
       f"only exported: {exported - mapped}, only listed: {mapped - exported}")
    ok(declared == mapped, "the headers declare what the map lists",
       f"only declared: {declared - mapped}, only listed: {mapped - declared}")
    ok(versions <= {"MTIA_1.0", ""}, "every symbol has the version MTIA_1.0", str(versions))
    cases = ""
    for path in glob.glob("tests/model/op_*.c"):
        with open(path, encoding="utf-8") as file:
            cases += file.read()
    operators = {symbol for symbol in mapped if symbol.endswith("_run")}
    ok(len(operators) > 10 and all(operator + "(" in cases for operator in operators),
       "every operator has cases in tests/model/op_*.c, whose state is hashed",
       " ".join(o for o in operators if o + "(" not in cases))
    _, dump, _ = run("readelf", "-d", f"{BUILD}/libmtia-user/libmtia-user.so.1")
    ok("[libmtia-user.so.1]" in dump, "soname libmtia-user.so.1", dump)
    needed = set(re.findall(r"NEEDED.*\[(\w+)", dump))
    ok(needed <= {"libc", "libdrm", "libm", "ld"}, "needs only libc and libdrm", str(needed))


def check_examples():
    for page in sorted(glob.glob("libmtia-user/man/*.[1-9]")):
        with open(page, encoding="utf-8") as file:
            text = file.read()
        ok(page.endswith(".1") or "RETURN VALUES" in text, f"{page} says what calls return")
        for number, block in enumerate(re.findall(r"\.Bd -literal.*?\n(.*?)\n\.Ed", text, re.S), 1):
            if "#include" not in block:
                continue
            code = block.replace("\\e", "\\").replace("\\&", "").replace("\\-", "-")
            status, _, why = run(*CC, "-x", "c", "-std=c11", "-Wall", "-Wextra", "-Werror",
                                 *INCLUDE, "-fsyntax-only", "-", text=code)
            ok(status == 0, f"{page}: example {number} compiles", why)


check_headers()
check_symbols()
check_examples()
print(f"1..{count}")
sys.exit(failed != 0)
