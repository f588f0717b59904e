"""Every route of the OpenAPI document under nonsense: an answer below 500, always."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.central.boxes import SigningBox
from tests.central.serving import TUS, Serving, serving

ENDLESS = {"/api/events"}
SEGMENTS = ("0" * 64, "0" * 32, "01a2101b-b161-7f1d-8c11-a5d94d4780f1", "x", "%00", "..%2f..%2fetc%2fpasswd", "é" * 300)
QUERIES = (
    "",
    "?limit=-1",
    "?cursor=AAAA&text=%25%00&since=yesterday&state=none",
    "?limit=99999999999999999999&access=x",
)
BODIES = (
    b"",
    b"null",
    b"{}",
    b"\xff\xfe",
    b'{"decision": "confirmed", "version": -1, "seen_revision": 1e400}',
    b'{"decision": "rejected", "reason_code": "other", "note": "\\u0000", "version": 0, "seen_revision": 1}',
    b'{"decision": "inconclusive", "note": "", "version": 0, "seen_revision": 99999999999999999999}',
    b'{"name": "\\ud800"}',
    b"[" * 5000,
)
HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "application/json"},
    TUS | {"Upload-Length": "5", "Upload-Metadata": "sha256 !!!", "Upload-Offset": "x"},
    {"Cookie": "xunjian_reviewer=%FF%00; lang=zh", "Range": "bytes=5-1,x", "Accept-Language": ";;;"},
)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Serving]:
    box = SigningBox()
    with serving(tmp_path, box) as running:
        running.intake.take([box.report()])
        running.http.post("/api/reviewer", json={"name": "Li"})
        yield running


def requests(paths: dict[str, dict[str, Any]], known: str) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    for path, methods in paths.items():
        if path in ENDLESS:
            continue
        for method, number in zip(methods, itertools.count(), strict=False):
            for turn, segment in enumerate((*SEGMENTS, known)):
                filled = path.split("{")[0] + segment + path.split("}")[1] if "{" in path else path
                for body in BODIES if method in {"post", "patch", "put"} else (b"",):
                    yield method, filled + QUERIES[(turn + number) % len(QUERIES)], HEADERS[turn % len(HEADERS)], body


def test_nonsense_is_never_a_failure_of_the_centre(centre: Serving) -> None:
    paths = centre.http.get("/openapi.json").json()["paths"]
    known = centre.http.get("/api/incidents").json()["incidents"][0]["incident_id"]
    failed: dict[str, int] = {}
    count = 0
    for method, url, headers, body in requests(paths, known):
        status = centre.http.request(method, url, headers=headers, content=body).status_code
        count += 1
        if status >= 500:
            failed[f"{method} {url} {body[:60]!r}"] = status
    assert count > 200
    assert failed == {}
