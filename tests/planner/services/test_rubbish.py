"""While very many objects are made Python looks for rings of them seldom, and afterwards as ever."""

from __future__ import annotations

import gc

import pytest

from planner.services.rubbish import looked_for_seldom


def test_it_is_looked_for_seldom_until_the_last_who_wants_that_is_done() -> None:
    usual = gc.get_threshold()
    with looked_for_seldom():
        seldom = gc.get_threshold()
        with looked_for_seldom():
            assert gc.get_threshold() == seldom
        assert gc.get_threshold() == seldom
    assert seldom > usual
    assert gc.get_threshold() == usual


def test_it_is_looked_for_as_ever_after_an_error() -> None:
    usual = gc.get_threshold()
    with pytest.raises(KeyError), looked_for_seldom():
        raise KeyError
    assert gc.get_threshold() == usual
