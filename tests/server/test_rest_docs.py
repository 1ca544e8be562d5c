"""Every command of docs/rest.md does what the page says, on a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
from servers import ROOT, Server

PAGE = ROOT / "docs" / "rest.md"
STREAMS = "events"


def commands() -> list[str]:
    """The commands of the page, each on one line, without those that set its variables."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0] for line in lines if line.startswith("curl ")]


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    assert shutil.which("curl"), "the tests need the curl command"
    rows = "".join(f"thing {at},{8.0 + at},{at}\n" for at in range(9))
    (tmp_path / "sales.csv").write_text(f"item,price,qty\n{rows}")
    book = openpyxl.Workbook()
    book.active.title = "Plan"
    for row in (("Report",), (), ("item", "qty"), ("pen", 1)):
        book.active.append(row)
    book.save(tmp_path / "q1.xlsx")
    found = commands()
    assert len(found) >= 15
    with Server(tmp_path / "server") as server:
        api = f"http://127.0.0.1:{server.port}/tabweave/api/v1"
        variables = os.environ | {"API": api, "AUTH": f"Authorization: token {server.token}"}
        for command in found:
            limit = "--max-time 2" if STREAMS in command else "--max-time 40"
            kept = "" if " -o " in command else "-o answer"
            asked = command.replace("curl ", f"curl -sS {limit} {kept} -w '%{{http_code}}' ", 1)
            done = subprocess.run(["bash", "-c", asked], cwd=tmp_path, env=variables, capture_output=True, text=True)
            assert done.stdout in ("200", "201"), (
                command,
                done.stdout,
                done.stderr,
                (tmp_path / "answer").read_text(errors="replace"),
            )
            if STREAMS not in command:
                assert done.returncode == 0, (command, done.stderr)
        assert (tmp_path / "sales.parquet").read_bytes().startswith(b"PAR1")
