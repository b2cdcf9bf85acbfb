"""Prepares every test image of Pillow's own, among them many that once broke a decoder.

    python -m benchmarks.pillow_images [--every]

They are in Pillow's source package, which pip downloads (47 MB) into a folder for temporary files,
where it is kept. Prints a table by kind of file, or, with --every, a line for each file.
Promised: each ends as prepared or as a failure with a reason, within 10 s and 1 GB.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

import PIL

from benchmarks.rehearsal import verdict
from benchmarks.watched import Case, Ending, watch


def pillow_images() -> list[Path]:
    """The files in `Tests/images` of the installed version's source package."""
    name = f"pillow-{PIL.__version__}"
    folder = Path(tempfile.gettempdir()) / f"captioner-{name}"
    images = folder / name / "Tests" / "images"
    if not images.is_dir():
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
        command += ["pillow", f"pillow=={PIL.__version__}", "--dest", str(folder)]
        subprocess.run(command, check=True)
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            wanted = [m for m in archive if f"{name}/Tests/images/" in m.name and m.isfile()]
            archive.extractall(folder, wanted, filter="data")
    return sorted(path for path in images.rglob("*") if path.is_file())


def table(endings: list[Ending]) -> str:
    """How many of each kind of file ended how, with the slowest and the largest of each."""
    kinds = Counter(_kind(ending) for ending in endings)
    lines = [
        "| files | as they are | converted | failed, by reason | slowest | most memory |",
        "|---|---|---|---|---|---|",
    ]
    rare = [kind for kind, count in kinds.items() if count < 4]
    groups = [[kind] for kind in sorted(kinds) if kind not in rare] + [rare]
    for group in [*groups, list(kinds)]:
        some = [ending for ending in endings if _kind(ending) in group]
        ends = Counter(ending.what for ending in some)
        failed = ", ".join(
            f"{count} {what}"
            for what, count in ends.most_common()
            if what not in ("as it is", "converted")
        )
        name = group[0] if len(group) == 1 else "the rest" if group is rare else "**all**"
        lines.append(
            f"| {len(some)} {name} | {ends['as it is'] or ''} | {ends['converted'] or ''} | "
            f"{failed} | {max(ending.seconds for ending in some):.2f} s | "
            f"{max(ending.peak_bytes for ending in some) / 1e6:.0f} MB |"
        )
    return "\n".join(lines)


def _kind(ending: Ending) -> str:
    return Path(ending.name).suffix.lower().removeprefix(".") or "without a suffix"


def main() -> None:
    """Prepare each once as it would be sent, and once afresh."""
    paths = pillow_images()
    root = paths[0].parents[2]
    cases = [Case(str(path.relative_to(root)), path.read_bytes) for path in paths]
    endings = watch(cases, a_process=1)
    if "--every" in sys.argv:
        for ending in endings:
            print(
                f"{ending.name}: {ending.what}, {ending.detail}, {ending.seconds:.2f} s, "
                f"{ending.peak_bytes / 1e6:.0f} MB"
            )
    print(table(endings))
    again = watch([Case(case.name, case.read, "reencode") for case in cases], a_process=1)
    broken = [ending for ending in (*endings, *again) if not ending.is_held]
    for ending in broken:
        print(ending)
    print(f"{len(endings) + len(again)} endings, {len(broken)} not as promised", end="  ")
    print(verdict(not broken))


if __name__ == "__main__":
    main()
