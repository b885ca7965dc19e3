"""ROOT's data/ carried into a worktree: what git would take of it, byte for byte, deletions too. Blocking.

ROOT's own rules decide what is taken (its .gitignore and the like). Names are bytes to git and to us.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fedtui.federation.git.sync_result import SyncFailed, SyncResult
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.git_checkout import Checkout, Git

FOLDER = "data"
TRIES = 5


@dataclass(slots=True)
class SyncData:
    """What is in ROOT's data/. `paths` are relative to the top of the checkout; `notes` say what is left out.

    `left_alone` are submodules, which stay as the branch has them.
    """

    paths: tuple[str, ...]
    left_alone: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)


def list_data(git: Git, root: Path, checkout: Checkout) -> SyncData:
    """What git would take of data/ in ROOT. Raises SyncFailed where there is nothing it could take."""
    folder = root / FOLDER
    if folder.is_symlink() or not folder.is_dir():
        link = "is a link, of which git would keep only where it leads"
        what = f"{folder} {link if folder.is_symlink() else 'is not there'}."
        kept = "Nothing was committed; a data/ that is gone is not taken for a deletion of all data."
        raise SyncFailed(SyncResult.REFUSED, what, kept)
    top = git.at(checkout.top)
    where = f"{checkout.prefix}{FOLDER}"
    names = top.paths("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", where)
    submodules = _submodules(top, where)
    found, notes = [], []
    for name in dict.fromkeys(names):
        path = checkout.top / name
        if name in submodules or name.endswith("/"):
            notes.append(f"{sanitize_and_mask(name)} is a repository of its own and was left out")
        elif path.is_symlink() or path.is_file():
            found.append(name)
    if not found and any(entry.is_file() for entry in folder.rglob("*")):
        what = f"Everything in {folder} is ignored by git{_by_which_rule(top, folder)}."
        advice = "Take the rule away, or add data/ by hand once: git add -f data"
        raise SyncFailed(SyncResult.IGNORED, what, "Nothing was committed.", advice)
    return SyncData(tuple(found), submodules, [*notes, *_ignored(top, where), *_lfs(top, found)])


def _submodules(top: Git, where: str) -> frozenset[str]:
    """The paths of submodules (mode 160000) in the index."""
    staged = top.paths("ls-files", "-z", "--stage", "--", where)
    return frozenset(line.partition("\t")[2] for line in staged if line.startswith("160000"))


def _by_which_rule(top: Git, folder: Path) -> str:
    some = next((entry for entry in folder.rglob("*") if entry.is_file()), folder)
    said = os.fsdecode(top.ask("check-ignore", "--verbose", "--", str(some)).out)
    return f" ({sanitize_and_mask(said.partition(chr(9))[0])})" if said else ""


def _ignored(top: Git, where: str) -> Iterator[str]:
    words = ("--others", "--ignored", "--exclude-standard", "--directory")
    names = top.paths("ls-files", "-z", *words, "--", where)
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"ignored by git, and so left out: {sanitize_and_mask(names[0])}{more}"


def _lfs(top: Git, paths: list[str]) -> Iterator[str]:
    """Git LFS keeps the files elsewhere: whether they got there is not looked at here."""
    if not paths or not (top.folder / ".gitattributes").exists():
        return
    said = os.fsdecode(top.ask("check-attr", "-z", "filter", "--", *paths[:500]).out).split("\0")
    if "lfs" in said[2::3]:
        yield "data/ is kept by Git LFS: that the commit arrived is looked at, its LFS files are not"


def carry(data: SyncData, source: Path, target: Path, prefix: str) -> None:
    """Make data/ in `target` the same as in `source`, both tops of checkouts. Raises SyncFailed, OSError."""
    for name in data.paths:
        _carry(source / name, target / name, target)
    wanted = frozenset(data.paths)
    for folder, folders, files in os.walk(target / f"{prefix}{FOLDER}", topdown=False):
        for name in (*files, *folders):
            path = Path(folder, name)
            inside = str(path.relative_to(target))
            if inside in wanted or inside in data.left_alone:
                continue
            if path.is_symlink() or not path.is_dir():
                path.unlink()
            elif not any(path.iterdir()):
                path.rmdir()


def _carry(source: Path, target: Path, top: Path) -> None:
    _make_way(target, top)
    if source.is_symlink():
        link = source.readlink()
        if not (target.is_symlink() and target.readlink() == link):
            target.unlink(missing_ok=True)
            target.symlink_to(link)
        return
    if target.is_symlink():
        target.unlink()
    for _ in range(TRIES):
        before = source.stat()
        if not target.is_file() or not filecmp.cmp(source, target, shallow=False):
            shutil.copyfile(source, target)
        target.chmod(0o755 if before.st_mode & stat.S_IXUSR else 0o644)
        after = source.stat()
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return
    what, advice = f"{source} is being written all the time.", "Let its writer end; the next run tries again."
    raise SyncFailed(SyncResult.DIRTY, what, "Nothing was committed.", advice)


def _make_way(target: Path, top: Path) -> None:
    """The folders below `top` that lead to it, also where a file was in their place; no folder in its own."""
    for folder in reversed(target.relative_to(top).parents[:-1]):
        there = top / folder
        if there.is_symlink() or (there.exists() and not there.is_dir()):
            there.unlink()
        there.mkdir(exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
