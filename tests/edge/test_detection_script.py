import pytest

from edge.detection.script import ScriptError, parse_script

HEADER = '{"scripted": 1, "classes": ["person", "car"], "duration_s": 2.0, "fps": 10}'
PERSON = '{"class": "person", "score": 0.9, "box": [0.1, 0.2, 0.3, 0.6]}'


def script(*lines: str) -> str:
    return "\n".join([HEADER, *lines])


def test_the_newest_entry_at_or_before_a_frame_counts() -> None:
    read = parse_script(script(f'{{"t": 0.5, "detections": [{PERSON}]}}', '{"t": 0.6, "detections": []}'))
    assert len(read.at(0.4)) == 0
    assert read.at(0.5).boxes.tolist() == [pytest.approx([0.1, 0.2, 0.3, 0.6])]
    assert len(read.at(0.599)) == 0, "within the rounding of stream times it is the next entry"
    assert len(read.at(0.57)) == 1


def test_an_entry_older_than_one_interval_does_not_count() -> None:
    read = parse_script(script(f'{{"t": 0.5, "detections": [{PERSON}]}}'))
    assert len(read.at(0.59)) == 1
    assert len(read.at(0.7)) == 0


def test_a_looping_clip_reads_its_script_again() -> None:
    read = parse_script(script(f'{{"t": 0.5, "detections": [{PERSON}]}}'))
    assert len(read.at(4.5)) == 1
    assert len(read.at(5.0)) == 0


def test_a_time_just_under_the_entry_is_that_entry() -> None:
    read = parse_script(script(f'{{"t": 1.2, "detections": [{PERSON}]}}'))
    assert len(read.at(1.1999999)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: a script starts with"),
        ('{"classes": []}', "line 1: scripted is None"),
        ('{"scripted": 1, "classes": "person", "duration_s": 1, "fps": 1}', "line 1: classes"),
        ('{"scripted": 1, "classes": [], "duration_s": 0, "fps": 1}', "line 1: duration_s is 0"),
        (script("nonsense"), "line 2: not JSON"),
        (script("[]"), "line 2: expected a JSON object"),
        (script('{"t": 3, "detections": []}'), "line 2: t is 3"),
        (script('{"t": 1, "detections": []}', "", '{"t": 1, "detections": []}'), "line 4: t is 1, not after"),
        (script('{"t": 1, "detections": {}}'), "line 2: detections must be a list"),
        (script('{"t": 1, "detections": [{"class": "dog"}]}'), "line 2: class 'dog' is not in the header's classes"),
        (script('{"t": 1, "detections": [{"class": "car", "score": 2}]}'), "line 2: score is 2"),
        (
            script('{"t": 1, "detections": [{"class": "car", "score": 1, "box": [0, 0, 9, 9]}]}'),
            "relative to the frame",
        ),
        (script('{"t": 1, "detections": [{"class": "car", "score": 1, "box": [0.5, 0, 0.5, 1]}]}'), "is empty"),
    ],
)
def test_a_wrong_line_is_named_by_its_number(text: str, said: str) -> None:
    with pytest.raises(ScriptError) as raised:
        parse_script(text)
    assert said in str(raised.value)
