"""What the exit status 0 of a command line proves, read from the line alone. Pure; nothing is run.

A shell's status is that of one command. 0 proves that the job went well only where a failure of any other
command that does work would have shown: not in the background, not before a pipe's last command, not before
a `;`, not behind `|| true`. docs/results.md says the rule; commands that only test or prepare do not count.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from shlex import join

from fedtui.crontab.shell_lists import AndOr, Command, List, Pipeline, parse
from fedtui.crontab.shell_substitutions import substitutions
from fedtui.crontab.shell_words import Unreadable, Word
from fedtui.crontab.wrappers import SHELLS, Target, TargetKind, find_target, program_of, without_assignments
from fedtui.model import Outcome, Result

_SAY_ONLY = "echo printf true : yes date hostname id uname"
_TEST_ONLY = "test [ grep egrep fgrep zgrep pgrep pidof mountpoint which type hash cmp diff ping"
_PREPARE_ONLY = """
    cd pushd popd export set unset umask ulimit sleep . source trap declare local readonly read shopt alias
    return break continue typeset mkdir logger kill pkill killall jobs disown wait
"""
_SAYS = frozenset(_SAY_ONLY.split())
_TESTS = frozenset(_TEST_ONLY.split())
_PREPARES = frozenset(_PREPARE_ONLY.split())
_IDLE = _SAYS | _TESTS | _PREPARES
_LOOKS = re.compile(
    r"(?:ps|df|mount|ss|netstat|lsof|who|w|uptime|lsblk|ls|cat|head|tail|awk|sed|cut|wc|sort|tr|uniq)(?:\s|$)"
    r"|(?:docker|podman)\s+ps\b|(?:screen|tmux)\s+-?ls\b|crontab\s+-l\b|systemctl\s(?:.*\s)?(?:is-\w+|status)\b"
    r"|service\s+\S+\s+status\b"
)
_NAMES_ONLY = frozenset(
    ("nproc", "basename", "dirname", "readlink", "realpath", "pwd", "whoami", "seq", "expr")
)
"""Commands whose output goes into another's words, and whose failure loses no work."""
_POSIX = frozenset(("sh", "dash", "ash", "busybox", "ksh", "mksh", "lksh", "posh", "yash"))
"""Shells to which `&>` is a background job and then a redirection, or may be."""
_OPTIONS = r"(?:\s+-\S+(?:\s+[^-\s]\S*)?)*?"
_LEAVES = re.compile(
    r"(?:at|batch|daemon|daemonize|tsp|nq|qsub|sbatch|bsub(?!\s(?:.*\s)?-K))(?:\s|$)"
    r"|setsid(?!(?:\s+-\S+)*\s+(?:-[cf]*w[cf]*|--wait)\s)"
    r"|systemd-run(?!(?:\s.*)?\s(?:--wait|--scope|--pty|--pipe|--shell|-[tPS])\s)"
    rf"|start-stop-daemon{_OPTIONS}\s+(?:-\w*b\w*|--background)\s"
    rf"|(?:docker|podman|nerdctl|docker-compose)\s(?:.*\s)?(?:run|exec|up){_OPTIONS}"
    r"\s+(?:-[it]*d[it]*|--detach(?:=true)?)\s"
    r"|(?:docker|podman|nerdctl)\s+(?:container\s+)?start\s(?!(?:.*\s)?(?:-\w*a|--attach))"
    r"|screen(?=\s(?:.*\s)?-\w*d)(?=\s(?:.*\s)?-\w*m)"
    r"|tmux\s(?:.*\s)?(?:new(?:-session)?\s(?:.*\s)?-\w*d|neww|new-window|send-keys|send|splitw|split-window"
    r"|run(?:-shell)?\s(?:.*\s)?-b)"
    r"|screen\s(?:.*\s)?-X\s|(?:dtach|abduco)\s+-n\s|parallel\s(?:.*\s)?--bg\s|sem(?!\s(?:.*\s)?--fg)\s"
    rf"|(?:auto)?ssh{_OPTIONS}\s+-[46AaCKNnqTtvXxY]*f[NnTtq]*\s"
    r"|sudo(?:\s+(?:-[CDghpRrTtu]\s+\S+|--?[\w-]+(?:=\S+)?))*?\s+(?:-[AEHiKknPSsV]*b\w*|--background)\s"
    r"|(?:kubectl|oc)\s(?:.*\s)?create\s+job\s|(?:pm2|forever)\s(?:.*\s)?start\s"
    r"|systemctl\s(?:.*\s)?--no-block\s|wget\s(?:.*\s)?(?:-[qcN]*b|--background)\s"
)
_HIDES = re.compile(
    r"cronic\s"
    r"|script(?!(?:\s+-\S+)*?\s+(?:-[a-zA-Z]*e[a-zA-Z]*|--return)\s)\s"
    r"|find\s.*-(?:exec|ok)(?:dir)?\s.*(?:\\;|';'|\";\")\s"
)
"""What ends with 0 though the command that it started failed."""
_SUBSTITUTES = re.compile(r"<\(|>\((?!\s*(?:tee|logger|cat|ts)\s)")
_TRAPS = re.compile(r"(?:^|[\s;&|({])trap\s[^\n]*\b(?:EXIT|0)(?=[\s;&|)}]|$)")
_TAKE_CODE = frozenset(("su", "runuser", "sg", "script"))
_CODE_OPTION = re.compile(r"-[a-z]*c|--command")
_NESTING = 4
_LONGEST = 16_384
BACKGROUND = "background: "
_NEGATED = "list: exit 0 behind !"


