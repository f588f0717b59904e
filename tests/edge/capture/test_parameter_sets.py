from edge.capture.parameter_sets import is_annex_b, nal_units, parameter_sets

SPS, PPS, SLICE, DELIMITER = b"\x67\x42\x01", b"\x68\xce", b"\x65\x88\x84", b"\x09\x10"
START = b"\x00\x00\x00\x01"


def test_units_are_divided_by_start_codes_of_three_and_of_four_bytes() -> None:
    assert list(nal_units(START + SPS + b"\x00\x00\x01" + PPS + START + SLICE)) == [SPS, PPS, SLICE]
    assert list(nal_units(b"")) == []


def test_the_sets_of_a_keyframe_are_found_before_its_picture() -> None:
    keyframe = START + DELIMITER + START + SPS + START + PPS + b"\x00\x00\x01" + SLICE
    assert parameter_sets("h264", keyframe) == START + SPS + START + PPS
    assert parameter_sets("h264", START + SLICE + START + SPS) is None


def test_h265_numbers_its_units_otherwise() -> None:
    vps, sps, pps, idr = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc0", b"\x26\x01\xaf"
    assert parameter_sets("hevc", b"".join(START + unit for unit in (vps, sps, pps, idr))) == b"".join(
        START + unit for unit in (vps, sps, pps)
    )


def test_other_codecs_have_none() -> None:
    assert parameter_sets("mjpeg", START + SPS) is None


def test_the_description_tells_how_units_are_divided() -> None:
    assert is_annex_b(None)
    assert is_annex_b(START + SPS)
    assert not is_annex_b(b"\x01\x64\x00\x1f")
