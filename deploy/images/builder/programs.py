"""Copies programs with the shared libraries they are linked with."""

from deploy.images.builder import archive
from deploy.images.builder.archive import Entry
from deploy.images.builder.command import Runner
from deploy.images.builder.errors import DefinitionInvalid
from deploy.images.builder.trees import BootTree


def entries(runner: Runner, tree: BootTree, names: tuple[str, ...]) -> list[Entry]:
    """The programs (paths in the tree) in bin, their libraries and the dynamic loader in lib.

    :raises DefinitionInvalid: the tree has no such program.
    """
    result = []
    for name in names:
        path = tree.root / name.lstrip("/")
        if not path.is_file():
            raise DefinitionInvalid(
                f"the image names the program {name}, which none of its boot_packages brings;"
                " correct one or the other"
            )
        result.append(archive.file(f"bin/{path.name}", path.read_bytes(), executable=True))
        for library in tree.libraries(runner, name):
            result.append(
                archive.file(f"lib/{library.name}", library.read_bytes(), executable=True)
            )
    return result
