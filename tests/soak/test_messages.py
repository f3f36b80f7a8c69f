"""Workers are killed and frozen while they send: the provider has each message once."""

import pytest

from tests.soak.messages import run


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_killed_and_frozen_workers_lose_no_message_and_send_none_twice(database_url: str, how: str) -> None:
    result = run(database_url, database_url.partition(":")[0], how, messages=120, seed=1)
    assert result.is_right, result.line()


@pytest.mark.soak
@pytest.mark.parametrize(("how", "messages"), [("killed", 2000), ("frozen", 500)])
def test_thousands_of_messages_through_killed_and_frozen_workers(database_url: str, how: str, messages: int) -> None:
    result = run(database_url, database_url.partition(":")[0], how, messages, seed=2)
    assert result.is_right, result.line()
