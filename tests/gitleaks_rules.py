"""`python -m tests.gitleaks_rules CLONE`: writes fedtui/secrets/gitleaks.json from a clone of gitleaks.

Kept are the rules that know a token by its own shape. Left out are those that need a file's name, several
lines, or only a service's name beside any text (a hash beside the word "bitbucket"), and those that
`fedtui/secrets/` replaces. Go's syntax becomes that of Python's `re`, and a token may end before any
sign, since in a shell's line `&`, `|` and `)` may follow it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

TARGET = Path(__file__).parents[1] / "fedtui" / "secrets" / "gitleaks.json"
ANY_NAME = r"[\w.-]{0,50}?"
END = r"""(?:[\x60'"\s;]|\\[nr]|$)"""
OTHER_END = r"""(?:$|[\\'"\x60\s<),])"""
LEFT_OUT = {
    *("curl-auth-header", "curl-auth-user", "kubernetes-secret-yaml", "private-key", "generic-api-key"),
    *("microsoft-teams-webhook", "sidekiq-sensitive-url", "slack-webhook-url"),
}
CHANGED = {"sourcegraph-access-token": ("|[a-fA-F0-9]{40})", ")")}  # without: each git commit


def main(clone: str) -> None:
    """Write the file."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", clone, *words], check=True, capture_output=True, text=True).stdout

    rules = tomllib.loads(git("show", "HEAD:config/gitleaks.toml"))["rules"]
    kept = [
        json.dumps(
            {
                "id": rule["id"],
                "keywords": rule["keywords"],
                "entropy": rule.get("entropy", 0),
                "regex": for_python(rule["regex"].replace(*CHANGED.get(rule["id"], ("", "")))),
            }
        )
        for rule in rules
        if "path" not in rule and rule["id"] not in LEFT_OUT and has_own_shape(rule["regex"])
    ]
    source = {
        "source": "config/gitleaks.toml of https://github.com/gitleaks/gitleaks",
        "reduced": "by tests/gitleaks_rules.py",
        "version": f"{git('describe', '--tags').strip()}, commit {git('rev-parse', 'HEAD').strip()}",
        "licence": "MIT, see gitleaks.LICENSE.txt",
    }
    head = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in source.items())
    TARGET.write_text("{\n" + head + '"rules": [\n' + ",\n".join(kept) + "\n]\n}\n")
    TARGET.with_name("gitleaks.LICENSE.txt").write_text(git("show", "HEAD:LICENSE"))


def has_own_shape(regex: str) -> bool:
    """Whether the token itself begins with known letters, wherever it is."""
    return "telegr" in regex or ANY_NAME not in regex or re.search(r"\{0,5\}\(\w{2,}[-_.]", regex) is not None


def for_python(regex: str) -> str:
    """The same in Python's syntax: flags hold for the rest of their group, `\\z` is `\\Z`."""
    regex = regex.replace(r"\z", r"\Z").replace("[[:alnum:]]", "[A-Za-z0-9]")
    regex = regex.replace(END, r"(?![\w-])").replace(OTHER_END, r"(?![\w~.-])")
    while (at := regex.find("(?i)", 1)) > 0:
        end, depth, quoted = at + 4, 0, False
        while end < len(regex) and depth >= 0:
            char = regex[end]
            if char == "\\":
                end += 1
            elif quoted or char == "[":
                quoted = char != "]"
            else:
                depth += (char == "(") - (char == ")")
            end += depth >= 0
        regex = f"{regex[:at]}(?i:{regex[at + 4 : end]}){regex[end:]}"
    return regex


if __name__ == "__main__":
    main(sys.argv[1])
