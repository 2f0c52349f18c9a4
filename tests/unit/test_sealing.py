"""Secrets at rest."""

import pytest

from worker.errors import SettingsError
from worker.sealing import Sealer


def test_what_was_sealed_opens_again() -> None:
    sealer = Sealer(["a long key"])
    assert sealer.open(sealer.seal("shhh é")) == "shhh é"


def test_sealed_text_does_not_show_the_secret() -> None:
    assert "shhh" not in Sealer(["a long key"]).seal("shhh")


def test_a_secret_sealed_before_a_rotation_stays_readable() -> None:
    sealed = Sealer(["old"]).seal("shhh")
    assert Sealer(["new", "old"]).open(sealed) == "shhh"


def test_new_secrets_are_sealed_with_the_newest_key() -> None:
    sealed = Sealer(["new", "old"]).seal("shhh")
    assert Sealer(["new"]).open(sealed) == "shhh"


def test_a_secret_sealed_with_a_lost_key_says_what_to_do() -> None:
    sealed = Sealer(["lost"]).seal("shhh")
    with pytest.raises(SettingsError, match="POSTPURCHASE_SECRET_KEY"):
        Sealer(["new"]).open(sealed)


def test_resealing_lets_the_old_key_go_and_leaves_the_newest_alone() -> None:
    both = Sealer(["new", "old"])
    moved = both.reseal(Sealer(["old"]).seal("shhh"))
    assert Sealer(["new"]).open(moved) == "shhh"
    assert both.reseal(moved) == moved


def test_a_sealer_says_whether_it_opens_something() -> None:
    sealed = Sealer(["old"]).seal("shhh")
    assert (Sealer(["new", "old"]).opens(sealed), Sealer(["new"]).opens(sealed)) == (True, False)
