"""The Debian package of our extensions."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.repository import own, wanted
from deploy.repository.errors import RepositoryError
from deploy.repository.wanted import PackageList, Wanted
from tests.runner.paths import ROOT


def test_its_files_are_where_python_looks_with_their_entry_points(tmp_path: Path) -> None:
    ours = own.read(ROOT)
    package = own.build(ours, tmp_path)
    made = tmp_path / package.filename
    subprocess.run(("dpkg-deb", "-x", made, tmp_path / "x"), check=True)
    folder = tmp_path / "x" / own.FOLDER
    assert (folder / "ouhai_cloud/services/messaging.py").read_bytes() == (
        ROOT / "extensions/ouhai_cloud/services/messaging.py"
    ).read_bytes()
    (entry_points,) = folder.glob("ouhai_cloud-*.dist-info/entry_points.txt")
    assert (
        "ouhai-rabbit = ouhai_cloud.services.messaging:PromptRabbitDriver"
        in entry_points.read_text()
    )
    assert not list(folder.rglob("__pycache__"))
    assert package.size == made.stat().st_size


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    ours = own.read(ROOT)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert own.build(ours, tmp_path / "a") == own.build(ours, tmp_path / "b")


def test_another_content_is_another_version(tmp_path: Path) -> None:
    for folder in ("deploy/repository", "extensions/ouhai_cloud"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / own.RECORD).write_text("{name: python3-x, depends: [python3], description: x}")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = x\n")
    module = tmp_path / "extensions/ouhai_cloud/__init__.py"
    module.write_text('__version__ = "1.0"\n')
    first = own.read(tmp_path)
    module.write_text('__version__ = "1.0"\nMORE = 1\n')
    second = own.read(tmp_path)
    points = "[options.entry_points]\ngroup =\n    a = b:C\n"
    (tmp_path / "setup.cfg").write_text(f"[metadata]\nname = x\n{points}")
    third = own.read(tmp_path)
    assert len({first.version, second.version, third.version}) == 3
    assert first.version.startswith("1.0+")
    # Else stevedore goes on with the entry points of the version before.
    assert len({info_folder(first), info_folder(second), info_folder(third)}) == 3


def info_folder(ours: own.Own) -> str:
    (path,) = (path for path in ours.files if path.endswith("/entry_points.txt"))
    return path


def test_debian_is_asked_for_what_it_depends_on() -> None:
    ours = replace(own.read(ROOT), name="ours", depends=("python3",))
    lists = Wanted((PackageList("a", ("init",)),), (PackageList("b", ("ours", "haproxy")),), ())
    asked = own.without(lists, ours)
    assert asked.base == lists.base
    assert asked.hosts == (PackageList("b", ("haproxy", "python3")),)


def test_a_wrong_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deploy/repository").mkdir(parents=True)
    (tmp_path / own.RECORD).write_text("{depends: [python3]}")
    with pytest.raises(RepositoryError, match=r"own\.yml: name"):
        own.read(tmp_path)


def test_the_tree_names_it_for_every_host_that_speaks_to_rabbitmq() -> None:
    ours = own.read(ROOT).name
    places = wanted.from_tree(ROOT).places(ours)
    assert [place.rpartition(".")[2] for place in places] == ["control", "compute"]
