"""An image's file is refused for whatever the builder would not understand."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.images.builder.definition import load, parse
from deploy.images.builder.errors import DefinitionInvalid

IMAGES = Path(__file__).resolve().parents[3] / "deploy" / "images"
PROBE = IMAGES / "probe.yml"


def changed(*keys: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(yaml.safe_load(PROBE.read_text(encoding="utf-8")))
    place = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    result: dict[str, Any] = document
    return result


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*.yml")), ids=lambda path: path.stem)
def test_our_images_are_valid(path: Path) -> None:
    image = load(path)
    assert image.name == path.stem
    assert set(image.boot_packages) <= set(image.packages)
    assert "console=ttyS0" in image.properties["os_command_line"]


def test_the_kernel_is_not_installed_on_the_disk() -> None:
    packages = load(IMAGES / "debian.yml").disk_packages
    assert "linux-image-cloud-amd64" not in packages
    assert "cloud-init" in packages


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("name",), "other", "expected the file's name 'probe'"),
        (("kind",), "floppy", "expected one of initramfs, disk"),
        (("packages",), None, "lacks the key 'packages'"),
        (("packages",), "curl", "expected a value of type list"),
        (("packages",), ["curl", "curl"], "names something twice"),
        (("packages",), [1], "not a string"),
        (("boot_packages",), ["nano"], "absent from 'packages'"),
        (("colour",), "red", "unknown keys: colour"),
        (("disk", "sise_mib"), 3, "disk has unknown keys: sise_mib"),
        (("disk", "size_mib"), 0, "expected a number above 0"),
        (("disk", "size_mib"), True, "expected a value of type int"),
        (("disk", "size_mib"), 4096, "smaller than the disk's size_mib"),
        (("disk", "uuid"), "no", "expected a UUID"),
        (("disk", "label"), "seventeen-letters", "16 bytes"),
        (("disk", "files"), ["files/absent"], "not a directory"),
        (("properties", "os_version"), 13, "so quote it"),
        (("initramfs",), [], "expected a value of type dict"),
    ],
)
def test_a_wrong_file_is_refused(keys: tuple[str, ...], value: Any, message: str) -> None:
    with pytest.raises(DefinitionInvalid, match=message) as caught:
        parse(PROBE, changed(*keys, value=value))
    assert str(PROBE) in str(caught.value)


def test_an_unknown_image_names_those_there_are() -> None:
    with pytest.raises(DefinitionInvalid, match=r"known images: .*debian, .*probe"):
        load(IMAGES / "prbe.yml")


def built_on(tmp_path: Path, **changes: Any) -> Path:
    """Write the image `probe` and one that is built on it; return the latter's path."""
    shutil.copytree(IMAGES / "files", tmp_path / "files", symlinks=True)
    shutil.copy(PROBE, tmp_path)
    (tmp_path / "files/more").mkdir()
    document = {"name": "more", "base": "probe", "packages": ["nano"], "min_ram_mib": 999}
    document["disk"] = {"files": ["files/more"], "commands": ["more"]}
    path = tmp_path / "more.yml"
    path.write_text(yaml.safe_dump({**document, **changes}))
    return path


def test_an_image_is_its_base_and_more(tmp_path: Path) -> None:
    probe, more = load(PROBE), load(built_on(tmp_path))
    assert more.packages == (*probe.packages, "nano")
    assert [one.name for one in more.disk.files] == ["disk", "more"]
    assert more.disk.commands == (*probe.disk.commands, "more")
    assert (more.name, more.kind, more.min_ram_mib) == ("more", probe.kind, 999)
    assert more.properties == probe.properties and more.initramfs.modules == probe.initramfs.modules
    assert [one.name for one in more.paths] == ["probe.yml", "more.yml"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": "absent"}, "there is no image 'absent'"),
        ({"base": "more"}, "built on itself by way of more.yml"),
        ({"packages": ["kmod"]}, "names something twice"),
        ({"disk": []}, "expected a value of type dict"),
    ],
)
def test_a_wrong_base_is_refused(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(DefinitionInvalid, match=message):
        load(built_on(tmp_path, **changes))


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "probe.yml"
    path.write_text("name: [probe", encoding="utf-8")
    with pytest.raises(DefinitionInvalid, match="not YAML"):
        load(path)
