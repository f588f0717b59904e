"""A scenario: who moves where and when, what they wear, the light and the weather, and the rules it is told for."""

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Literal, get_args

from models.errors import ScenarioError
from models.synthetic.actor import Actor
from models.synthetic.rule_words import GroundLine, GroundZone, RuleWords

SHIPPED = FilePath(__file__).parent / "scenarios"
Place = Literal["yard", "street", "shop", "site"]
Daylight = Literal["day", "dusk", "night"]
Weather = Literal["clear", "rain", "fog"]
PLACES: tuple[Place, ...] = get_args(Place)
DAYLIGHTS: tuple[Daylight, ...] = get_args(Daylight)
WEATHERS: tuple[Weather, ...] = get_args(Weather)


@dataclass(frozen=True, slots=True)
class Sky:
    """light and weather of the scene. lamps: `[x, z]` metres of street lamps, which shine at dusk and at night."""

    light: Daylight = "day"
    weather: Weather = "clear"
    lamps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """What the camera does to the picture. shake: its amplitude as a share of the picture's width. noise: sigma of the
    sensor's noise in grey levels. crf: of H.264; more is coarser. exposure_s: the shutter, which blurs what moves.
    """

    shake: float = 0.0
    noise: float = 2.5
    crf: int = 24
    exposure_s: float = 0.02


@dataclass(frozen=True, slots=True)
class Variation:
    """How far a seed other than 0 may go. shift_m: places; start_s: when an actor comes; size: a share; colours: of
    those that the file does not name. lights, weathers: one of them is taken, none means as the file says.
    """

    shift_m: float = 0.0
    start_s: float = 0.0
    size: float = 0.0
    colours: bool = False
    lights: tuple[Daylight, ...] = ()
    weathers: tuple[Weather, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """zones and lines lie on the ground, in metres. See `view.View` for the camera's numbers. plain: ids of actors
    whose colours the file does not name.
    """

    name: str
    duration_s: float
    height_m: float
    pitch_deg: float
    width_deg: float
    place: Place
    zones: dict[str, GroundZone]
    actors: tuple[Actor, ...]
    lines: dict[str, GroundLine] = field(default_factory=dict)
    rules: tuple[RuleWords, ...] = ()
    sky: Sky = Sky()
    recording: Recording = Recording()
    variation: Variation = Variation()
    plain: frozenset[str] = frozenset()
    tells: str = ""


def shipped_names() -> list[str]:
    return sorted(file.stem for file in SHIPPED.glob("*.yaml"))


def scenario_text(name_or_path: str) -> tuple[str, str]:
    """A shipped scenario by its name, or any file by its path: its text and its name. Raises ScenarioError."""
    shipped = SHIPPED / f"{name_or_path}.yaml"
    path = shipped if shipped.exists() else FilePath(name_or_path)
    if not path.is_file():
        raise ScenarioError(f"no scenario {name_or_path!r}: give a file, or one of {', '.join(shipped_names())}")
    return path.read_text(encoding="utf-8"), path.stem
