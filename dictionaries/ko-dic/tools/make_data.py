#!/usr/bin/env python3
"""Make ../data from the PyPI package python-mecab-ko-dic.

The package carries mecab-ko-dic 2.1.1-20180720 in MeCab's compiled form. This program turns it back into
sources (lexicon.csv, matrix.bin, char.def, unk.def), compresses the two large ones as xz and writes SHA256SUMS.
Nothing but the Python standard library is used, and nothing is fetched here:

    pip download --no-deps python-mecab-ko-dic==2.1.1.post2
    python3 make_data.py python_mecab_ko_dic-2.1.1.post2-*.whl ../data
    python3 make_data.py --check ../data          # compare data with its SHA256SUMS, contents included
"""

import argparse
import csv
import hashlib
import io
import lzma
import pathlib
import struct
import sys
import zipfile

PREFIX = "mecab_ko_dic/dictionary/"
# The wheel this was written for. Another one may be as good; the program then says so and goes on.
WHEEL_ENTRIES = 816_283
UNKNOWN_ENTRIES = 13
CATEGORIES = 13
# dicrc: left-space-penalty-factor is what mecab-ko adds to MeCab; it is copied so that the build can check it.
SMALL = ("dicrc",)


def decompile(blob: bytes):
    """Yield (key, [(left, right, posid, cost, feature)]) of a compiled MeCab dictionary, in the order of its keys."""
    _magic, version, _type, _lexsize, _ls, _rs, dsize, tsize, fsize, _ = struct.unpack_from("<10I", blob)
    if version != 102:
        raise SystemExit(f"dictionary version {version}, expected 102: this is not MeCab 0.996's format")
    if blob[40:72].split(b"\0")[0].upper() not in (b"UTF-8", b"UTF8"):
        raise SystemExit("dictionary is not in UTF-8: take the package's UTF-8 build")
    units = struct.unpack_from(f"<{dsize // 4}i", blob, 72)
    base, check = units[0::2], units[1::2]
    size = len(base)
    tokens, features = 72 + dsize, 72 + dsize + tsize

    def feature(offset):
        start = features + offset
        return blob[start : blob.index(b"\0", start)].decode("utf-8")

    def entries(value):
        first, count = value >> 8, value & 0xFF
        for i in range(first, first + count):
            left, right, posid, cost, offset, _compound = struct.unpack_from("<HHHhII", blob, tokens + 16 * i)
            yield left, right, posid, cost, feature(offset)

    # Depth first with the smallest byte first: the keys come out sorted by their bytes.
    stack = [(base[0], b"")]
    while stack:
        b, key = stack.pop()
        if 0 <= b < size and check[b] == b and base[b] < 0:
            yield key.decode("utf-8"), list(entries(-base[b] - 1))
        for byte in range(255, -1, -1):
            child = b + 1 + byte
            if child < size and check[child] == b and base[child] > 0:
                stack.append((base[child], key + bytes([byte])))


