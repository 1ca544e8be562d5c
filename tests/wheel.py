"""Builds the wheel from a clean export, installs it where there is no Node, and uses it there: `python tests/wheel.py`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUST_HOLD = [
    "tabweave/__init__.py",
    "tabweave/py.typed",
    "tabweave/static/widget.js",
    "tabweave_core/protocol/messages.py",
    "tabweave_server/__init__.py",
    "share/jupyter/labextensions/tabweave/package.json",
    "share/jupyter/labextensions/tabweave/install.json",
    "etc/jupyter/jupyter_server_config.d/tabweave.json",
]
MUST_NOT_HOLD = ["node_modules", "tests/", "benchmarks/", ".map", "labextension/src"]


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def build(scratch: Path) -> Path:
    """The wheel, from the files that git knows of and nothing else."""
    export = scratch / "source"
    for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines():
        if (ROOT / name).is_file():
            (export / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, export / name)
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(scratch), str(export))
    (wheel,) = scratch.glob("tabweave-*.whl")
    return wheel


def inspect(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in MUST_HOLD if not any(found.endswith(name) for found in names)]
    surplus = [name for name in names if any(part in name for part in MUST_NOT_HOLD)]
    if missing or surplus:
        sys.exit(f"The wheel lacks {missing} and should not hold {surplus[:5]}.")
    print(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size / 1e6:.2f} MB")


def serve_and_ask(bin_dir: Path, env: dict[str, str], scratch: Path) -> None:
    """Starts a server with the installed extension and reads its health."""
    log = (scratch / "server.log").open("w")
    command = [
        str(bin_dir / "jupyter"),
        "lab",
        "--no-browser",
        "--allow-root",
        "--port=0",
        "--IdentityProvider.token=wheel",
        f"--notebook-dir={scratch}",
    ]
    server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        for _ in range(120):
            time.sleep(0.5)
            found = list((scratch / "runtime").glob("jpserver-*.json"))
            if not found:
                continue
            url = json.loads(found[0].read_text())["url"]
            request = urllib.request.Request(f"{url}tabweave/api/v1/health", headers={"Authorization": "token wheel"})
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    print("health:", answer.read().decode().strip())
                    return
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError):
                    sys.exit(f"/tabweave/api/v1/health answered {error.code}.")
        sys.exit(f"The server did not come up:\n{(scratch / 'server.log').read_text()}")
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def use(wheel: Path, scratch: Path) -> None:
    """Installs the wheel into a fresh environment with no Node on its PATH, and runs the first notebook and a server."""
    venv = scratch / "venv"
    run(sys.executable, "-m", "venv", str(venv))
    bin_dir = venv / "bin"
    env = {
        **os.environ,
        "PATH": f"{bin_dir}",
        "HOME": str(scratch),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    env.pop("PYTHONPATH", None)
    if shutil.which("node", path=env["PATH"]):
        sys.exit("Node is on the PATH of the fresh environment; the check would prove nothing.")
    run(
        str(bin_dir / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        f"{wheel}[lab]",
        env={**env, "HOME": os.environ.get("HOME", str(scratch))},
    )
    listed = run(str(bin_dir / "jupyter"), "labextension", "list", env=env)
    if "tabweave" not in listed or "enabled OK" not in listed.split("tabweave", 1)[1].splitlines()[0].replace(
        "\x1b[32m", ""
    ).replace("\x1b[0m", ""):
        sys.exit(f"JupyterLab does not list the extension as enabled and OK:\n{listed}")
    notebook = scratch / "01_first_grid.ipynb"
    shutil.copy2(ROOT / "notebooks" / "01_first_grid.ipynb", notebook)
    run(str(bin_dir / "jupyter"), "execute", str(notebook), env=env, cwd=scratch)
    serve_and_ask(bin_dir, env, scratch)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wheel = build(scratch)
        inspect(wheel)
        use(wheel, scratch)
    print("The wheel installs and works without Node.")


if __name__ == "__main__":
    main()
