"""Signing in: what does not fit looks alike, too many failures lock a name out, sessions and tokens end."""

from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from sqlalchemy import select

from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import SignInAttempt, User, WebSession
from planner.problems import Conflict, InvalidInput, NotSignedIn
from planner.services.users import (
    CreateUser,
    Role,
    create_user,
    end_sessions,
    grant_role,
    hash_that_fits,
    make_token,
    new_totp_secret,
    person_of,
    session_user,
    set_password,
    set_up_totp,
    sign_in,
    token_user,
)
from tests.planner.services.test_contacts import KEYS
from tests.studies import NOW, trial

EMAIL, PASSWORD = "somebody@example.org", "four words and more"
MOST = 3


def make(store: Store) -> int:
    command = CreateUser(email=EMAIL, name="Some Body (made up)", password=PASSWORD)
    return store.write(SYSTEM, NOW, lambda uow: create_user(uow, command).id)


def enter(store: Store, password: str = PASSWORD, code: str = "", email: str = EMAIL, later: float = 0) -> str | None:
    now = NOW + timedelta(minutes=later)
    fitting = store.read(lambda session: hash_that_fits(session, email, password))
    found = store.write(SYSTEM, now, lambda uow: sign_in(uow, KEYS, email, fitting, code, MOST))
    return found[1] if found else None


def test_who_knows_the_password_gets_a_session_that_ends(store: Store) -> None:
    make(store)
    secret = enter(store)
    assert secret is not None
    idle, longest = timedelta(minutes=30), timedelta(hours=12)
    with store.database.reading() as session:
        assert session_user(session, secret, NOW + timedelta(minutes=29), idle, longest) is not None
        assert session_user(session, secret, NOW + timedelta(minutes=31), idle, longest) is None
        assert session_user(session, secret, NOW + timedelta(hours=13), timedelta(days=1), longest) is None
        assert session_user(session, "another", NOW, idle, longest) is None
        assert secret not in {row.digest for row in session.scalars(select(WebSession))}


def test_a_password_that_was_changed_meanwhile_signs_nobody_in(store: Store) -> None:
    user_id = make(store)
    fitting = store.read(lambda session: hash_that_fits(session, EMAIL, PASSWORD))
    store.write(SYSTEM, NOW, lambda uow: set_password(uow, uow.session.get_one(User, user_id), "words of another day"))
    assert store.write(SYSTEM, NOW, lambda uow: sign_in(uow, KEYS, EMAIL, fitting, "", MOST)) is None
    assert enter(store, "words of another day") is not None


def test_a_wrong_password_and_a_name_that_is_none_look_alike(store: Store) -> None:
    make(store)
    assert enter(store, "something else") is None
    assert enter(store, email="nobody@example.org") is None


def test_too_many_failures_lock_the_name_out_for_a_while_whether_it_exists_or_not(store: Store) -> None:
    make(store)
    for email in (EMAIL, "nobody@example.org"):
        for _ in range(MOST):
            assert enter(store, "something else", email=email) is None
        with pytest.raises(NotSignedIn):
            enter(store, email=email)
    assert enter(store, later=16) is not None
    with store.database.reading() as session:
        assert EMAIL not in {row.who for row in session.scalars(select(SignInAttempt))}


def test_a_one_time_code_is_asked_for_once_set_up_and_taken_only_once(store: Store) -> None:
    user = make(store)
    secret = new_totp_secret()
    code = pyotp.TOTP(secret).at(NOW)
    store.write(SYSTEM, NOW, lambda uow: set_up_totp(uow, KEYS, uow.session.get_one(User, user), secret, code))
    assert enter(store) is None
    assert enter(store, code=code) is None  # it was used to set them up
    code = pyotp.TOTP(secret).at(NOW + timedelta(minutes=1))
    assert enter(store, code=code, later=1) is not None
    assert enter(store, code=code, later=1) is None
    assert enter(store, code=pyotp.TOTP(secret).at(NOW + timedelta(minutes=2)), later=2) is not None


def test_another_password_ends_all_sessions(store: Store) -> None:
    user = make(store)
    secret = enter(store)
    store.write(SYSTEM, NOW, lambda uow: set_password(uow, uow.session.get_one(User, user), "quite another one"))
    assert secret is not None
    with store.database.reading() as session:
        assert session_user(session, secret, NOW, timedelta(hours=1), timedelta(hours=1)) is None
    assert enter(store) is None
    assert enter(store, "quite another one") is not None


def test_signing_out_ends_that_session_alone(store: Store) -> None:
    user = make(store)
    one, other = enter(store), enter(store)
    assert one is not None
    assert other is not None
    store.write(SYSTEM, NOW, lambda uow: end_sessions(uow, uow.session.get_one(User, user), one))
    with store.database.reading() as session:
        hour = timedelta(hours=1)
        assert session_user(session, one, NOW, hour, hour) is None
        assert session_user(session, other, NOW, hour, hour) is not None


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 1_001])
def test_a_password_is_judged_by_its_length_and_by_being_more_than_one_letter(store: Store, password: str) -> None:
    command = CreateUser(email=EMAIL, name="Some Body", password=password)
    with pytest.raises(InvalidInput):
        store.write(SYSTEM, NOW, lambda uow: create_user(uow, command))


def test_two_people_do_not_sign_in_with_one_address(store: Store) -> None:
    make(store)
    with pytest.raises(Conflict):
        make(store)


def test_a_token_acts_as_its_user_until_it_expires_or_the_user_is_disabled(store: Store) -> None:
    user = make(store)

    def work(uow: UnitOfWork) -> str:
        return make_token(uow, uow.session.get_one(User, user), "a script", ("facts:write",), days=1)

    secret = store.write(SYSTEM, NOW, work)
    with store.database.reading() as session:
        found = token_user(session, secret, NOW)
        assert found is not None
        assert found[1].scopes == ["facts:write"]
        assert token_user(session, secret, NOW + timedelta(days=2)) is None
    store.write(SYSTEM, NOW, lambda uow: setattr(uow.session.get_one(User, user), "disabled_at", NOW))
    with store.database.reading() as session:
        assert token_user(session, secret, NOW) is None


def test_a_role_holds_where_it_was_given(store: Store) -> None:
    trial(store)
    user = make(store)

    def work(uow: UnitOfWork) -> None:
        grant_role(uow, uow.session.get_one(User, user), Role.COORDINATOR, site_id=1)

    store.write(SYSTEM, NOW, work)
    with store.database.reading() as session:
        person = person_of(session, session.get_one(User, user))
    scope = person.may_as(Role.COORDINATOR, Role.MONITOR)
    assert scope.covers(1, 1)
    assert not scope.covers(1, 2)
    assert not person.may_as(Role.ADMINISTRATOR).covers(1)


def test_a_password_costs_whoever_guesses_it_no_less_than_is_advised(real_hasher: PasswordHasher) -> None:
    made = extract_parameters(real_hasher.hash(PASSWORD))
    assert made.type is Type.ID
    assert made.memory_cost >= 19 * 1024, "OWASP's least for argon2id is 19 MiB"
    assert made.time_cost >= 2
