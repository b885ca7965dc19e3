"""Each way to install must bring every module and every style, though two of its folders are symlinks.

Each layout is built from the tracked files, installed without its dependencies into a virtual environment
of its own, and borrows those from the environment that runs the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not ((CHECKOUT / ".git").exists() and shutil.which("git")), reason="needs git, and a checkout of it"
)
PACKAGED = (".py", ".pyi", ".tcss", ".typed", ".sh", ".toml", ".json", ".txt", ".service", ".timer", ".conf")
LOOK = """
import importlib, json, os, pkgutil
import fedtui
root = os.path.dirname(fedtui.__file__)
for module in pkgutil.walk_packages([root], "fedtui."):
    if module.name not in ("fedtui.__main__", "fedtui.bus.pydbus"):
        importlib.import_module(module.name)
walked = os.walk(root, followlinks=True)
files = [os.path.relpath(os.path.join(at, name), root) for at, _, names in walked for name in names]
print(json.dumps([root, sorted(files)]))
"""


def call(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def tracked() -> list[str]:
    return call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT).split(
        "\0"
    )[:-1]


@pytest.fixture(scope="module")
def expected() -> list[str]:
    """The files of the package, as the tree of `fedtui/` with its two symlinks followed."""
    found = []
    for name in tracked():
        path = Path(name)
        inside = path.relative_to("fedtui") if path.parts[0] == "fedtui" else path
        if path.parts[0] in ("fedtui", "screens", "styles") and path.suffix in PACKAGED:
            found.append(str(inside))
    return sorted(found)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git would commit now, symlinks as symlinks."""
    copy = tmp_path_factory.mktemp("tree")
    for name in tracked():
        if (CHECKOUT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, copy / name, follow_symlinks=False)
    return copy


@pytest.fixture(scope="module")
def built(tree: Path) -> Path:
    """The folder with the source archive and the wheel that was built from that archive."""
    call(sys.executable, "-m", "build", "--no-isolation", cwd=tree)
    return tree / "dist"


def environment(where: Path, *install: str | Path) -> Path:
    """A new virtual environment with fedtui in it; returns its bin folder."""
    call(sys.executable, "-m", "venv", "--without-pip", where, cwd=CHECKOUT)
    python = where / "bin" / "python"
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--quiet")
    borrowed = sysconfig.get_path("purelib")
    site = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=where).strip()
    Path(site, "zz_borrowed.pth").write_text(f"{borrowed}\n")
    call(sys.executable, "-m", "pip", f"--python={python}", "install", *offline, *install, cwd=where)
    return where / "bin"


def look(binaries: Path, cwd: Path) -> tuple[str, list[str]]:
    """Import every module of the installed package; returns its folder and its files."""
    root, files = json.loads(call(binaries / "python", "-c", LOOK, cwd=cwd))
    return root, [name for name in files if Path(name).suffix in PACKAGED]


def check(binaries: Path, home: Path, expected: list[str], cwd: Path) -> None:
    root, files = look(binaries, cwd)
    assert Path(root).is_relative_to(home)
    assert files == expected
    assert "py.typed" in files
    call(binaries / "fedtui", "--help", cwd=cwd)
    version = "import importlib.metadata as m; print(m.version('fedtui'))"
    assert call(binaries / "python", "-c", version, cwd=cwd).strip() == "0.1.0"


def test_a_wheel_holds_the_package_and_nothing_else(tree: Path, tmp_path: Path, expected: list[str]) -> None:
    call(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, cwd=tree)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = sorted(name.removeprefix("fedtui/") for name in names if name.startswith("fedtui/"))
    assert inside == expected
    assert {name.partition("/")[0] for name in names} == {"fedtui", "fedtui-0.1.0.dist-info"}
    check(environment(tmp_path / "venv", wheel), tmp_path / "venv", expected, tmp_path)


def test_a_wheel_from_the_source_archive_is_as_whole(
    built: Path, tmp_path: Path, expected: list[str]
) -> None:
    [wheel] = built.glob("*.whl")
    check(environment(tmp_path / "venv", wheel), tmp_path / "venv", expected, tmp_path)


def test_the_source_archive_installs(built: Path, tmp_path: Path, expected: list[str]) -> None:
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names
    check(environment(tmp_path / "venv", archive), tmp_path / "venv", expected, tmp_path)


def test_an_editable_install_of_a_fresh_clone_shows_edits(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    call("git", "clone", "--quiet", "--no-local", "--depth=1", CHECKOUT.as_uri(), clone, cwd=tmp_path)
    assert (clone / "fedtui" / "screens").is_symlink()
    committed = call("git", "ls-files", "fedtui", "screens", "styles", cwd=clone).splitlines()
    binaries = environment(tmp_path / "venv", "--editable", clone)
    expected = sorted(name.removeprefix("fedtui/") for name in committed if Path(name).suffix in PACKAGED)
    check(binaries, clone, expected, tmp_path)
    (clone / "styles" / "new.tcss").write_text("/* new */\n")
    assert "styles/new.tcss" in look(binaries, tmp_path)[1]
