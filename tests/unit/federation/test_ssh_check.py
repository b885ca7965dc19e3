"""What is said of keys, hosts and URLs before the git automation is scheduled; and its job."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab.managed_lines import command_field
from fedtui.federation.git.git_job import git_job
from fedtui.federation.git.ssh_check import keygen, of_host, of_keys, ssh_url_of
from fedtui.model import Severity
from fedtui.system.git_checkout import Git, GitEnvironment, configured_url, remote_url
from fedtui.system.ssh_key import SshFacts, SshPlace, key_at, ssh_facts, ssh_place, ssh_words

ENV = GitEnvironment({b"PATH": b"/usr/bin:/bin", b"HOME": b"/nonexistent", b"LC_ALL": b"C"})


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("git@github.com:you/repo.git", SshPlace("github.com", "git")),
        ("host:repo", SshPlace("host")),
        ("ssh://fed@127.0.0.1:2222/srv/repo.git", SshPlace("127.0.0.1", "fed", "2222")),
        ("git+ssh://fed@host/~/repo", SshPlace("host", "fed")),
        ("ssh://[::1]:22/repo", SshPlace("::1", "", "22")),
        ("https://github.com/you/repo.git", None),
        ("/srv/repo.git", None),
        ("./a:b", None),
        ("file:///srv/repo.git", None),
        ("-oProxyCommand=x:y", None),
    ],
)
def test_where_a_url_leads(url: str, place: SshPlace | None) -> None:
    assert ssh_place(url) == place


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_no_url_makes_an_option_of_ssh(url: str) -> None:
    place = ssh_place(url)
    if place is not None:
        assert place.words[-2] == "--"


@pytest.mark.parametrize(
    ("url", "better"),
    [
        ("https://github.com/you/repo.git", "git@github.com:you/repo.git"),
        ("https://you:token@git.example.org:8443/a/b.git", "git@git.example.org:a/b.git"),
        ("git@github.com:you/repo.git", ""),
        ("/srv/repo.git", ""),
    ],
)
def test_the_ssh_url_of_an_https_one(url: str, better: str) -> None:
    assert ssh_url_of(url) == better


def test_keys_are_opened_without_a_passphrase_or_not_at_all(tmp_path: Path) -> None:
    for name, passphrase in (("open", ""), ("locked", "a passphrase")):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(tmp_path / name)],
            check=True,
            timeout=20,
        )
    opened, locked = (key_at(str(tmp_path / name), ENV.run) for name in ("open", "locked"))
    assert opened is not None
    assert (opened.opens, opened.kind, opened.wide) == (True, "ssh-ed25519", 0)
    assert locked is not None
    assert (locked.opens, locked.why) == (False, "it has a passphrase")
    (tmp_path / "open").chmod(0o640)
    wide = key_at(str(tmp_path / "open"), ENV.run)
    assert wide is not None
    assert wide.wide == 0o040
    assert key_at(str(tmp_path / "none"), ENV.run) is None
    (tmp_path / "garbage").write_text("no key\n")
    (tmp_path / "garbage").chmod(0o600)
    garbage = key_at(str(tmp_path / "garbage"), ENV.run)
    assert garbage is not None
    assert garbage.opens is None
    facts = SshFacts("host", "22", ("a",), (locked, wide, garbage), known=True)
    said = list(of_keys(facts, "/home/fed"))
    assert [one.severity for one in said] == [Severity.ERROR] * 3
    assert "it has a passphrase" in said[0].text
    assert said[1].advice == f"chmod 600 {tmp_path / 'open'}"
    asked_by_root = list(of_keys(facts, "/home/fed", "sudo -u fed "))
    assert asked_by_root[1].advice == f"sudo -u fed chmod 600 {tmp_path / 'open'}"
    assert ": sudo -u fed ssh-keygen -t ed25519 " in asked_by_root[0].advice
    text = "".join(one.text + one.advice for one in said)
    assert "PRIVATE KEY" not in text
    (fine,) = of_keys(SshFacts("host", "22", ("a",), (locked, opened), known=True), "/home/fed")
    assert fine.severity is Severity.NOTE


def test_a_hint_never_names_a_key_that_is_there(tmp_path: Path) -> None:
    """Another IdentityFile is configured, and the usual name is taken."""
    facts = SshFacts("host", "22", (f"{tmp_path}/.ssh/deploy",), (), known=True)
    (tmp_path / ".ssh").mkdir()
    for taken in ("id_ed25519", "id_ed25519_federation"):
        (tmp_path / ".ssh" / taken).touch()
    (said,) = of_keys(facts, str(tmp_path))
    path = f"{tmp_path}/.ssh/id_ed25519_federation_2"
    assert said.advice == f"{keygen(path)}; name it in ~/.ssh/config (IdentityFile)."


def test_no_key_at_all_names_the_command_that_makes_one() -> None:
    facts = SshFacts("host", "22", ("/home/fed/.ssh/id_rsa", "/home/fed/.ssh/id_ed25519"), (), known=True)
    (said,) = of_keys(facts, "/home/fed")
    assert said.advice == keygen("/home/fed/.ssh/id_ed25519")
    assert said.advice.startswith("ssh-keygen -t ed25519 -N '' -C federated-learning@")


def test_a_host_is_known_under_its_port_and_unasked_where_the_configuration_says_so(tmp_path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "host")], check=True, timeout=20
    )
    public = (tmp_path / "host.pub").read_text().split()
    (tmp_path / "known").write_text(f"[git.example.org]:2222 {public[0]} {public[1]}\n")
    (tmp_path / "config").write_text(
        f"Host *\n  UserKnownHostsFile {tmp_path}/known\n  GlobalKnownHostsFile none\n"
    )
    ssh = ("ssh", "-F", str(tmp_path / "config"))

    def facts(url: str, *more: str) -> SshFacts:
        place = ssh_place(url)
        assert place is not None
        return ssh_facts(place, "/nonexistent", ENV.run, (*ssh, *more))

    assert facts("ssh://git@git.example.org:2222/repo").known is True
    strange = facts("git@git.example.org:repo")
    assert strange.known is False
    (said,) = of_host(strange)
    assert "ssh would ask" in said.text
    assert facts("git@git.example.org:repo", "-oStrictHostKeyChecking=accept-new").known is None


def test_only_openssh_is_asked_for_its_configuration() -> None:
    assert ssh_words("") == ("ssh",)
    assert ssh_words("/usr/bin/ssh -i '/home/fed/a key'") == ("/usr/bin/ssh", "-i", "/home/fed/a key")
    assert ssh_words("plink -batch") == ()
    assert ssh_words("ssh -i 'x") == ()


def test_the_scheduled_line_holds_no_bare_percent() -> None:
    job = git_job(Path("/home/fed/100% mine"), "/home/fed/logs")
    assert (job.key, job.schedule, job.log) == ("git", "0 */6 * * *", "/home/fed/logs/federated-git.log")
    assert job.argv[0].startswith("/")
    line = command_field(job.argv, job.log, job.environment)
    assert rb"git-sync --root '/home/fed/100\% mine' >> /home/fed/logs/federated-git.log 2>&1" in line


def test_the_url_that_is_written_is_not_the_one_that_is_pushed_to(tmp_path: Path) -> None:
    for words in (
        ("init", "-q"),
        ("remote", "add", "origin", "short:you/repo.git"),
        ("config", "url.https://github.com/.insteadOf", "short:"),
    ):
        subprocess.run(("git", "-C", str(tmp_path), *words), check=True, timeout=30)
    assert configured_url(Git(tmp_path), "origin") == "short:you/repo.git"
    assert remote_url(Git(tmp_path), "origin") == "https://github.com/you/repo.git"
    assert configured_url(Git(tmp_path), "elsewhere") == ""
