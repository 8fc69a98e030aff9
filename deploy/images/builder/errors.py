"""The errors a build can end with.  Each text says what, where, why and what to do next."""


class ImageError(Exception):
    """An image cannot be built; the text is meant for the operator."""


class DefinitionInvalid(ImageError):
    """An image's YAML file says something that the builder does not understand."""


class SourceMissing(ImageError):
    """The package source cannot be read."""


class CommandFailed(ImageError):
    """A program that the build runs ended with an error."""
