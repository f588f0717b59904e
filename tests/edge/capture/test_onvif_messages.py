"""ONVIF messages as bytes: the examples of the specifications are understood, and what is broken is ValueError."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture import onvif_messages as messages

CREATED = datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC)
BODY = (
    '<?xml version="1.0"?><S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:t="http://www.onvif.org/ver10/schema"><S:Body>{}</S:Body></S:Envelope>'
)


def answer(body: str) -> bytes:
    return BODY.format(body).encode()


def test_the_digest_is_that_of_the_onvif_programmers_guide() -> None:
    """ONVIF Application Programmer's Guide 1.0, 6.1.1.3: its nonce, stamp, password and digest."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    header = messages.security("user", "userpassword", nonce, CREATED)
    assert ">tuOSpGlFlIXsozq4HFNeeGeFLEI=<" in header
    assert ">2010-09-16T07:50:45Z<" in header
    assert "userpassword" not in header


def test_names_are_escaped() -> None:
    root = messages.parsed(messages.envelope(messages.stream_uri_request('a<b&"c')))
    assert [one.text for one in root.iter() if one.tag.endswith("ProfileToken")] == ['a<b&"c']


def test_the_time_is_utc_of_the_camera() -> None:
    body = (
        "<t:UTCDateTime><t:Time><t:Hour>7</t:Hour><t:Minute>50</t:Minute><t:Second>45</t:Second></t:Time>"
        "<t:Date><t:Year>2010</t:Year><t:Month>9</t:Month><t:Day>16</t:Day></t:Date></t:UTCDateTime>"
    )
    assert messages.system_time(messages.parsed(answer(body))) == CREATED
    for wrong in (body.replace(">9<", ">13<"), body.replace(">7<", "><"), body.replace("UTCDateTime", "X")):
        with pytest.raises(ValueError, match=r"."):
            messages.system_time(messages.parsed(answer(wrong)))


@pytest.mark.parametrize(
    ("sizes", "main", "sub"),
    [
        ([(1920, 1080), (640, 360)], (1920, 1080), (640, 360)),
        ([(352, 288), (1280, 720), (3840, 2160)], (3840, 2160), (1280, 720)),
        ([(352, 288), (1920, 1080)], (1920, 1080), None),
        ([(1920, 1080), (1920, 1080)], (1920, 1080), None),
        ([(704, 576)], (704, 576), None),
    ],
)
def test_main_is_the_largest_and_sub_the_smallest_that_is_large_enough(
    sizes: list[tuple[int, int]], main: tuple[int, int], sub: tuple[int, int] | None
) -> None:
    body = "".join(
        f'<t:Profiles token="p{n}"><t:Name>n{n}</t:Name><t:VideoEncoderConfiguration><t:Encoding>H264</t:Encoding>'
        f"<t:Resolution><t:Width>{width}</t:Width><t:Height>{height}</t:Height></t:Resolution>"
        "</t:VideoEncoderConfiguration></t:Profiles>"
        for n, (width, height) in enumerate(sizes)
    )
    found = messages.profiles(messages.parsed(answer(body)))
    assert len(found) == len(sizes)
    picked_main, picked_sub = messages.main_and_sub(found)
    assert (picked_main.width, picked_main.height) == main
    assert (None if picked_sub is None else (picked_sub.width, picked_sub.height)) == sub


def test_a_fault_says_whether_the_login_was_refused() -> None:
    body = (
        "<S:Fault><S:Code><S:Value>S:Sender</S:Value><S:Subcode><S:Value>ter:{}</S:Value></S:Subcode></S:Code>"
        "<S:Reason><S:Text>said\x1b[31m\n so</S:Text></S:Reason></S:Fault>"
    ).replace("\x1b", "&#xA0;")
    refused = messages.fault_of(messages.parsed(answer(body.format("NotAuthorized"))))
    other = messages.fault_of(messages.parsed(answer(body.format("ActionNotSupported"))))
    assert refused is not None
    assert other is not None
    assert (refused.refused, other.refused) == (True, False)
    assert "\n" not in other.reason
    assert messages.fault_of(messages.parsed(answer("<t:Uri/>"))) is None


def test_only_a_camera_at_the_senders_own_address_is_believed() -> None:
    def match(types: str, addresses: str) -> bytes:
        return answer(f"<t:ProbeMatch><t:Types>{types}</t:Types><t:XAddrs>{addresses}</t:XAddrs></t:ProbeMatch>")

    camera = "http://10.0.0.8:8080/onvif/device_service"
    found = [
        messages.probe_match(messages.parsed(match(*one)), "10.0.0.8")
        for one in (
            ("dn:NetworkVideoTransmitter tds:Device", f"http://[fe80::1]/x http://10.0.0.9/x {camera}"),
            ("dn:NetworkVideoTransmitter", "http://10.0.0.9/x file:///etc/passwd"),
            ("wsdp:Printer", camera),
            ("dn:NetworkVideoTransmitter", ""),
        )
    ]
    assert found == [camera, None, None, None]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<?xml version="1.0" encoding="nothing"?><a/>',
        b"<a>" + b" " * messages.ANSWER_BYTES_MAX + b"</a>",
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^an answer "):
        messages.parsed(data)


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: answer(f"<t:Uri>{text}</t:Uri>")))
def test_whatever_comes_is_understood_or_refused(data: bytes) -> None:
    try:
        root = messages.parsed(data)
        messages.fault_of(root)
        messages.maker_and_model(root)
        messages.probe_match(root, "10.0.0.8")
        messages.stream_uri(root)
        messages.profiles(root)
    except ValueError:
        return