@dataclass(frozen=True, slots=True)
class _End:
    """What a part of a line tells by its end. `work` names the first command of it that does work.

    `doubt`: why 0 does not prove that all work went well. `fails`: it never ends with 0. `leaves`: a failure
    of it ends the shell, with a failure. `says`: it only prints. `passes`: it is an `exit` with the status
    before it. `waits`: for a background job.
    """

    work: str = ""
    doubt: str = ""
    fails: bool = False
    leaves: bool = False
    says: bool = False
    passes: bool = False
    waits: bool = False


_UNREAD = _End("the line", "list: the line cannot be read well enough to trust its exit status 0")


@lru_cache(4096)
def doubt(command: str, shell: str = "sh", sh: str = "dash") -> str:
    """Why exit status 0 of `command` proves nothing, in words; empty where it proves that all went well.

    `shell` and `sh` are the names of the program that reads it, and of the one behind /bin/sh.
    """
    return _Reader(sh).code(command, shell).doubt


def doubt_of_argv(argv: Sequence[str], sh: str) -> str:
    """The same of a program that is started without a shell."""
    return doubt(join(argv), "dash", sh)


def proven(result: Result, why_not: str) -> Result:
    """`result`, as unknown where its exit status 0 proves nothing for the reason `why_not`."""
    if not why_not or result.outcome is not Outcome.OK:
        return result
    return replace(result, outcome=Outcome.UNKNOWN, reasons=(why_not, *result.reasons))


