"""What a supervisor is asked to run, as it crosses from one process to the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fedtui.model import Trigger


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What to run and where to keep what comes of it. `account` is (uid, gid, groups) or None for our own.

    `rules` are the user's own tables of rules that hold for the job, as JSON takes them; `product` is the
    absolute path of the file that it should renew, empty for none.
    """

    run_id: str
    job_id: str
    shell: bytes
    command: bytes
    stdin: bytes | None
    environment: dict[bytes, bytes]
    account: tuple[int, int, tuple[int, ...]] | None
    output: str
    record: str
    lock: str
    database: str
    log: str | None
    trigger: str = Trigger.MANUAL.value
    rules: tuple[Mapping[str, Any], ...] = ()
    product: str = ""

    def to_json(self) -> bytes:
        """Bytes cross as Latin-1, which has a character for each."""
        data = asdict(self) | {"environment": list(self.environment.items())}
        return json.dumps(data, default=lambda value: value.decode("latin-1")).encode("ascii")

    @classmethod
    def from_json(cls, text: bytes) -> RunOrder:
        """Inverse of `to_json`."""
        data: dict[str, Any] = json.loads(text)
        account = data.pop("account")
        return cls(
            shell=data.pop("shell").encode("latin-1"),
            command=data.pop("command").encode("latin-1"),
            stdin=None if (given := data.pop("stdin")) is None else given.encode("latin-1"),
            environment={k.encode("latin-1"): v.encode("latin-1") for k, v in data.pop("environment")},
            account=None if account is None else (account[0], account[1], tuple(account[2])),
            **data,
        )
