"""The automation branch merged into what ROOT has checked out, with the data that lies there uncommitted.

The sync script writes data/ in ROOT itself, where git then refuses to merge the same files from the branch.
So those files are put aside first, and joined with what the merge brings: JSON Lines as the union of their
lines, any other file as the newest. A merge that conflicts in data/ is resolved the same way; one that
conflicts elsewhere is taken back whole. What was put aside stays in a private folder. Blocking.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.federation.git.carry_data import FOLDER
from fedtui.federation.git.sync import LOCK
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.patterns import counted
from fedtui.system import lock_file
from fedtui.system.atomic_write import write_atomically
from fedtui.system.git_checkout import Checkout, Git, GitFailed, checkout_state

DEADLINE = 300.0
_UNFINISHED = ".unfinished"
_ROOT = "ROOT"
_LEFT = "The checkout is as it was."


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do: `files` that the branch changed, `dirty` those of them that lie uncommitted."""

    checkout: Checkout
    branch: str
    commits: int
    files: tuple[str, ...]
    dirty: tuple[str, ...]

    @property
    def summary(self) -> str:
        """In a sentence."""
        said = f"Merge {self.branch} into {self.checkout.branch}: {counted(self.commits, 'commit')}, "
        said += f"{counted(len(self.files), 'file')}."
        if self.dirty:
            said += f" {counted(len(self.dirty), 'file')} with uncommitted data joined with the branch's."
        return said


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it: the merge commit, the one before, and where the files that were put aside are kept."""

    commit: str
    before: str
    kept: str = ""


def plan_merge(root: Path, branch: str) -> MergePlan:
    """Look at the checkout; nothing is written. Raises Refused."""
    owner = _other_owner(root)
    if owner:
        raise Refused(f"{root} belongs to {owner}.", advice=f"Run: sudo -u {owner} fedtui git-merge")
    git = Git(root)
    try:
        checkout = checkout_state(git)
        git = git.at(checkout.top)
        _usable(git, checkout, branch)
        commits = int(git.do("rev-list", "--count", f"HEAD..{branch}"))
        files = git.paths("diff", "--name-only", "-z", "--no-renames", f"HEAD...{branch}", "--")
        return MergePlan(checkout, branch, commits, files, _dirty(git, files))
    except GitFailed as failed:
        raise Refused(f"{root} cannot be used by git: {failed}.") from failed


def _other_owner(root: Path) -> str:
    """For root the name of the user whose checkout it is; empty for one's own."""
    with suppress(OSError, KeyError):
        owner = pwd.getpwuid(root.stat().st_uid)
        return owner.pw_name if os.geteuid() == 0 and owner.pw_uid != 0 else ""
    return ""


def _usable(git: Git, checkout: Checkout, branch: str) -> None:
    where = checkout.top
    if checkout.in_progress:
        raise Refused(f"{checkout.in_progress} is in progress in {where}.", advice=f"git -C {where} status")
    if not checkout.branch:
        raise Refused(f"{where} has no branch checked out.", advice=f"git -C {where} checkout main")
    if checkout.branch == branch:
        raise Refused(f"{where} has {branch} checked out already.", advice=f"git -C {where} checkout main")
    if not git.commit(f"refs/heads/{branch}"):
        raise Refused(f"{where} has no branch {branch}.", advice="The first fedtui git-sync makes it.")
    if git.ask("diff", "--cached", "--quiet").status:
        raise Refused(f"Changes are staged in {where}.", advice="Commit them, or: git restore --staged .")


def _dirty(git: Git, files: Sequence[str]) -> tuple[str, ...]:
    """Which of the files lie in the checkout other than HEAD has them; untracked ones too."""
    listed = git.paths("diff", "--name-only", "-z", "--no-renames", "HEAD", "--")
    listed += git.paths("ls-files", "-z", "--others")
    return tuple(sorted({*files} & {*listed}))


def merge(plan: MergePlan, state: Path, stamp: str) -> Merged:
    """Do it. Raises Refused; then the checkout is as it was, its uncommitted data included."""
    top = plan.checkout.top
    root = Git(top)
    busy = Refused(f"A git sync of {top} is running.", _LEFT, "Try again once it has ended.")
    with lock_file.hold(plan.checkout.common_dir / LOCK, busy=busy):
        aside = state / "backup" / f"git-merge-{stamp}{_UNFINISHED}"
        try:
            put_back_unfinished(root, state)
            before = root.commit("HEAD")
            plan = replace(plan, dirty=_dirty(root, plan.files))
            _put_aside(plan, aside)
            try:
                _merge(root, plan)
            except (GitFailed, OSError):
                _take_back(root, before)
                _put_back(aside, root, joined=False)
                raise
            _put_back(aside, root, joined=True)
        except GitFailed as failed:
            raise Refused(f"git: {failed}.", _LEFT) from failed
        except OSError as error:
            raise Refused(f"{error.filename or top}: {error.strerror}.", _LEFT) from error
    kept = str(aside).removesuffix(_UNFINISHED) if plan.dirty else ""
    return Merged(root.commit("HEAD"), before, kept)


