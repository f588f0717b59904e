"""A box that the centre knows, and the centre: of most tests here. Who needs another one says so in its own file."""

import pytest

from tests.central.boxes import Centre, SigningBox


@pytest.fixture
def box() -> SigningBox:
    return SigningBox()


@pytest.fixture
def centre(database_url: str, box: SigningBox) -> Centre:
    return Centre.make(database_url, box)
