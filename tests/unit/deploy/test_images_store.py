"""Builds appear whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy.images.builder.definition import load
from deploy.images.builder.errors import ImageError
from deploy.images.builder.source import Source
from deploy.images.builder.store import Store, content_hash

IMAGES = Path(__file__).resolve().parents[3] / "deploy" / "images"
SOURCE = Source(("deb x",), "snapshot", 1, "identity")


def finish(store: Store, key: str) -> None:
    with store.building() as work:
        result = work / "result"
        result.mkdir()
        (result / "manifest.json").write_text("{}", encoding="utf-8")
        store.publish(result, key)


def test_a_finished_build_is_current(tmp_path: Path) -> None:
    store = Store(tmp_path, "probe")
    assert not store.finished("a")
    finish(store, "a")
    assert store.finished("a")
    assert (tmp_path / "probe/current/manifest.json").is_file()
    assert not list(store.folder.glob(".building-*"))


def test_the_build_before_is_kept_and_older_ones_go(tmp_path: Path) -> None:
    store = Store(tmp_path, "probe")
    for key in ("a", "b", "c"):
        finish(store, key)
    assert {path.parent.name for path in store.folder.glob("?/manifest.json")} == {"b", "c"}


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path, "probe")
    with pytest.raises(RuntimeError), store.building() as work:
        (work / "half").write_bytes(b"")
        raise RuntimeError
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path, "probe")
    (store.folder / ".building-dead" / "boot").mkdir(parents=True)
    with store.building() as work:
        assert list(store.folder.glob(".building-*")) == [work]


def test_one_build_of_an_image_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path, "probe")
    with (
        store.building(),
        pytest.raises(ImageError, match="under way"),
        Store(tmp_path, "probe").building(),
    ):
        pass


def test_the_hash_covers_definition_files_and_source(tmp_path: Path) -> None:
    shutil.copytree(IMAGES / "files", tmp_path / "files", symlinks=True)
    path = Path(shutil.copy(IMAGES / "probe.yml", tmp_path))
    first = content_hash(load(path), SOURCE)
    assert content_hash(load(IMAGES / "probe.yml"), SOURCE) == first
    assert content_hash(load(path), Source(("deb x",), "snapshot", 1, "other")) != first
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    second = content_hash(load(path), SOURCE)
    assert second != first
    (tmp_path / "files/probe/disk/mark").write_text("x\n", encoding="utf-8")
    assert content_hash(load(path), SOURCE) != second
