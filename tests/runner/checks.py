"""The checks that need no cloud."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.runner.execution import Step
from tests.runner.paths import NOT_OURS, OUTPUT, ROOT, VENV

BIN = VENV / "bin"
ENVIRONMENT = {
    "PATH": f"{BIN}:{os.environ.get('PATH', '/usr/sbin:/usr/bin:/sbin:/bin')}",
    # The output goes to a log.
    "NO_COLOR": "1",
    "ANSIBLE_NOCOLOR": "1",
}


def pytest_step(
    name: str,
    folder: str,
    timeout_seconds: int,
    debian_packages: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
) -> Step:
    """A step that runs the tests below a folder of the tree.

    :param options: further ones of pytest's.
    """
    junit = OUTPUT / f"{name}.xml"
    command = (str(BIN / "python"), "-m", "pytest", folder, f"--junitxml={junit}", *options)
    return Step(name, command, timeout_seconds, ENVIRONMENT, junit, debian_packages)


def unit() -> Step:
    """The unit tests, file by file on both cores; a third of the limit is enough for them alone."""
    both = ("--numprocesses=2", "--dist=loadfile")
    return pytest_step("unit", "tests/unit", 300, ("gettext-base",), both)


def lint() -> list[Step]:
    """All static checks, the longest first."""
    python_scripts = sorted(scripts("python"))
    mypy_paths = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
    shell_scripts = sorted({*scripts("sh"), *scripts("bash")})
    documents = (str(path) for path in ROOT.joinpath("doc").rglob("*.rst"))
    return [
        _lint(
            "ansible-lint", "ansible-lint", environment={"ANSIBLE_CONFIG": f"{ROOT}/ansible.cfg"}
        ),
        _lint("mypy", "mypy", *mypy_paths, *python_scripts),
        _lint("yamllint", "yamllint", "--strict", "."),
        _lint("ruff", "ruff", "check", ".", *python_scripts),
        _lint("ruff-format", "ruff", "format", "--check", ".", *python_scripts),
        _lint("rst", "rstcheck", "--report-level", "WARNING", "README.rst", *sorted(documents)),
        _lint("reno", "reno", "lint"),
        _lint(
            "imports",
            "lint-imports",
            *("--no-cache", "--no-logo"),
            environment={"PYTHONPATH": f"{ROOT}/extensions"},
        ),
        Step(
            "shellcheck",
            # SC2154: scripts of guests get variables from the programs that start them.
            ("shellcheck", "--severity=warning", "--exclude=SC2154", *shell_scripts),
            60,
            ENVIRONMENT,
            debian_packages=("shellcheck",),
        ),
    ]


def scripts(language: str) -> Iterator[str]:
    """Paths in the tree of executables without a suffix whose first line names the language."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        for name in names:
            path = Path(folder, name)
            if not path.suffix and os.access(path, os.X_OK) and _interpreter(path) == language:
                yield str(path.relative_to(ROOT))


def _interpreter(path: Path) -> str:
    """Name of the program in a file's first line (`python` for `python3`), or nothing."""
    with path.open("rb") as file:
        first = file.readline(200).decode(errors="replace")
    if not first.startswith("#!"):
        return ""
    return Path(first[2:].split()[-1]).name.rstrip("0123456789.")


def _lint(
    name: str, program: str, *arguments: str, environment: dict[str, str] | None = None
) -> Step:
    return Step(name, (str(BIN / program), *arguments), 150, {**ENVIRONMENT, **(environment or {})})
