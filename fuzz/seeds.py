#!/usr/bin/env python3
"""Fills a folder with inputs for each target to begin from: fuzz/seeds.py OUT FOLDER... [TARGET+TARGET...]

Dictionaries go there too, as OUT.NAME.dict: libFuzzer takes nothing but ASCII. Every file below the folders goes to the targets that read its kind, cut to a size that mutates quickly. Containers are
written as their parts (see fuzz/src/files.rs), so that mutations reach what is inside. Without pdftotext no PDFs are taken.
"""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

BYTES_MAX = 24 * 1024


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for path in (Path(__file__).parent / "dictionaries").glob("*.dict"):
        escaped = "".join(chr(byte) if byte < 128 else f"\\x{byte:02x}" for byte in path.read_bytes())
        Path(f"{out}.{path.name}").write_text(escaped)
    for folder in (Path(name) for name in sys.argv[2:] if "+" not in name):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            for target, seed in seeds_of(path):
                place = out / target
                place.mkdir(parents=True, exist_ok=True)
                name = f"{path.parent.name}-{path.name}".replace(" ", "_")[:120]
                (place / name).write_bytes(seed[:BYTES_MAX])
    for several in (name for name in sys.argv[2:] if "+" in name):
        join(out, several)


def join(out: Path, several: str) -> None:
    """The seeds of targets that run in one process, each behind the number of its reader."""
    (out / several).mkdir(parents=True, exist_ok=True)
    for number, target in enumerate(several.split("+")):
        for seed in sorted((out / target).glob("*")):
            (out / several / f"{target}-{seed.name}").write_bytes(bytes([number]) + seed.read_bytes())


def seeds_of(path: Path):
    """Pairs of a target's name and the bytes of a seed."""
    data = path.read_bytes()
    ending = path.suffix.lower().lstrip(".")
    if path.parent.parent.name == "seeds" and path.parent.parent.parent.name == "fuzz":
        yield path.parent.name, data
    elif ending in ("html", "htm"):
        yield from page(path, data)
    elif ending in ("xml", "rss"):
        yield "feed", data
        yield "listing", b"\0" + data
    elif ending == "json" and (path.parent / "case.json").exists() and path.name.startswith("page"):
        yield "listing", b"\0" + data
        yield "mapping", mapping(path.parent / "case.json") + b"\n====\n" + data
    elif ending == "pdf":
        yield from pdf(path)
    elif ending in ("docx", "xlsx", "ofd"):
        yield ending, zip_parts(path)
        yield "zip", data if len(data) <= BYTES_MAX else b""
    elif ending in ("doc", "xls"):
        yield ending, ole_parts(data)
    elif ending == "rtf":
        yield "rtf", data
    elif ending == "txt":
        yield "notice", data
        lines = data.split(b"\n")
        # An edit: a line gone, two swapped.
        yield "compare", data[: BYTES_MAX // 2] + b"\n====\n" + b"\n".join(lines[1:3][::-1] + lines[4:])[: BYTES_MAX // 2]
    elif ending == "toml":
        config = b"" if "sources" in str(path) else data
        yield "config", config + b"\n====\n\n====\n" + (data if "sources" in str(path) else b"")


def page(path: Path, data: bytes):
    parts = set(path.parts)
    yield "charset", b"\0" + data[:4096]
    if "listing" in parts or "lists" in parts:
        yield "listing", b"\0" + data
    elif "nocontent" in parts:
        yield "no_content", data[:8192]
    elif len(data) <= BYTES_MAX:
        yield "html", data


def mapping(case: Path) -> bytes:
    rule = json.loads(case.read_text()).get("rules", {}).get("json", {})
    return "\n".join(f"{key}={value}" for key, value in rule.items()).encode()


def pdf(path: Path):
    try:
        done = subprocess.run(["pdftotext", "-q", "-bbox-layout", "-enc", "UTF-8", str(path), "-"], capture_output=True, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return
    # What it says of blocks and flows is passed over by the reader.
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith((b"<page", b"<line", b"<word"))]
    yield "pdf", b"\n".join(lines)
    yield "direct", path.read_bytes()


def zip_parts(path: Path) -> bytes:
    parts = []
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if not member.lower().endswith((".png", ".jpg", ".jpeg", ".wmf", "/")) and "theme" not in member:
                parts.append(b"====" + member.encode() + b"\n" + archive.read(member))
    # Small ones first: what tells the parts apart is not cut away.
    return b"\n".join(sorted(parts, key=len))


def ole_parts(data: bytes) -> bytes:
    """The streams of an OLE compound file (MS-CFB)."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    sector = lambda number: data[(number + 1) * size : (number + 2) * size]
    table = b"".join(sector(number) for number in struct.unpack_from("<109I", data, 76) if number < 0xFFFFFFFA)
    table = struct.unpack(f"<{len(table) // 4}I", table)

    def chain(first: int) -> bytes:
        found = []
        while first < len(table) and len(found) < len(table):
            found.append(sector(first))
            first = table[first]
        return b"".join(found)

    directory = chain(struct.unpack_from("<I", data, 48)[0])
    entries = [directory[at : at + 128] for at in range(0, len(directory), 128)]
    small = chain(struct.unpack_from("<I", entries[0], 116)[0])
    small_table = chain(struct.unpack_from("<I", data, 60)[0])
    small_table = struct.unpack(f"<{len(small_table) // 4}I", small_table)
    parts = []
    for entry in entries:
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        first, length = struct.unpack_from("<II", entry, 116)
        if entry[66] != 2 or name not in ("WordDocument", "1Table", "0Table", "Workbook", "Book"):
            continue
        if length < 4096:
            stream, steps = [], 0
            while first < len(small_table) and steps < len(small_table):
                stream.append(small[first * 64 : first * 64 + 64])
                first, steps = small_table[first], steps + 1
            content = b"".join(stream)
        else:
            content = chain(first)
        parts.append(b"====" + name.encode() + b"\n" + content[:length])
    return b"\n".join(parts)


if __name__ == "__main__":
    main()
