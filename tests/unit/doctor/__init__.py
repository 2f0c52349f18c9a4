"""Checks that need no database."""
