from datetime import timedelta

import pytest

from central.audit.access import GRANT_LASTS
from central.audit.reviewer import Reviewer
from central.audit.service import granted, open_access, register_of, register_view
from central.audit.tables import Access
from central.database.engine import Database
from tests.central.boxes import NOW

LIN = Reviewer("Lin")


@pytest.fixture
def database(database_url: str) -> Database:
    database = Database.open(database_url)
    database.migrate()
    return database


def test_a_token_opens_its_incident_for_a_quarter_of_an_hour(database: Database) -> None:
    with database.writing() as session:
        token, grant = open_access(session, "incident-1", LIN, "review", NOW)
    assert grant.expires_at == NOW + GRANT_LASTS
    with database.reading() as session:
        found = granted(session, token, NOW + GRANT_LASTS - timedelta(seconds=1))
        assert found == grant
        assert granted(session, token, NOW + GRANT_LASTS) is None
        assert granted(session, token + "x", NOW) is None


def test_only_the_hash_of_a_token_is_kept(database: Database) -> None:
    with database.writing() as session:
        token, _ = open_access(session, "incident-1", LIN, "review", NOW)
        kept = [str(vars(entry)) for entry in session.query(Access)]
    assert token not in "".join(kept)


def test_each_look_is_an_entry_with_name_reason_and_file(database: Database) -> None:
    with database.writing() as session:
        _, grant = open_access(session, "incident-1", LIN, "other: court request", NOW)
        register_view(session, grant, "a" * 64, NOW + timedelta(seconds=1))
        open_access(session, "incident-2", Reviewer("Wu"), "review", NOW)
    with database.reading() as session:
        seen = register_of(session, "incident-1")
        assert len(register_of(session)) == 3
        assert len(register_of(session, limit=1)) == 1
    assert [(entry.action, entry.reviewer, entry.reason, entry.sha256) for entry in seen] == [
        ("view", "Lin", "other: court request", "a" * 64),
        ("grant", "Lin", "other: court request", None),
    ]
    assert {entry.authority for entry in seen} == {"unauthenticated"}
