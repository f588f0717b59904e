import numpy as np
import pytest

from models.errors import ModelError
from models.vlm.sampling import Sampler, Sampling, softmax

LOGITS = np.log(np.array([0.1, 0.5, 0.25, 0.15], np.float32))


def drawn(sampling: Sampling, times: int = 2000) -> list[float]:
    sampler = Sampler(sampling)
    picks = np.array([sampler.pick(LOGITS) for _ in range(times)])
    return [float((picks == token).mean()) for token in range(4)]


def test_greedy_takes_the_likeliest_and_the_first_of_equals() -> None:
    assert drawn(Sampling(), 20) == [0, 1, 0, 0]
    assert Sampler().pick(np.zeros(4, np.float32)) == 0


def test_sampling_follows_the_probabilities() -> None:
    assert drawn(Sampling(temperature=1.0)) == pytest.approx([0.1, 0.5, 0.25, 0.15], abs=0.04)
    hot = np.sqrt([0.1, 0.5, 0.25, 0.15])
    assert drawn(Sampling(temperature=2.0)) == pytest.approx(list(hot / hot.sum()), abs=0.04)


def test_top_k_and_top_p_leave_the_unlikely_out() -> None:
    assert drawn(Sampling(temperature=1.0, top_k=2)) == pytest.approx([0, 2 / 3, 1 / 3, 0], abs=0.04)
    assert drawn(Sampling(temperature=1.0, top_p=0.6)) == pytest.approx([0, 2 / 3, 1 / 3, 0], abs=0.04)
    assert drawn(Sampling(temperature=1.0, top_p=0.01)) == [0, 1, 0, 0]


def test_the_same_seed_gives_the_same_tokens_and_another_seed_others() -> None:
    def run(seed: int) -> list[int]:
        sampler = Sampler(Sampling(temperature=1.0, seed=seed))
        return [sampler.pick(LOGITS) for _ in range(50)]

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_what_is_forbidden_is_never_drawn() -> None:
    masked = LOGITS.copy()
    masked[1] = -np.inf
    sampler = Sampler(Sampling(temperature=5.0))
    assert 1 not in {sampler.pick(masked) for _ in range(500)}
    assert softmax(masked)[1] == 0


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_refused(broken: float) -> None:
    logits = LOGITS.copy()
    logits[2] = broken
    with pytest.raises(ModelError, match="not a number"):
        Sampler().pick(logits)
    with pytest.raises(ModelError, match="not a number"):
        Sampler().pick(np.full(4, -np.inf, np.float32))


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"top_p": 0}, {"top_p": 2}, {"top_k": -1}, {"seed": -1}])
def test_sampling_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="temperature from 0"):
        Sampling(**wrong)  # type: ignore[arg-type]
