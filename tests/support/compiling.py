"""Loaded first by the fork server: what it compiles is kept for the next one, whatever our own Python was told."""

import sys

sys.dont_write_bytecode = False
