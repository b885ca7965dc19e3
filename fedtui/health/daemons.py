"""FT001-FT006: is the daemon that should start the jobs there at all, and will it be after the next boot?"""

from __future__ import annotations

from collections.abc import Iterator

from fedtui.health.checks import CRON_TABLES, CheckReport, check, error_rule, warning_rule
from fedtui.health.command_facts import read
from fedtui.health.file_facts import FileFacts
from fedtui.model import CronFacts, Finding, Job, Severity, Snapshot, State, Unchecked, cron_jobs, timer_jobs
from fedtui.safe_text import decode
from fedtui.system.accounts import LINGER
from fedtui.system.cron_product import DEBIAN, UNITS

CRON_DOWN = error_rule(
    "FT001",
    "cron is not running",
    "Lines of cron tables are started by a daemon. While it does not run nothing starts them, and nothing "
    "says so.",
    "Start the daemon: cron on Debian, cronie or crond elsewhere.",
    needs=CRON_TABLES,
)
SYSTEMD_DOWN = warning_rule(
    "FT002",
    "systemd does not answer",
    "Timers run by themselves, but whether they ran and how their runs ended is not seen while systemd's "
    "bus is silent.",
    "Look at the bus: systemctl status dbus.",
)
NOT_ENABLED = warning_rule(
    "FT003",
    "cron is not enabled",
    "Nothing starts it after the next boot: from then on no line of a table is started.",
    "Enable the service.",
    needs=CRON_TABLES,
)
NOT_INSTALLED = error_rule(
    "FT004",
    "cron is not installed",
    "There are tables for cron, and no cron to read them.",
    "Install it: cron on Debian, cronie on Fedora and Arch.",
    needs=CRON_TABLES,
)
NO_LINGER = warning_rule(
    "FT005",
    "user timers stop at logout",
    "A user's systemd ends with the last session, and its timers with it, unless the user lingers "
    "(loginctl(1)).",
    "Turn lingering on: loginctl enable-linger.",
    needs=("user-timers",),
)
CLOCK = warning_rule(
    "FT006",
    "the clock is not synchronised",
    "Jobs start by this machine's clock. Where it is wrong they start at the wrong time, and when it is set "
    "some are left out.",
    "Look at the time service: timedatectl timesync-status, chronyc tracking.",
)

PROGRAMS = ("/usr/sbin/cron", "/usr/sbin/crond")


def own_cron_jobs(snapshot: Snapshot, host: FileFacts) -> list[Job]:
    """Cron jobs but those that came with the distribution, for a user who may install a cron.

    A shipped line that runs the scripts of a folder is an own one where a script is.
    """

    def is_shipped(job: Job, cron: CronFacts) -> bool:
        if cron.table[:1] != "/" or not host.shipped(cron.table):
            return False
        folders = read(cron.command, cron.home, cron.environment, job.user).parts
        return all(any(host.shipped(f"{folder}/{part}") for folder in folders) for part in cron.parts)

    return [
        job
        for job, cron in cron_jobs(snapshot.jobs)
        if job.state is not State.PAUSED and not is_shipped(job, cron)
    ]


