"""What is known before each step of a line beyond the walk's facts: what it brings, mounts, asks of the host.

Facts of four kinds more: "made" is a path at or below which the line puts things itself, "mount" one that is
empty at times (both end in a slash), "there" a socket, "host" a pattern of the host's name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from fedtui.crontab.shell_state import Fact, Facts, Step
from fedtui.crontab.shell_words import Word
from fedtui.crontab.wrappers import Place
from fedtui.health.file_facts import FileFacts

MOUNTING = frozenset({"mount", "sshfs", "mountpoint", "findmnt", "encfs", "gocryptfs", "s3fs"})
_MOUNTING_TOO = frozenset({"rclone", "borg", "restic", "zfs"})  # by their command mount
_MOUNT_TABLES = ("/proc/mounts", "/mounts", "/etc/mtab")
_COPYING = frozenset(
    {"cp", "mv", "rsync", "scp", "ln", "install", "aws", "gsutil", "rclone", "virtualenv", "tee"}
)
_CLONING = {"git": ("clone",), "hg": ("clone",), "svn": ("checkout", "co", "export")}
_HERE = re.compile(r"(?:wget|unzip|tar|make|gmake)\Z")
"""What puts files into the folder it is in, unless it is given another one."""
_MADE = {"npm": "node_modules", "pnpm": "node_modules", "yarn": "node_modules", "composer": "vendor"}
_INTO = {
    "tar": re.compile(r"-C|--directory"),
    "unzip": re.compile(r"-d"),
    "curl": re.compile(r"-[A-Za-z]*o|--output"),
    "wget": re.compile(r"-[A-Za-z]*[OP]|--output-document"),
    **dict.fromkeys(("gcc", "cc", "g++", "go", "gpg"), re.compile(r"-o|--output")),
    "openssl": re.compile("-out"),
}
_INTO_FOLDER = re.compile(r"(?:--prefix|--dir|--cwd|-C|-d|--working-dir)[ =](/\S+)")
_EXTRACTS = re.compile(r"-?[A-Za-z]*x[A-Za-z]*|--extract|--get")
_HOSTNAME = r"[\"']?(?:\$\((?:hostname|uname)[^)]*\)|`(?:hostname|uname)[^`]*`|\$\{?HOSTNAME\}?)[\"']?"
_COMPARED = re.compile(_HOSTNAME + r"\s+(!)?==?\s+[\"']?([\w.*?-]+)")
_CASE_OF_HOST = re.compile(r"\bcase\s+" + _HOSTNAME)
_SYSTEM = "/etc/ /usr/ /opt/ /bin/ /sbin/ /lib /snap/ /run/systemd/system /proc/ /sys/"
_LASTING = tuple(_SYSTEM.split())


def with_more_facts(steps: Sequence[Step], text: str) -> tuple[Step, ...]:
    """The steps of the line `text`, each with what those before it tell of its files and of the host."""
    if len(steps) < 2 and "case" not in text:
        return tuple(steps)
    by_host = _CASE_OF_HOST.search(text) is not None
    found: list[Step] = []
    more: set[Fact] = set()
    asked: Fact | None = None
    asks = False  # whether the step before asked it
    before: Step | None = None
    for step in steps:
        if before is not None and asked:
            between = text[before.at : step.at]
            if asks and ("||" in between) is not (step.name == "exit"):
                asked = (asked[0], asked[1], not asked[2])
            if step.name == "exit":  # what comes behind it hangs on the test, too
                more.add(asked)
            asked = None if re.search(r"\bfi\b" if before.in_condition else ";", between) else asked
        asks = False
        of_host = {asked} if asked else {("host", "", True)} if by_host and step.in_case else set()
        facts = more | of_host
        found.append(step._replace(facts=step.facts | facts) if facts else step)
        if step.tested and step.name in ("[", "test") and [word.raw for word in step.words[1:2]] == ["-S"]:
            socket = step.state.path(step.words[2]) if step.words[2:] else None
            asked, asks = (("there", socket, True), True) if socket else (None, False)
        if step.tested and (match := _COMPARED.search(" ".join(word.raw for word in step.words))):
            asked, asks = ("host", match[2], not match[1]), True
        more.update(brought(step, before))
        before = step
    return tuple(found)


def brought(step: Step, before: Step | None = None) -> Iterator[Fact]:
    """What is there, or may be, once a step was run; `before` may feed it."""
    for item in step.redirects:
        path = step.state.path(item.target) if item.operator.lstrip("&") in (">", ">>", ">|") else None
        if path is not None and item.descriptor != 2 and not path.startswith("/dev/"):
            yield "made", f"{path}/", True
    target = step.target
    if target is None or step.launch is None or step.launch.place is Place.ELSEWHERE:
        return
    name, rest = posixpath.basename(target.word.literal or ""), target.rest
    raw = [word.raw for word in rest]
    mounts = name in MOUNTING or (name in _MOUNTING_TOO and "mount" in raw)
    if mounts or (name.endswith("grep") and _asks_for_mount(raw, before)):
        for word in rest:
            value = (step.state.value(word) or "").strip(" ^$")
            if value.startswith("/"):
                yield "mount", posixpath.join(value, ""), True
    elif name in ("ls", "stat") and step.tested and discards_output(step):
        yield from (("mount", f"{path}/", True) for path in map(step.state.path, rest[-1:]) if path)
    else:
        yield from (("made", posixpath.join(path, ""), True) for path in _placed(step, name, rest) if path)


def _placed(step: Step, name: str, rest: Sequence[Word]) -> Iterator[str | None]:
    """The paths at or below which a program puts files."""
    raw, here = [word.raw for word in rest], step.state.directory or ""
    if name in _COPYING or (step.target and step.target.word.raw == "venv"):
        yield from map(step.state.path, rest[-1:])
    elif not set(_CLONING.get(name, ())).isdisjoint(raw):
        yield from map(step.state.path, rest[-1:])
        if here and ":" in raw[-1]:
            yield posixpath.join(here, posixpath.basename(raw[-1].rstrip("/")).removesuffix(".git"))
    elif name in _MADE and not {"ci", "install", "i"}.isdisjoint(raw or ["install"]):
        folder = _INTO_FOLDER.search(" ".join(raw))
        yield posixpath.join(folder[1] if folder else here, _MADE[name])
    elif name != "tar" or any(map(_EXTRACTS.fullmatch, raw)):
        into = _INTO.get(name)
        options = [value for option, value in pairwise(rest) if into and into.fullmatch(option.raw)]
        yield from map(step.state.path, options)
        if not options and _puts_here(name, raw):
            yield here


def _puts_here(name: str, raw: Sequence[str]) -> bool:
    """Whether it puts files into the folder it is in."""
    if name == "curl":
        return any(re.fullmatch(r"-[A-Za-z]*O|--remote-name(?:-all)?", text) for text in raw)
    return _HERE.match(name) is not None and "-C" not in raw


def _asks_for_mount(raw: Sequence[str], before: Step | None) -> bool:
    fed = before is not None and before.feeds and before.name in ("df", "mount", "lsblk", "findmnt")
    return fed or any(text.endswith(_MOUNT_TABLES) for text in raw)


def discards_output(step: Step) -> bool:
    """Whether its output goes to /dev/null; its errors may not."""
    return any(
        item.target.literal == "/dev/null" and (item.descriptor == 1 or item.operator.startswith("&>"))
        for item in step.redirects
    )


def dispensable(steps: Sequence[Step]) -> Iterator[str]:
    """The programs that a line has another for, or only asks for by running them quietly."""
    for at, (step, following) in enumerate(pairwise(steps)):
        if not step.words:
            continue
        same = [word.raw for word in step.words[1:]] == [word.raw for word in following.words[1:]]
        part = len(step.words) > 1 or step.nested or (at > 0 and steps[at - 1].feeds)
        if step.excused and same and part and following.launch is not None:
            yield step.name
        elif step.tested and discards_output(step):
            again = (
                not step.excused
                and len(step.words) <= 2
                and any(later.name == step.name for later in steps[at + 1 :])
            )
            if again or leaves_quietly(following):
                yield step.name


def leaves_quietly(step: Step) -> bool:
    """Whether it is `exit 0`."""
    return [word.raw for word in step.words] == ["exit", "0"]


def runs_here(facts: Facts, path: str, host: FileFacts, file: str = "") -> bool:
    """Whether all that is tested before a command can be so on this machine, PATH being `path`.

    Only programs, files of the system and folders of the `file` itself count: a flag or lock comes and goes.
    False, too, where the line itself may bring the file.
    """
    for kind, what, there in facts:
        found: bool | None = None
        if kind in ("made", "mount"):
            found = not f"{file}/".startswith(what) or (kind == "mount" and bool(host.names(what)))
        elif kind in ("host", "there"):
            found = host.is_called(what) if kind == "host" else host.exists(what)
        elif kind == "command" and "/" not in what:
            found = on_path(path, what, host) if path else None
        elif kind == "x":
            found = host.executable(what)
        elif what.startswith(_LASTING):
            found = host.exists(what)
        elif file and what.startswith("/"):
            # Where the folder that both are in is gone, the test of the one asks for the other.
            shared = posixpath.commonpath((what, file))
            found = host.exists(shared) if there or shared == what else None
        if found is (not there):
            return False
    return True


def on_path(path: str, name: str, host: FileFacts) -> bool:
    """Whether one of the folders of a PATH has a program of that name."""
    return any(host.executable(posixpath.join(folder, name)) for folder in path.split(":") if folder)
