"""Images that others can see."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Image
from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, hole


def shared(facts: Facts) -> Iterator[Hole]:
    """Find images of a bureau whose members are projects of others."""
    for image, code in _of_bureaus(facts):
        others = [one for one in image.members if facts.bureau_of(one) != code]
        if image.visibility == "shared" and others:
            names = [facts.bureau_of(one) or one for one in others]
            yield hole(
                naming.named("image", image.id, image.name),
                (code, *map(facts.bureau_of, others)),
                f"The image of {code} is shared with {', '.join(names)}.",
                f"{code} 的镜像共享给了 {'、'.join(names)}。",
            )


def community(facts: Facts) -> Iterator[Hole]:
    """Find images of a bureau that everybody can use who knows the id."""
    for image, code in _of_bureaus(facts):
        if image.visibility == "community":
            yield hole(
                naming.named("image", image.id, image.name),
                (code,),
                f"The image of {code} is a community image: every bureau can use it.",
                f"{code} 的镜像是社区镜像，所有单位可用。",
            )


def public(facts: Facts) -> Iterator[Hole]:
    """Find images of a bureau that everybody is offered."""
    for image, code in _of_bureaus(facts):
        if image.visibility == "public":
            yield hole(
                naming.named("image", image.id, image.name),
                (code,),
                f"The image of {code} is public.",
                f"{code} 的镜像是公共镜像。",
            )


def _of_bureaus(facts: Facts) -> Iterator[tuple[Image, str]]:
    for image in facts.exposure.images:
        if code := facts.bureau_of(image.owner):
            yield image, code


_DATA = Text(
    "An image may hold data and passwords, and a foreign one may hold a back door.",
    "镜像中可能有数据和口令；他人的镜像也可能被植入后门。",
)

CHECKS = (
    Check(
        "G01",
        Severity.HIGH,
        Text("An image is shared with another bureau", "镜像共享给其他单位"),
        _DATA,
        Text(
            "End it by `openstack image remove project`.",
            "用 openstack image remove project 取消共享。",
        ),
        shared,
    ),
    Check(
        "G02",
        Severity.HIGH,
        Text("A bureau's image is a community image", "单位的社区镜像"),
        _DATA,
        Text("`openstack image set --private`.", "openstack image set --private。"),
        community,
    ),
    Check(
        "G03",
        Severity.HIGH,
        Text("A bureau's image is public", "单位的公共镜像"),
        _DATA,
        Text("`openstack image set --private`.", "openstack image set --private。"),
        public,
    ),
)
