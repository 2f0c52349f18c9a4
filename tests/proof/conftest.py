"""Installations under proof for the short form, in both modes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.proof.site import Site, site
from tests.support.disks import NoDiskError, small_disk
from tests.support.servers import fresh_postgres_database, make_durable, postgres_on

MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeSite]:
    """`make_site("embedded")` or `make_site("distributed")`, with bugs planted if named."""
    with ExitStack() as stack:

        def make(mode: str, *plants: str, is_on_small_disk: bool = False) -> Site:
            url = None
            if mode == "distributed":
                usual = nullcontext(request.getfixturevalue("postgres_url"))
                server = stack.enter_context(small_postgres() if is_on_small_disk else usual)
                url = stack.enter_context(fresh_postgres_database(server))
                make_durable(url)
            folder = Path(mkdtemp(dir=tmp_path))
            return stack.enter_context(site(mode, folder, database_url=url, plants=plants))

        yield make


@contextmanager
def small_postgres() -> Iterator[str]:
    """A PostgreSQL server on a disk that may be filled; where there is none the test is skipped."""
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk())
        except NoDiskError as error:
            pytest.skip(str(error))
        yield stack.enter_context(postgres_on(disk))
