"""Copies programs with the shared libraries they are linked with."""

from image_builder import archive
from image_builder.archive import Entry
from image_builder.command import Runner
from image_builder.errors import DefinitionInvalid
from image_builder.trees import BootTree


def entries(runner: Runner, tree: BootTree, names: tuple[str, ...]) -> list[Entry]:
    """The programs (paths in the tree) as files in bin, their libraries and the dynamic loader in lib.

    :raises DefinitionInvalid: the tree has no such program.
    """
    result = []
    for name in names:
        path = tree.root / name.lstrip("/")
        if not path.is_file():
            raise DefinitionInvalid(
                f"the image names the program {name}, which none of its boot_packages brings; correct one or the other"
            )
        result.append(archive.file(f"bin/{path.name}", path.read_bytes(), executable=True))
        for library in tree.libraries(runner, name):
            result.append(archive.file(f"lib/{library.name}", library.read_bytes(), executable=True))
    return result
