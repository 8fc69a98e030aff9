"""The package lists of the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.repository import wanted
from deploy.repository.errors import RepositoryError

TOP = Path(__file__).resolve().parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a small source tree."""
    for name, text in {
        wanted.BASE: "packages: [init, udev]",
        wanted.HOSTS: "host_packages: {all: [chrony], control: [haproxy], compute: [qemu-utils]}",
        wanted.SERVICES
        / "keystone.yml": "service: {name: keystone, packages: [keystone, haproxy]}",
        wanted.IMAGES / "probe.yml": "packages: [busybox-static]",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_lists_of_a_tree(tree: Path) -> None:
    lists = wanted.from_tree(tree)
    assert [part.packages for part in lists.base] == [("init", "udev"), ("chrony",)]
    assert [part.packages for part in lists.hosts] == [
        ("haproxy",),
        ("qemu-utils",),
        ("keystone", "haproxy"),
    ]
    assert [part.packages for part in lists.images] == [("busybox-static",)]


def test_an_image_needs_what_it_is_built_on_too(tree: Path) -> None:
    images = tree / wanted.IMAGES
    (images / "web.yml").write_text("{base: probe, packages: [nginx]}")
    (images / "portal.yml").write_text("{base: web, packages: [mariadb-server, nginx]}")
    assert {part.place: part.packages for part in wanted.from_tree(tree).images} == {
        "deploy/images/probe.yml": ("busybox-static",),
        "deploy/images/web.yml": ("busybox-static", "nginx"),
        "deploy/images/portal.yml": ("busybox-static", "nginx", "mariadb-server"),
    }


@pytest.mark.parametrize(
    ("base", "message"), [("absent", "there is no such image"), ("web", "is built on itself")]
)
def test_an_image_that_cannot_be_built_on_is_refused(tree: Path, base: str, message: str) -> None:
    (tree / wanted.IMAGES / "web.yml").write_text(f"{{base: {base}, packages: [nginx]}}")
    with pytest.raises(RepositoryError, match=message) as caught:
        wanted.from_tree(tree)
    assert "deploy/images/web.yml" in str(caught.value)


def test_every_place_of_a_package_is_known(tree: Path) -> None:
    assert wanted.from_tree(tree).places("haproxy") == [
        "playbooks/group_vars/all/packages.yml: host_packages.control",
        "deploy/services/keystone.yml",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packages: keystone", "list of package names"),
        ("other: []", "found nothing"),
        ("service: {name: keystone}", "found nothing"),
        ("service: keystone", "found str"),
        ("service: {packages: [1]}", "1 is no Debian package name"),
        ("service: {packages: [--option]}", "no Debian package name"),
        ("service: {packages: ['a=1.0']}", "no Debian package name"),
        ("service: {packages: ['{{ x }}']}", "no Debian package name"),
        ("packages: [", "not valid YAML"),
        ("- keystone", "mapping is expected"),
    ],
)
def test_a_faulty_file_is_named(tree: Path, text: str, message: str) -> None:
    (tree / "deploy/services/keystone.yml").write_text(text)
    with pytest.raises(RepositoryError) as caught:
        wanted.from_tree(tree)
    assert message in str(caught.value)
    assert "deploy/services/keystone.yml" in str(caught.value)


def test_a_missing_file_is_named(tree: Path) -> None:
    (tree / wanted.HOSTS).unlink()
    with pytest.raises(RepositoryError, match=r"packages\.yml: cannot read"):
        wanted.from_tree(tree)


def test_names_from_a_file(tree: Path) -> None:
    (tree / "names").write_text("haproxy chrony # not this\n\n# nor this\nhaproxy\n")
    lists = wanted.from_names(tree / "names", tree)
    assert lists.hosts[0].packages == ("haproxy", "chrony")
    assert lists.base[0].packages == ("init", "udev")


def test_further_files(tree: Path) -> None:
    more = tree / "more.yml"
    more.write_text("packages: [tempest]")
    lists = wanted.with_also(wanted.from_tree(tree), [more])
    assert lists.hosts[-1] == wanted.PackageList(str(more), ("tempest",))
    with pytest.raises(RepositoryError, match=r"absent\.yml: cannot read"):
        wanted.with_also(lists, [tree / "absent.yml"])


def test_the_base_of_this_tree_is_valid() -> None:
    assert "systemd-sysv" in wanted.from_names(Path("/dev/null"), TOP).base[0].packages
