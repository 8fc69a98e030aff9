"""The application that the lab delivers in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.hardware import application, images, register
from deploy.hardware.errors import LabError
from deploy.hardware.layout import Layout
from tests.runner.paths import ROOT


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tree=ROOT, cache=tmp_path / "cache", state=tmp_path / "lab", suffix="-t")


def test_applications_are_those_of_the_tree_and_none(layout: Layout) -> None:
    assert application.DEFAULT in application.names(layout)
    for name in (*application.names(layout), application.NONE):
        assert application.find(layout, name) == name
    with pytest.raises(LabError, match=r"--app nothing: there are .*server"):
        application.find(layout, "nothing")


def test_a_lab_has_the_images_of_its_application(layout: Layout) -> None:
    assert images.names(layout, application.NONE) == ["probe", "debian"]
    assert images.names(layout, "server") == ["probe", "debian"]
    assert images.names(layout, "base-database") == ["probe", "debian", "database"]
    for name in application.names(layout):
        for image in images.names(layout, name):
            assert (ROOT / f"deploy/images/{image}.yml").is_file()


@pytest.mark.parametrize("path", sorted(ROOT.glob("deploy/register/*.yaml")), ids=lambda p: p.stem)
def test_every_register_has_a_system_with_room(path: Path) -> None:
    bureau, system = register.some_tenant(path)
    assert bureau.kind == "bureau" and system in bureau.systems
    assert system.allotment.disk_gib >= register.SERVER_DISK_GIB
    assert system.security_class == register.ORDINARY_CLASS


def test_a_register_without_room_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "SERVER_DISK_GIB", 30)
    bureau, system = register.some_tenant(ROOT / "deploy/register/two-bureaus.yaml")
    assert (bureau.short, system.code) == ("mzj", "oa")
    monkeypatch.setattr(register, "SERVER_DISK_GIB", 41)
    with pytest.raises(LabError, match="--app none"):
        register.some_tenant(ROOT / "deploy/register/two-bureaus.yaml")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ('server: create\n{\n  "a": {"b": 1}\n}\n', {"a": {"b": 1}}),
        ('{"a": 1}\nsome warning\n', {"a": 1}),
        ("The project has no copy 'x'\n", {}),
        ("", {}),
    ],
)
def test_the_answer_is_found_behind_progress(said: str, answer: dict[str, object]) -> None:
    assert application._answer(said) == answer


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("ssh debian@10.0.0.9", "ssh debian@10.0.0.9 -i /key"),
        ("https://10.0.0.9/", "https://10.0.0.9/"),
    ],
)
def test_the_labs_key_is_named_where_it_opens_the_door(words: str, way: str) -> None:
    assert application.access({"access": words}, Path("/key")) == way


def test_the_line_says_where_and_how_long() -> None:
    words = ("application", "address", "bureau", "by", "seconds", "access")
    text = application.line(dict(zip(words, "abcdef", strict=True)))
    assert text == "a at b for c (by d, e); f"
