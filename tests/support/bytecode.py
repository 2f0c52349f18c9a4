"""Lets this run and its processes keep what Python compiled, also where PYTHONDONTWRITEBYTECODE forbids it.

Dozens of processes are started; compiling all it imports takes a process three times as long as starting.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
