"""Drills: commands that bring a lab up, do to it what must not hurt, and look."""

import tests.support  # noqa: F401 (puts the collections on the path)