@check(CRON_DOWN, NOT_INSTALLED)
def cron_down(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT001, FT004: there are cron jobs and no cron daemon runs, or none is there."""
    jobs = own_cron_jobs(snapshot, host)
    if jobs and host.is_machine and not any(one.name == "cron" for one in snapshot.schedulers):
        if snapshot.lacks("crontab"):
            yield _not_installed(len(jobs), host)
        else:
            reason = "no source reported it"
            yield Unchecked((CRON_DOWN.code, NOT_INSTALLED.code), "the cron daemon", reason)
    for scheduler in snapshot.schedulers:
        if scheduler.name != "cron" or not jobs:
            continue
        if scheduler.up is None:
            yield CRON_DOWN.unchecked("the cron daemon", scheduler.detail)
            if host.installed_cron() is None:
                yield NOT_INSTALLED.unchecked("the cron daemon", scheduler.detail)
        elif scheduler.up is False and host.is_machine and host.installed_cron() is None:
            yield _not_installed(len(jobs), host)
        elif scheduler.up is False:
            yield CRON_DOWN.found(
                f"No cron daemon runs on this machine: none of its {len(jobs)} jobs will start.",
                tuple(part for part in (scheduler.detail,) if part),
                command=_start_command(host),
            )
        elif scheduler.up is True and host.is_machine and (pid := host.held_cron()) is not None:
            yield CRON_DOWN.found(
                f"cron is held by a signal: none of its {len(jobs)} jobs will start before it continues.",
                (f"process {pid}  stopped (SIGSTOP)", scheduler.detail),
                title="cron is held by a signal",
                command=f"sudo kill -CONT {pid}",
            )


def _not_installed(jobs: int, host: FileFacts) -> Finding:
    return NOT_INSTALLED.found(
        f"No cron is installed on this machine: none of its {jobs} jobs will start.",
        (*(f"{path}  missing" for path in PROGRAMS),),
        command="sudo apt install cron" if host.exists("/usr/bin/apt") else "",
    )


def _start_command(host: FileFacts) -> str:
    """What starts the cron of this host: its unit, or without systemd its program."""
    product = host.installed_cron() or DEBIAN
    if host.has_systemd:
        verb = "start" if product.unit_tells else "restart"  # its unit may still be called active
        return f"sudo systemctl {verb} {host.cron_unit() or product.units[0]}"
    if product is DEBIAN:
        return "sudo service cron start"
    return f"sudo {product.programs[0]}"


@check(SYSTEMD_DOWN)
def systemd_unreachable(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT002: systemd does not answer, so nothing is known of the timers."""
    known = [one for one in snapshot.schedulers if one.name == "systemd"]
    if host.has_systemd and not any(one.up is not None for one in known):
        yield SYSTEMD_DOWN.unchecked("systemd", next((one.detail for one in known), "no source reported it"))
    for scheduler in known:
        if scheduler.up is False:
            yield SYSTEMD_DOWN.found(
                "systemd's bus cannot be reached: timers run by themselves, but nothing is seen of them.",
                tuple(part for part in (scheduler.detail,) if part),
                command="systemctl status dbus",
            )


@check(NOT_ENABLED, systemd=True)
def cron_not_enabled(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT003: the daemon's unit is loaded and not to be started at boot."""
    if not own_cron_jobs(snapshot, host):
        return
    ended = host.ask("systemctl", "show", "--property=Id,LoadState,UnitFileState,ActiveState", *UNITS)
    if ended.status:
        yield NOT_ENABLED.unchecked("cron's service", decode(ended.err).strip() or f"exit {ended.status}")
        return
    units = [properties(block) for block in decode(ended.out).split("\n\n")]
    if not any("LoadState" in unit for unit in units):
        yield NOT_ENABLED.unchecked("cron's service", "systemctl says nothing of it")
        return
    loaded = [unit for unit in units if unit.get("LoadState") == "loaded"]
    wrong = [unit for unit in loaded if unit.get("UnitFileState") in ("disabled", "masked")]
    if loaded and len(wrong) == len(loaded):
        unit = wrong[0]
        yield NOT_ENABLED.found(
            f"{unit['Id']} is {unit['UnitFileState']}: after the next boot no cron job starts.",
            (f"{unit['Id']}  {unit['UnitFileState']}, {unit.get('ActiveState', '')}",),
            command=f"sudo systemctl enable {unit['Id']}",
        )


def properties(text: str) -> dict[str, str]:
    """The `Name=value` lines that systemctl show and timedatectl show print."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in pairs if equals}


@check(NO_LINGER, systemd=True)
def no_linger(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT005: active timers of a user who does not linger. logind keeps a file for each who does."""
    own: dict[str, list[Job]] = {}
    for job, facts in timer_jobs(snapshot.jobs):
        if not facts.user_manager or facts.active_state != "active":
            continue
        if not host.shipped(facts.fragment):
            own.setdefault(job.user, []).append(job)
    for user, jobs in own.items():
        lingers = host.exists(f"{LINGER}/{user}")
        if lingers is None:
            yield NO_LINGER.unchecked("who lingers", f"{LINGER} cannot be looked into")
        elif not lingers:
            yield NO_LINGER.found(
                f"{user} does not linger: {len(jobs)} timers do not run while {user} is logged out.",
                tuple(job.name for job in jobs[:8]),
                command=f"loginctl enable-linger {user}",
            )


@check(CLOCK, systemd=True)
def clock_not_synchronised(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT006: a time service is on and has not set the clock; without one it is a note (a host may set it)."""
    ended = host.ask(
        "timedatectl", "show", "--property=NTP", "--property=CanNTP", "--property=NTPSynchronized"
    )
    facts = properties(decode(ended.out))
    if ended.status or "NTPSynchronized" not in facts:
        yield CLOCK.unchecked("the clock", decode(ended.err).strip() or "timedatectl says nothing of it")
    elif facts["NTPSynchronized"] == "no":
        on = facts.get("NTP") == "yes"
        yield CLOCK.found(
            "A time service is on, and has not set this machine's clock yet."
            if on
            else "No time service that systemd knows sets this machine's clock.",
            tuple(f"{name}  {value}" for name, value in facts.items()),
            severity=Severity.WARNING if on else Severity.NOTE,
            fix="" if facts.get("CanNTP") != "no" else "Install a time service: systemd-timesyncd or chrony.",
            command="" if on or facts.get("CanNTP") == "no" else "sudo timedatectl set-ntp true",
        )
