"""What all applications of the tree need that the lab does not have by itself: their images."""

from __future__ import annotations

import pytest

from tests.support import application_images
from tests.support.lab import Lab


@pytest.fixture(scope="session", autouse=True)
def images(lab: Lab) -> None:
    """Build the images of all applications from the lab's repository and upload them."""
    application_images.provide(lab)
