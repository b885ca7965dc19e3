"""Which cron a host has: by what is installed, by what crontab(1) answers (recorded), by its units."""

from __future__ import annotations

import pytest

from fedtui.system.cron_product import (
    BCRON,
    BUSYBOX,
    CRONIE,
    DEBIAN,
    PRODUCTS,
    SYSTEMD_CRON,
    SYSTEMD_CRON_2,
    CronProduct,
    installed_product,
)
from fedtui.system.crontab_variant import BCRON as BCRONTAB
from fedtui.system.crontab_variant import BUSYBOX as BUSYBOX_CRONTAB
from fedtui.system.crontab_variant import CRONIE as CRONIE_CRONTAB
from fedtui.system.crontab_variant import DEBIAN as DEBIAN_CRONTAB
from fedtui.system.crontab_variant import SYSTEMD_CRON as SYSTEMD_CRONTAB
from fedtui.system.crontab_variant import UNKNOWN, CrontabVariant, variant_of

ANSWERS = [
    (
        (
            b"crontab: invalid option -- 'V'\ncrontab: usage error: unrecognized option\n"
            b"usage:\tcrontab [-u user] [-n] file\n\n\tfile\t(default operation is replace, per 1003.2)\n"
        ),
        DEBIAN_CRONTAB,
    ),
    (b"cronie 1.7.2\n", CRONIE_CRONTAB),
    (
        b"crontab: invalid option -- 'V'\nBusyBox v1.37.0 (Debian 1:1.37.0-6+b9) multi-call binary.\n",
        BUSYBOX_CRONTAB,
    ),
    (b"bcrontab: Error: Unknown option letter -V.\nusage: bcrontab [flags] [ -u user ] file\n", BCRONTAB),
    (
        (
            b"usage: crontab [-h] [-u USER] [-l | -r | -e | -s] [-i] [file]\n"
            b"crontab: error: unrecognized arguments: -V\n"
        ),
        SYSTEMD_CRONTAB,
    ),
    (b"crontab: no idea\n", UNKNOWN),
]


@pytest.mark.parametrize(("answer", "variant"), ANSWERS)
def test_a_crontab_program_is_known_by_its_answer(answer: bytes, variant: CrontabVariant) -> None:
    assert variant_of(answer) is variant


@pytest.mark.parametrize(
    ("path", "product"),
    [
        ("/usr/sbin/cron", DEBIAN),
        ("/usr/sbin/crond", CRONIE),
        ("/usr/sbin/bcron-start", BCRON),
        ("/lib/systemd/system-generators/systemd-crontab-generator", SYSTEMD_CRON),
        ("/usr/bin/anything", None),
    ],
)
def test_a_product_is_known_by_its_program(path: str, product: CronProduct | None) -> None:
    assert installed_product(lambda asked: asked == path) is product


def test_the_second_version_of_systemd_cron_is_known_by_its_folder() -> None:
    there = {"/usr/lib/systemd/system-generators/systemd-crontab-generator", "/usr/libexec/systemd-cron"}
    assert installed_product(there.__contains__) is SYSTEMD_CRON_2


def test_the_unit_is_one_that_exists() -> None:
    there = {"/usr/lib/systemd/system/crond.service", "/etc/systemd/system/cron.service"}
    units = {product.dialect: product.unit(there.__contains__) for product in PRODUCTS}
    assert units == {
        "debian": "cron.service",
        "cronie": "crond.service",
        "busybox": "crond.service",
        "bcron": "",
        "systemd-cron": "",
        "systemd-cron-2": "",
    }
    assert BUSYBOX.reads_system is False
