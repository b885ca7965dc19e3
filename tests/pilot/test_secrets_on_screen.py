"""No screen paints a secret of a table, a log or a run; the picture of it (SVG) holds none either."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.app import FedtuiApp
from fedtui.config import Config
from fedtui.demo.workspace import demo_workspace
from fedtui.safe_text import MASK
from fedtui.workspace import Workspace
from tests.pilot.dialog_app import until

SETTING, OPTION, LOGIN, PING = "Tq7XvB2mNp9s", "Zk4WcY8hLr3d", "Gj5PnF6tVx1q", "Hw9RbD3kMs7z"
SECRETS = (SETTING, OPTION, LOGIN, PING)
URL = f"https://hc-ping.com/{PING}"
TABLE = f"""API_TOKEN={SETTING}
# name: sync
# tells {URL}
0 3 * * * echo mysqldump -u app -p{OPTION} shop; echo curl -u joe:{LOGIN} {URL} >> LOG 2>&1
0 4 * * * curl -u joe:{LOGIN} {URL}
"""
SCREENS = {
    "dashboard": ("", MASK),
    "second job": ("j", MASK),
    "doctor": ("d", "FT602"),
    "environment": ("v", "API_TOKEN"),
    "log": ("l", MASK),
    "pause": ("p", MASK),
    "delete": ("x", MASK),
    "record": ("C", MASK),
    "reschedule": ("e", "sync"),
    "run": ("r", MASK),
    "filter": ("/curl", MASK),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    log = tmp_path / "sync.log"
    log.write_text(f"+ curl -u joe:{LOGIN} {URL}\nError: API_TOKEN={SETTING} was refused\n")
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "crontab").write_text(TABLE.replace("LOG", str(log)))
    return demo_workspace(Config(state=tmp_path / "state"), folder)


@pytest.mark.parametrize("name", SCREENS)
async def test_no_secret_is_painted(workspace: Workspace, name: str) -> None:
    keys, says = SCREENS[name]
    app = FedtuiApp(
        workspace.store,
        workspace.ports,
        workspace.config,
        clock=workspace.now,
        open_log=workspace.log_of,
        host="demo",
        home=workspace.home,
    )

    def picture() -> str:
        return app.export_screenshot(simplify=True)

    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: MASK in picture() and not workspace.snapshot.loading)
        await pilot.press(*("slash" if key == "/" else key for key in keys))
        await until(
            pilot, lambda: says in picture() and (not keys or len(app.screen_stack) > 1 or keys[0] in "j/")
        )
        await pilot.pause(0.3)
        painted = picture()
    assert [secret for secret in SECRETS if secret in painted] == []
    await workspace.close()
