"""What is installed with the program is what it needs, in the versions that are tested."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = {"schedules", "worker", "email_templates"}
UNIMPORTED = {"httptools", "psycopg", "redis", "tzdata", "uvloop"}
"""What other packages load by its name, and tables of time zones."""
OPTIONAL = {"playwright"}
"""Pictures of previews say how to get it."""
AS_IN_THE_IMAGE = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)

absent = set(sys.argv[1].split())
sys.meta_path.insert(0, Absent())
own = [each.name for each in pkgutil.walk_packages(["worker"], "worker.") if ".migrations" not in each.name]
for name in own + sys.argv[2:]:
    importlib.import_module(name)
"""
"""Loads the whole program with what stands in its first argument missing."""
LOADED_BY_NAME = ("kombu.transport.redis", "kombu.transport.pyamqp", "sqlalchemy.dialects.postgresql.psycopg")


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _imported() -> set[str]:
    """Packages that the program imports, by the names that they are installed by."""
    modules: set[str] = set()
    for folder in ("schedules", "worker"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {each.name.partition(".")[0] for each in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    modules.add(node.module.partition(".")[0])
    installed = packages_distributions()
    return {_name(installed[module][0]) for module in modules - sys.stdlib_module_names - OURS}


def test_what_is_imported_is_declared_and_what_is_declared_is_needed() -> None:
    declared = {_name(each) for each in PROJECT["project"]["dependencies"]}
    assert _imported() - OPTIONAL == declared - UNIMPORTED
    assert declared >= UNIMPORTED


def _image() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split()[0].split("==") for line in lines if "==" in line and not line.startswith((" ", "#")))


def test_the_image_gets_every_dependency_in_the_version_that_is_tested() -> None:
    """`uv pip compile pyproject.toml --universal --generate-hashes --no-header -o requirements.txt` writes it anew."""
    pinned = dict(each.split("==") for each in PROJECT["tool"]["uv"]["constraint-dependencies"])
    image = _image()
    assert {_name(each) for each in PROJECT["project"]["dependencies"]} <= image.keys()
    assert {name: version for name, version in image.items() if pinned.get(name, version) != version} == {}


def test_everything_loads_from_what_the_image_gets_with_the_clients_of_both_brokers() -> None:
    there = _image().keys() | {"postpurchase"}
    absent = [module for module, owners in packages_distributions().items() if there.isdisjoint(map(_name, owners))]
    command = [sys.executable, "-c", AS_IN_THE_IMAGE, " ".join(absent), *LOADED_BY_NAME]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