class _Reader:
    """Reads one shell's code; `pipefail` and `errexit` as set so far, `/bin/sh` being `sh`."""

    def __init__(self, sh: str, nesting: int = _NESTING) -> None:
        self.sh = sh
        self.nesting = nesting
        self.pipefail = False
        self.errexit = False
        self.substituted = False
        self.posix = False

    def code(self, text: str, shell: str) -> _End:
        """A whole line that is read by `shell`."""
        self.posix = posix = (self.sh if shell == "sh" else shell) in _POSIX
        if not posix and _SUBSTITUTES.search(text):
            return _End("the line", "pipe: exit 0 does not say how the commands in <( ) or >( ) ended")
        if _TRAPS.search(text):
            return _End("the line", "list: a trap on EXIT may set the exit status")
        try:
            if len(text) <= _LONGEST:
                found = parse(text, bash=not posix)
                looked_at = self.substituted and _is_single(found)
                return self._tested(found[0].pipelines[0]) if looked_at else self.sequence(found)
        except (Unreadable, RecursionError):
            pass
        return _UNREAD

    def inner(self, text: str, shell: str, options: Iterable[str] = (), *, substituted: bool = False) -> _End:
        """The same in a shell that this one starts; `substituted`: for what it prints."""
        if self.nesting == 0:
            return _UNREAD
        reader = _Reader(self.sh, self.nesting - 1)
        reader.set(list(options))
        reader.substituted = substituted
        return replace(reader.code(text, shell), leaves=False, passes=False, waits=False)

    def set(self, options: Sequence[str]) -> None:
        """`set -euo pipefail`, or the same as options of a shell."""
        for option, following in zip(options, (*options[1:], ""), strict=False):
            on = option.startswith("-")
            if not on and not option.startswith("+"):
                continue
            letters = option[1:] if not option.startswith("--") else ""
            if "e" in letters or (letters.endswith("o") and following == "errexit"):
                self.errexit = on
            if letters.endswith("o") and following == "pipefail":
                self.pipefail = on

    def sequence(self, lists: List) -> _End:
        """Lists one after the other."""
        found = [self.and_or(one, last=at == len(lists) - 1) for at, one in enumerate(lists)]
        chosen, lists, ends = _without_exit(lists, found)
        work = next((end.work for end in ends if end.work), "")
        if chosen or not ends:
            return _End(work)
        left = _in_background(lists, ends)
        ahead = [end for end, one in zip(ends, lists, strict=True) if not one.background]
        final = _End(says=ends[-1].says) if lists[-1].background else ahead.pop()
        lost = next((end.work for end in ahead if end.work and not end.leaves), "")
        doubts = (
            f"{BACKGROUND}exit 0 does not say how {left} ends" if left else "",
            *(end.doubt for end in (*ahead, final)),
            f"list: exit 0 does not say how {lost} ended, only the last command's end" if lost else "",
        )
        why = next((one for one in doubts if one), "")
        leaves = final.leaves or any(end.fails and end.leaves for end in ahead)
        return _End(work, why, final.fails, leaves, says=all(end.says for end in ends))

    def and_or(self, one: AndOr, *, last: bool) -> _End:
        """Pipelines with `&&` and `||` between them."""
        before = self.pipefail, self.errexit
        found = self._tested(one.pipelines[0]) if one.operators else self.pipeline(one.pipelines[0])
        # What comes next may not run: what it sets holds for this list alone.
        sure = self.pipefail, self.errexit
        for at, operator in enumerate(one.operators, 1):
            pipeline, more = one.pipelines[at], at < len(one.operators)
            following = self._tested(pipeline) if more else self.pipeline(pipeline)
            found = _joined(found, operator, following)
        if one.operators:
            self.pipefail, self.errexit = sure
        if one.background:
            self.pipefail, self.errexit = before
        negated = one.pipelines[0].negated
        if self.errexit and not last and not one.operators and not negated and not one.background:
            found = replace(found, leaves=True)
        return found

    def _tested(self, pipeline: Pipeline) -> _End:
        """A pipeline whose status is looked at: one that only looks around does no work."""
        texts = [_text(command.words) for command in pipeline.commands]
        harmless = _SAYS | _TESTS | (_NAMES_ONLY if self.substituted else frozenset())
        if texts[-1:] and all(_LOOKS.match(text) or _name(text) in harmless for text in texts):
            return _End()
        kept, self.errexit = self.errexit, False
        found = self.pipeline(pipeline)
        self.errexit = kept or self.errexit
        return found

    def pipeline(self, pipeline: Pipeline) -> _End:
        """Commands with `|` between them."""
        if len(pipeline.commands) == 1:
            found = self.command(pipeline.commands[0])
        else:
            kept = self.pipefail, self.errexit
            ends = [self.command(one) for one in pipeline.commands]
            self.pipefail, self.errexit = kept  # each runs in a shell of its own
            work = next((end.work for end in ends if end.work), "")
            why = next((end.doubt for end in ends if end.doubt), "")
            lost = [one for one, end in zip(pipeline.commands[:-1], ends, strict=False) if not end.says]
            if lost and not self.pipefail:
                first, end = _shown(lost[0]), _shown(pipeline.commands[-1])
                why = f"pipe: exit 0 is that of {end}, it does not say how {first} ended"
                work = work or first
            found = _End(work, why, ends[-1].fails, says=all(end.says for end in ends))
        if pipeline.negated:
            why = f"{_NEGATED} says that {found.work} failed" if found.work else ""
            return _End(found.work, why, waits=found.waits)
        return found

    def command(self, command: Command) -> _End:
        """One command of any kind."""
        match command.kind:
            case "":
                return self._simple(command.words)
            case "(":
                kept = self.pipefail, self.errexit
                found = self.sequence(command.lists[0])
                self.pipefail, self.errexit = kept
                return replace(found, leaves=False)
            case "{":
                return self.sequence(command.lists[0])
            case "if":
                return self._if(command)
        return self._loop_or_case(command)

    def _if(self, command: Command) -> _End:
        tests, lists = self._tests(command), [self.sequence(one) for one in command.lists]
        tried = next((end.work for end in tests if end.work), "")
        work = tried or next((end.work for end in lists if end.work), "")
        # A `!` is looked at below.
        doubts = [end.doubt for end in tests if not end.doubt.startswith(_NEGATED)]
        why = next((one for one in (*doubts, *(end.doubt for end in lists)) if one), "")
        if tried and not why:
            negated = len(command.tests) == 1 and command.tests[0][-1].pipelines[-1].negated
            caught = len(tests) == 1 and (lists[0] if negated else lists[-1]).fails
            why = "" if caught else f"list: if only looks at how {tried} ends"
        return _End(work, why)

    def _tests(self, command: Command) -> list[_End]:
        kept, self.errexit = self.errexit, False
        found = [
            self._tested(one[0].pipelines[0]) if _is_single(one) else self.sequence(one)
            for one in command.tests
        ]
        self.errexit = kept
        return found

    def _loop_or_case(self, command: Command) -> _End:
        tests, lists = self._tests(command), [self.sequence(one) for one in command.lists]
        work = next((end.work for end in (*tests, *lists) if end.work), "")
        why = next((end.doubt for end in (*tests, *lists) if end.doubt), "")
        turned = lists[0].work if command.kind != "case" and not (lists[0].leaves or self.errexit) else ""
        if turned:
            why = why or f"list: exit 0 of a loop says how its last turn ended, not each {turned}"
        if command.kind == "loop" and tests and tests[0].work:
            why = why or f"list: the loop only looks at how {tests[0].work} ends"
        return _End(work, why)

    def _simple(self, words: Sequence[Word]) -> _End:
        program = without_assignments(words)
        pieces = [piece for word in words for piece in substitutions(word.raw)]
        asked = next(
            (end for piece in pieces if (end := self.inner(piece, "bash", substituted=True)).work), _End()
        )
        if not program:
            return _End(asked.work, asked.doubt)  # the status of an assignment is that of its last $( )
        name = posixpath.basename(program[0].literal or "")
        if self.posix and program[0].raw.startswith("(("):
            return _UNREAD  # arithmetic to bash, a subshell in a subshell to dash
        if name == "exit":
            given = program[1].literal if len(program) > 1 else None
            fails = given is not None and given.strip("0") != ""
            return _End(fails=fails, leaves=fails, passes=len(program) == 1 or program[1].raw == "$?")
        if name == "set":
            self.set([word.raw for word in program[1:]])
        if name == "wait":
            return _End(waits=len(program) > 1)
        why = f"list: exit 0 does not say how {asked.work} inside $( ) ended" if asked.work else ""
        if name in _IDLE or program[0].raw.startswith(("[[", "((")):
            return _End(asked.work, why, says=name in _SAYS and not asked.work)
        if name == "false":
            return _End("false", fails=True)
        found = self._started(program)
        return replace(found, doubt=found.doubt or why)

    def _started(self, words: Sequence[Word]) -> _End:
        """A command that does work, behind what commonly comes before it."""
        target = find_target(words)
        work = _shown(Command("", tuple(words)))
        for word in target.lookups if target is not None else words[:1]:
            left = _text(words[list(words).index(word) :])
            if _LEAVES.match(left + " "):
                return _End(work, f"{BACKGROUND}exit 0 only says that {_name(left)} has started it")
            if _HIDES.match(left + " "):
                return _End(
                    work, f"list: exit 0 of {_name(left)} does not say how the command it starts ended"
                )
        code = _code(words, target)
        if code is None:
            reads = target is not None and target.what is TargetKind.PROGRAM and work in SHELLS
            return _End(work, f"list: exit 0 of {work} is that of the last command it reads" if reads else "")
        found = self.inner(*code)
        return found if found.work else replace(found, work=work)


