"""Further versions of an application, made of one that the tree has."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.runner.paths import ROOT

SERVER = ROOT / "heat-templates/server/1"


def further_version(
    folder: Path, version: str, replace: dict[str, str] | None = None, source: Path = SERVER
) -> Path:
    """Write another version of an application and return its folder.

    :param folder: in which the application's folder is made.
    :param replace: what else is changed in its files, text by text; each must be there.
    """
    target = folder / source.parent.name / version
    shutil.copytree(source, target)
    tariff = source.parent.parent / "tariff.yaml"
    shutil.copy(tariff, folder / "tariff.yaml")
    missing = dict(replace or {})
    for file in (one for one in target.rglob("*") if one.is_file()):
        text = file.read_text(encoding="utf-8")
        for word in (f'version: "{source.name}"', f'value: "{source.name}"'):
            text = text.replace(word, word.replace(f'"{source.name}"', f'"{version}"'))
        for old, new in (replace or {}).items():
            if old in text:
                missing.pop(old, None)
                text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    if missing:
        raise ValueError(f"{source} has no {', '.join(missing)}")
    return target
