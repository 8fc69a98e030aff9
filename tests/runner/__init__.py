"""What stands behind ``tests/run``: which checks there are, how they run, how they count."""