def _put_aside(plan: MergePlan, aside: Path) -> None:
    """Keep the uncommitted files, then leave each as HEAD has it, so that git will merge it."""
    top = plan.checkout.top
    git = Git(top)
    if not plan.dirty:
        return
    odd = [top / name for name in plan.dirty if os.path.lexists(top / name) and not _is_plain(top / name)]
    if odd:
        raise Refused(f"{odd[0]} is no plain file.", _LEFT, "Move it away, then merge.")
    aside.mkdir(parents=True, mode=0o700)
    (aside / _ROOT).write_text(str(top))
    for name in plan.dirty:
        if (top / name).exists():
            (aside / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / name, aside / "files" / name)
    for name in plan.dirty:
        if git.tree("HEAD", name):
            git.do("checkout", "--quiet", "HEAD", "--", name)
        else:
            (top / name).unlink(missing_ok=True)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _merge(git: Git, plan: MergePlan) -> None:
    words = ("merge", "--no-ff", "--no-edit", "--quiet")
    ended = git.ask(*words, "-m", f"Merge {plan.branch}: federated data", plan.branch, deadline=DEADLINE)
    if ended.status == 0:
        return
    conflicts = git.paths("diff", "--name-only", "-z", "--diff-filter=U")
    data = f"{plan.checkout.prefix}{FOLDER}/"
    outside = [name for name in conflicts if not name.startswith(data)]
    if not conflicts or outside:
        what = f"{sanitize_and_mask(outside[0])} is changed on both sides" if outside else ended.said
        raise GitFailed(sanitize_and_mask(str(what)), ended)
    for name in conflicts:
        (git.folder / name).write_bytes(_resolved(git, name, plan.branch))
        git.do("add", "--", name)
    git.do("commit", "--quiet", "--no-edit", deadline=DEADLINE)


def _resolved(git: Git, name: str, branch: str) -> bytes:
    """The union of both sides' lines, or the whole file of the side that changed it last."""
    ours, theirs = (git.ask("show", f"{side}:{name}").out for side in ("HEAD", branch))
    if name.endswith(".jsonl"):
        return union(ours, theirs)
    last = [int(git.answer("log", "-1", "--format=%ct", side, "--", name) or 0) for side in ("HEAD", branch)]
    return theirs if last[1] > last[0] else ours


def union(one: bytes, other: bytes) -> bytes:
    """Every line of both, once; sorted where both are, else those of `one` first."""
    lines = [text.splitlines() for text in (one, other)]
    every = list(dict.fromkeys((*lines[0], *lines[1])))
    if all(each == sorted(each) for each in lines):
        every.sort()
    return b"".join(line + b"\n" for line in every)


def _take_back(git: Git, before: str) -> None:
    """The merge undone: the files that it would have changed are as HEAD has them."""
    git.ask("merge", "--abort")
    if git.commit("HEAD") != before:
        git.do("reset", "--quiet", "--keep", before)


def put_back_unfinished(git: Git, state: Path) -> None:
    """What a killed merge had put aside joins its file again. Raises GitFailed, OSError."""
    for aside in sorted((state / "backup").glob(f"git-merge-*{_UNFINISHED}")):
        if (aside / _ROOT).read_text() == str(git.folder):
            git.ask("merge", "--abort")
            _put_back(aside, git, joined=True)


def _put_back(aside: Path, git: Git, *, joined: bool) -> None:
    """The files that were put aside, as they were, or `joined` with what is there now."""
    top = git.folder
    if not aside.is_dir():
        return
    for mine in _files(aside / "files"):
        target = top / mine.relative_to(aside / "files")
        text, now = mine.read_bytes(), target.read_bytes() if target.is_file() else None
        if joined and now is not None and target.suffix == ".jsonl":
            text = union(now, text)
        elif joined and now is not None and mine.stat().st_mtime < _committed(git, target):
            text = now
        if text != now:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, text, mode=mine.stat().st_mode & 0o777)
    aside.rename(str(aside).removesuffix(_UNFINISHED))


def _committed(git: Git, path: Path) -> int:
    """When the last commit changed the file, in seconds since the epoch; 0 where none did."""
    return int(git.answer("log", "-1", "--format=%ct", "--", str(path)) or 0)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
