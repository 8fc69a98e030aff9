"""Images that others can see."""

from __future__ import annotations

from collections.abc import Iterator

from ouhai_cloud.cloud.exposure.model import Image
from ouhai_cloud.tenancy.audit import naming
from ouhai_cloud.tenancy.audit.facts import Facts
from ouhai_cloud.tenancy.audit.findings import Check, Hole, Severity, Text, hole


def shared(facts: Facts) -> Iterator[Hole]:
    """Find images of a bureau whose members are projects of others."""
    for image, code in _of_bureaus(facts):
        others = [one for one in image.members if facts.bureau_of(one) != code]
        if image.visibility == "shared" and others:
            names = [facts.bureau_of(one) or one for one in others]
            yield hole(
                naming.named("image", image.id, image.name),
                (code, *map(facts.bureau_of, others)),
                f"{code} 的镜像共享给了 {'、'.join(names)}。",
                f"The image of {code} is shared with {', '.join(names)}.",
            )


def community(facts: Facts) -> Iterator[Hole]:
    """Find images of a bureau that everybody can use who knows the id."""
    for image, code in _of_bureaus(facts):
        if image.visibility == "community":
            yield hole(
                naming.named("image", image.id, image.name),
                (code,),
                f"{code} 的镜像是社区镜像，所有单位可用。",
                f"The image of {code} is a community image: every bureau can use it.",
            )


def public(facts: Facts) -> Iterator[Hole]:
    """Find images of a bureau that everybody is offered."""
    for image, code in _of_bureaus(facts):
        if image.visibility == "public":
            yield hole(
                naming.named("image", image.id, image.name),
                (code,),
                f"{code} 的镜像是公共镜像。",
                f"The image of {code} is public.",
            )


def _of_bureaus(facts: Facts) -> Iterator[tuple[Image, str]]:
    for image in facts.exposure.images:
        if code := facts.bureau_of(image.owner):
            yield image, code


_DATA = Text(
    "镜像中可能有数据和口令；他人的镜像也可能被植入后门。",
    "An image may hold data and passwords, and a foreign one may hold a back door.",
)

CHECKS = (
    Check(
        "G01",
        Severity.HIGH,
        Text("镜像共享给其他单位", "An image is shared with another bureau"),
        _DATA,
        Text(
            "用 openstack image remove project 取消共享。",
            "End it by `openstack image remove project`.",
        ),
        shared,
    ),
    Check(
        "G02",
        Severity.HIGH,
        Text("单位的社区镜像", "A bureau's image is a community image"),
        _DATA,
        Text("openstack image set --private。", "`openstack image set --private`."),
        community,
    ),
    Check(
        "G03",
        Severity.HIGH,
        Text("单位的公共镜像", "A bureau's image is public"),
        _DATA,
        Text("openstack image set --private。", "`openstack image set --private`."),
        public,
    ),
)