def _joined(found: _End, operator: str, following: _End) -> _End:
    """Two ends with `&&` or `||` between them."""
    work = found.work or following.work
    waits = found.waits or following.waits
    if operator == "&&":
        fails = found.fails or following.fails
        return _End(
            work, found.doubt or following.doubt, fails, says=found.says and following.says, waits=waits
        )
    if following.fails or following.passes:
        return replace(found, leaves=following.leaves or following.passes)
    if found.work:
        return _End(
            work, found.doubt or f"list: exit 0 also comes of what is behind ||, where {found.work} failed"
        )
    return _End(work, following.doubt, waits=waits)  # a test chose whether it runs


def _in_background(lists: List, ends: list[_End]) -> str:
    """What is left in the background; one job that a `wait` names tells its end there, and `ends` says so."""
    jobs = [at for at, one in enumerate(lists) if one.background]
    if len(jobs) < len(lists):  # beside other commands `sleep 5 &` is nothing to miss
        jobs = [at for at in jobs if ends[at].work]
    waits = [at for at, end in enumerate(ends) if end.waits and not lists[at].background]
    if len(jobs) == 1 and waits and waits[0] > jobs[0]:
        ends[waits[0]] = replace(ends[waits[0]], work=ends[jobs[0]].work, doubt=ends[jobs[0]].doubt)
        return ""
    return ends[jobs[0]].work or "it" if jobs else ""


