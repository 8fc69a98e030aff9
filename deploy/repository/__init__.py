"""The signed package repository that the deploy host makes once and serves."""
