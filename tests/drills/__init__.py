"""Drills: commands that bring a lab up, do to it what must not hurt, and look."""
