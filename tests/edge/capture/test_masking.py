import pytest

from edge.capture.masking import masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:pa55@10.0.0.5:554/live", "rtsp://admin:***@10.0.0.5:554/live"),
        ("rtsp://admin:p@ss:w0rd@cam/live", "rtsp://admin:***@cam/live"),
        ("rtsp://:pa55@cam/live", "rtsp://:***@cam/live"),
        ("rtsps://u:p@[::1]/x?token=abc&channel=1", "rtsps://u:***@[::1]/x?token=***&channel=1"),
        ("rtsp://cam/user=admin&password=pa55&channel=1", "rtsp://cam/user=admin&password=***&channel=1"),
        ("rtsp://cam/user=admin_password=pa55_channel=1", "rtsp://cam/user=admin_password=***_channel=1"),
        ("rtsp://cam/live?Pwd=pa55", "rtsp://cam/live?Pwd=***"),
        ("cannot open rtsp://a:b@c/d: refused", "cannot open rtsp://a:***@c/d: refused"),
    ],
)
def test_no_password_is_ever_shown(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize("address", ["rtsp://10.0.0.5/live", "rtsp://admin@cam/live", "/data/clip.mp4", "a: b@c"])
def test_addresses_without_a_password_stay_as_they_are(address: str) -> None:
    assert masked(address) == address
