"""Installations under proof for the short form, in both modes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.proof.site import Site, site
from tests.support.servers import fresh_postgres_database, make_durable

MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeSite]:
    """`make_site("embedded")` or `make_site("distributed")`, with bugs planted if named."""
    with ExitStack() as stack:

        def make(mode: str, *plants: str) -> Site:
            url = None
            if mode == "distributed":
                url = stack.enter_context(fresh_postgres_database(request.getfixturevalue("postgres_url")))
                make_durable(url)
            folder = Path(mkdtemp(dir=tmp_path))
            return stack.enter_context(site(mode, folder, database_url=url, plants=plants))

        yield make
