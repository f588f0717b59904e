import pytest

from central.web.rule_trace import trace_lines
from central.web.wording import wording
from contract.incident_report import TraceStep


def words(step: TraceStep, language: str = "en") -> str:
    (line,) = trace_lines((step,), wording("en" if language == "en" else "zh-CN"))
    return line.words


def step(condition: str, value: float | str | bool, threshold: float | str | bool, unit: str) -> TraceStep:
    return TraceStep(condition=condition, value=value, threshold=threshold, unit=unit, holds=True)


@pytest.mark.parametrize(
    ("told", "english", "chinese"),
    [
        (step("dwell", 4.7, 3.0, "s"), "lasted 4.7 s (≥ 3 s)", "持续 4.7 秒（≥ 3 秒）"),
        (step("score", 0.823, 0.4, "probability"), "score 82% (≥ 40%)", "置信度 82%（≥ 40%）"),
        (
            step("score", 0.93, 0.0, "probability"),
            "score 93% (the rule sets no minimum)",
            "置信度 93%（规则未设下限）",
        ),
        (
            step("class", "car", "bus|car", "name"),
            "class: car (the rule asks for bus / car)",
            "类别：汽车（规则要求 公交车 / 汽车）",
        ),
        (step("count_in_zone", 14, 12, "tracks"), "in the zone: 14 (≥ 12)", "区域内目标 14 个（≥ 12 个）"),
    ],
)
def test_a_step_says_value_threshold_and_unit(told: TraceStep, english: str, chinese: str) -> None:
    assert words(told) == english
    assert words(told, "zh-CN") == chinese


def test_a_condition_that_this_software_does_not_know_is_still_told() -> None:
    assert words(step("glare", True, False, "lux")) == "glare: yes (threshold no)"
    assert words(step("glare", 3.25, 2.0, "lux")) == "glare: 3.25 lux (threshold 2 lux)"


def test_whether_each_step_holds_is_kept() -> None:
    fails = TraceStep(condition="dwell", value=0.2, threshold=1.0, unit="s", holds=False)
    assert [line.holds for line in trace_lines((step("dwell", 2, 1, "s"), fails), wording("en"))] == [True, False]
