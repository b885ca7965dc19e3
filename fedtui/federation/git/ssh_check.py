"""Whether the remote can be reached from a scheduler's environment: key, host key, URL, the remote.

There is no agent in cron's environment, so a key must open without a passphrase. No private key is ever read,
printed or copied. Blocking; the remote is asked once, in batch mode and within a deadline.
"""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Iterator

from fedtui.federation.git import publish as git_publish
from fedtui.federation.git.sync_result import SyncFailed
from fedtui.federation.job_account import JobAccount
from fedtui.federation.setup_issue import SetupIssue, error_issue, note_issue, warning_issue
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.git_checkout import Git, GitEnvironment, remote_url
from fedtui.system.program import ProgramError
from fedtui.system.ssh_key import SshFacts, SshKey, free_key_path, ssh_facts, ssh_place, ssh_words

KEY = "git"
DEADLINE = 30.0
"""Seconds that the remote gets to answer."""

_HTTPS = re.compile(r"https?://(?:[^@/\s]*@)?(?P<host>[^:/\s]+)(?::\d+)?/(?P<path>\S+)")


def ssh_url_of(url: str) -> str:
    """The SSH URL of an http(s) one, as the usual hosts have it; empty where there is none to be had."""
    match = _HTTPS.fullmatch(url)
    return f"git@{match['host']}:{match['path']}" if match is not None else ""


def check_remote(
    git: Git, remote: str, url: str, branch: str, owner: JobAccount, given: GitEnvironment
) -> Iterator[SetupIssue]:
    """What keeps a remote at `url` from being pushed to with what is `given`; a note where it answers."""
    become = "" if owner.own else f"sudo -u {owner.name} "
    if not url:
        command = f"{become}git -C {shlex.quote(str(git.folder))} remote add {remote} URL"
        yield error_issue(f"There is no remote {remote}.", KEY, command)
        return
    place = ssh_place(url)
    ssh = ssh_words(git.ssh_command())
    if place is not None and ssh:
        try:
            facts = ssh_facts(place, owner.home, given.run, ssh)
        except ProgramError as error:
            yield error_issue(f"ssh cannot be asked: {error}.", KEY, "Install openssh-client.")
            return
        yield from of_keys(facts, owner.home, become)
        yield from of_host(facts)
    elif place is None and (better := ssh_url_of(url)):
        command = f"{become}git -C {shlex.quote(str(git.folder))} remote set-url {remote} {better}"
        text = f"{remote} is {sanitize_and_mask(url)}: https wants a password or a token, "
        yield warning_issue(f"{text}and nobody is there to type it.", KEY, command)
    yield from _answers(git, remote, url, branch)


def of_keys(facts: SshFacts, home: str, become: str = "") -> Iterator[SetupIssue]:
    """What is to be said of the keys that ssh would try; `become` begins commands that are for another."""
    usable = [key for key in facts.keys if key.opens and not key.in_hand and not key.wide]
    if usable:
        yield note_issue(f"ssh will use {usable[0].path} ({usable[0].kind}).", KEY)
        return
    if not facts.keys:
        text = f"There is no SSH key for {facts.host}: none of {_some(facts.looked)} is there."
        yield error_issue(text, KEY, _new_key(home, become))
    for key in facts.keys:
        text = f"{key.path} cannot be used without a person: {_why(key)}."
        yield error_issue(text, KEY, _fix(key, home, become))


def of_host(facts: SshFacts) -> Iterator[SetupIssue]:
    """What is to be said of the host's own key."""
    if facts.known is False:
        port = f" -p {facts.port}" if facts.port != "22" else ""
        text = f"The host key of {facts.host} is not known: ssh would ask, and nobody is there to answer."
        advice = "Connect once, and compare the key with what its owner publishes"
        yield error_issue(text, KEY, f"{advice}: ssh{port} {facts.host}")


def keygen(path: str) -> str:
    """The command that makes a key that a scheduler can use."""
    comment = f"federated-learning@{socket.gethostname()}"
    return f"ssh-keygen -t ed25519 -N '' -C {shlex.quote(comment)} -f {shlex.quote(path)}"


def _why(key: SshKey) -> str:
    if key.wide:
        return f"others may read it (mode bits {key.wide:03o}), and so ssh will not use it"
    return "each use wants a touch" if key.in_hand else key.why


def _fix(key: SshKey, home: str, become: str) -> str:
    if key.wide:
        return f"{become}chmod 600 {shlex.quote(key.path)}"
    return f"A key of its own for the federation: {_new_key(home, become)}"


def _new_key(home: str, become: str) -> str:
    """How to make a key, in a file that is not there yet."""
    path = free_key_path(home)
    usual = path.endswith("/id_ed25519")
    return become + keygen(path) + ("" if usual else "; name it in ~/.ssh/config (IdentityFile).")


def _some(paths: tuple[str, ...]) -> str:
    names = ", ".join(sanitize_and_mask(path) for path in paths[:3])
    return f"{names} and {len(paths) - 3} more" if len(paths) > 3 else names or "the usual names"


def _answers(git: Git, remote: str, url: str, branch: str) -> Iterator[SetupIssue]:
    asked = remote if url == remote_url(git, remote) else url
    try:
        commit = git_publish.on_remote(git, asked, branch, DEADLINE)
    except SyncFailed as failed:
        yield error_issue(failed.message, KEY, failed.advice)
        return
    there = f"it has {branch} at {commit[:12]}"
    new = f"{branch} is not there yet: the first push makes it"
    yield note_issue(f"{remote} answers; {there if commit else new}.", KEY)