def lexicon(blob: bytes):
    """The lexicon as CSV: surface, left id, right id, cost and the eight feature fields."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    count = 0
    for surface, rows in decompile(blob):
        for left, right, _posid, cost, feature in rows:
            fields = feature.split(",")
            if len(fields) != 8:
                raise SystemExit(f"feature of {surface!r} has {len(fields)} fields, expected 8: {feature}")
            writer.writerow([surface, left, right, cost, *fields])
            count += 1
    return out.getvalue().encode("utf-8"), count


def unknown(blob: bytes, names):
    """unk.def: one row for each character category, in the order of the categories."""
    rows = {}
    for name, entries in decompile(blob):
        rows[name] = [f"{name},{left},{right},{cost},{feature}" for left, right, _p, cost, feature in entries]
    lines = [line for name in names for line in rows[name]]
    return ("\n".join(lines) + "\n").encode("utf-8"), len(lines)


def characters(blob: bytes):
    """char.def: the categories, then the ranges of the Basic Multilingual Plane, the default category first."""
    (count,) = struct.unpack_from("<I", blob)
    names = [blob[4 + 32 * i : 36 + 32 * i].split(b"\0")[0].decode("ascii") for i in range(count)]
    infos = struct.unpack_from("<65535I", blob, 4 + 32 * count)
    settings = {}
    for info in infos:
        settings[info >> 18 & 0xFF] = (info >> 31, info >> 30 & 1, info >> 26 & 15)
    lines = ["# made by tools/make_data.py: category, invoke, group, length; then code points and their categories,",
             "# the one that decides the unknown word first. What is not listed is DEFAULT, as is all above U+FFFF."]
    lines += [f"{name} {' '.join(map(str, settings[i]))}" for i, name in enumerate(names)]

    def categories(info):
        default = info >> 18 & 0xFF
        others = [i for i in range(count) if info >> i & 1 and i != default]
        return " ".join(names[i] for i in [default, *others])

    start = 0
    for point in range(1, len(infos) + 1):
        if point < len(infos) and categories(infos[point]) == categories(infos[start]):
            continue
        # The first range is listed whatever it is: lindera looks up from code point 0.
        if start == 0 or categories(infos[start]) != "DEFAULT":
            lines.append(f"0x{start:04X}..0x{point - 1:04X} {categories(infos[start])}")
        start = point
    return ("\n".join(lines) + "\n").encode("ascii"), names


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def compress(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def make(wheel: pathlib.Path, target: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        def part(name):
            return archive.read(PREFIX + name)

        char_def, names = characters(part("char.bin"))
        unk_def, unknown_count = unknown(part("unk.dic"), names)
        csv_bytes, count = lexicon(part("sys.dic"))
        matrix = part("matrix.bin")
        small = {name: part(name) for name in SMALL}
    left, right = struct.unpack_from("<2H", matrix)
    if len(matrix) != 4 + 2 * left * right:
        raise SystemExit(f"matrix.bin has {len(matrix)} bytes, {left} x {right} costs need {4 + 2 * left * right}")
    for what, got, expected in (("lexicon entries", count, WHEEL_ENTRIES),
                                ("unknown-word entries", unknown_count, UNKNOWN_ENTRIES),
                                ("character categories", len(names), CATEGORIES)):
        note = "" if got == expected else f" (expected {expected}: this is another dictionary than the stored one)"
        print(f"{what}: {got}{note}")
    files = {"lexicon.csv": csv_bytes, "matrix.bin": matrix, "char.def": char_def, "unk.def": unk_def, **small}
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if name in ("lexicon.csv", "matrix.bin"):
            name, data = name + ".xz", compress(data)
        (target / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes")
    write_sums(target)


def write_sums(target: pathlib.Path) -> None:
    """Checksums of the files, and of the unpacked contents: another xz may pack the same contents differently."""
    lines = []
    for path in sorted(target.iterdir()):
        if path.name == "SHA256SUMS":
            continue
        lines.append(f"{sha256(path.read_bytes())}  {path.name}")
        if path.suffix == ".xz":
            lines.append(f"{sha256(lzma.decompress(path.read_bytes()))}  {path.stem}")
    (target / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="ascii")


def check(target: pathlib.Path) -> int:
    wrong = 0
    for line in (target / "SHA256SUMS").read_text(encoding="ascii").splitlines():
        expected, name = line.split()
        path = target / name
        data = path.read_bytes() if path.exists() else lzma.decompress((target / (name + ".xz")).read_bytes())
        if sha256(data) != expected:
            print(f"{name}: checksum differs")
            wrong += 1
    print("all checksums agree" if not wrong else f"{wrong} files differ: make the data again from the wheel")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the data with its checksums and stop")
    parser.add_argument("--sums", action="store_true", help="write SHA256SUMS anew (after editing metadata.json)")
    parser.add_argument("paths", nargs="+", type=pathlib.Path, help="[wheel] data-folder")
    arguments = parser.parse_args()
    if arguments.check:
        return check(arguments.paths[-1])
    if arguments.sums:
        write_sums(arguments.paths[-1])
        return 0
    if len(arguments.paths) != 2:
        parser.error("give the wheel and the data folder")
    make(*arguments.paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