def _without_exit(lists: List, ends: list[_End]) -> tuple[bool, List, list[_End]]:
    """The same without a last `exit` that passes on a status from before, and whether it chose which.

    `exit $x` does: with what was noted by `x=$?`, or with what the line worked out itself.
    """
    while ends and ends[-1].passes:
        lists, ends = lists[:-1], ends[:-1]
    words = lists[-1].pipelines[-1].commands[-1].words if lists and not lists[-1].operators else ()
    if len(words) != 2 or words[0].literal != "exit" or words[1].literal is not None:
        return False, lists, ends
    variable = words[1].raw.strip('"${}')
    for at, one in enumerate(lists):
        noted = one.pipelines[0].commands[0].words
        if at and len(noted) == 1 and noted[0].raw in (f"{variable}=$?", f'{variable}="$?"'):
            return False, lists[:at], ends[:at]
    return True, lists, ends


def _is_single(one: List) -> bool:
    return len(one) == 1 and not one[0].operators and not one[0].background


def _code(words: Sequence[Word], target: Target | None) -> tuple[str, str, tuple[str, ...]] | None:
    """Shell code that is among the words, the shell that reads it, and that shell's options."""
    rest = list(words)
    if target is not None and target.what is TargetKind.CODE and target.lookups:
        name = program_of(target.lookups[-1])
        start, end = rest.index(target.lookups[-1]), rest.index(target.word)
        options = tuple(word.raw for word in rest[start + 1 : end])
        text = target.word.literal
        return None if text is None else (text, name if name in SHELLS else "sh", options)
    name = program_of(target.word) if target is not None else ""
    behind = rest[rest.index(target.word) + 1 :] if target is not None and target.word in rest else rest[1:]
    if name == "eval":
        return " ".join(word.literal or "?" for word in behind), "sh", ()
    for at, word in enumerate(behind):
        if name in _TAKE_CODE and _CODE_OPTION.fullmatch(word.literal or "") and at + 1 < len(behind):
            text = behind[at + 1].literal
            return None if text is None else (text, "sh", ())
        if posixpath.basename(word.literal or "") in SHELLS:
            return _code(behind[at:], find_target(behind[at:]))
    if name == "ssh":
        line = re.match(
            r"(?:-\S+\s+(?:(?<=-[bcDEeFIiJLlmOopQRSWw]\s)\S+\s+)?)*\S+\s+(.+)",
            " ".join(word.literal or "?" for word in behind),
        )
        return None if line is None else (line[1], "sh", ())
    return None


def _text(words: Sequence[Word]) -> str:
    """The words as written, the program without its folder."""
    if not words:
        return ""
    return " ".join((posixpath.basename(words[0].literal or words[0].raw), *(word.raw for word in words[1:])))


def _name(text: str) -> str:
    return text.partition(" ")[0]


def _shown(command: Command) -> str:
    """What a command is called in a reason."""
    words = without_assignments(command.words)
    if not words:
        return {"(": "( )", "{": "{ }"}.get(command.kind, command.kind or "a part of it")
    target = find_target(words)
    word = target.word if target is not None and target.what is not TargetKind.CODE else words[0]
    name = posixpath.basename((word.literal or word.raw).rstrip("/"))
    return name if len(name) <= 40 else f"{name[:39]}…"
