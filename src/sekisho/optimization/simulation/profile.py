"""Profiles: what a simulated model gets wrong, what it responds to, and so what a study must find.

A profile is a TOML file. ``errors`` are rates for each thing that could go wrong; ``lengths`` says
how the rates change with the length of the prompt, ``responds`` how they change with its features,
``review`` what becomes of a first answer on a second look. ``planted`` states what follows from
that; the tests measure whether it is so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sekisho.errors import UsageError
from sekisho.optimization.simulation.features import has_example, known_features, present, size

__all__ = [
    "Mistake",
    "Planted",
    "Profile",
    "Response",
    "ReviewHabit",
    "Wording",
    "between",
    "planted_threshold",
    "profile",
    "profiles",
]

_FOLDER = Path(__file__).with_name("profiles")
#: No rate is above this: a model that errs always would have nothing to choose from.
_MOST = 0.95

Wording: TypeAlias = Literal["conservative", "recall"]
Treatment: TypeAlias = Literal["prompts", "review"]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Mistake(StrEnum):
    """One way to be wrong about one thing."""

    #: A clock time is left out.
    MISSED_TIME = "missed_time"
    #: A name in hiragana or katakana is left out.
    MISSED_KANA = "missed_kana"
    #: An identifier that hides is left out.
    MISSED_DISGUISED = "missed_disguised"
    #: Any other identifier is left out.
    MISSED_OTHER = "missed_other"
    #: A date and the time beside it are one entry.
    MIXED_DATE_TIME = "mixed_date_time"
    #: A name and its reading are one entry.
    MIXED_NAME_KANA = "mixed_name_kana"
    #: An age and the sex beside it are one entry.
    MIXED_AGE_SEX = "mixed_age_sex"
    #: The title of a person is in the value.
    BOUNDARY_TITLE = "boundary_title"
    #: The brackets around a value are in it.
    BOUNDARY_BRACKET = "boundary_bracket"
    #: Only a part of the value is there.
    BOUNDARY_HALF = "boundary_half"
    #: The value is right and its category is not.
    CATEGORY = "category"
    #: The value is not as it stands in the text.
    INVENTED = "invented"
    #: A disease or sign that is called after a person is taken for a name.
    EXTRA_EPONYM = "extra_eponym"
    #: The model of a device is taken for an identifier.
    EXTRA_DEVICE = "extra_device"
    #: A measurement is taken for an identifier.
    EXTRA_MEASURE = "extra_measure"
    #: The first attempt does not have the form that was asked for.
    INVALID = "invalid"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Response(_Part):
    """Where ``feature`` is in the prompt, the rates of ``errors`` are ``rate * factor + adds``."""

    feature: str
    errors: Annotated[tuple[Mistake, ...], Field(min_length=1)]
    factor: Annotated[float, Field(ge=0, le=10)] = 1.0
    adds: Share = 0.0

    @field_validator("feature")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in known_features():
            raise ValueError(f"there is no feature {value!r}")
        return value


class ReviewHabit(_Part):
    """What one wording of a review does to a first answer.

    ``repairs`` are shares of the errors of each kind that are put right; ``heeds`` is the share of
    those that a finding names. The others do harm: ``believes`` is the share of the findings about
    what is no identifier that are acted on, ``drops`` and ``widens`` the shares of the right items
    that are left out or taken too wide, ``adds`` the share of the things that only look like
    identifiers and are added.
    """

    repairs: Mapping[Mistake, Share] = {}
    heeds: Share = 0.0
    believes: Share = 0.0
    drops: Share = 0.0
    widens: Share = 0.0
    adds: Share = 0.0


class Planted(_Part):
    """What a study must find.

    ``best`` features lower the errors most, ``harmful`` ones raise them; whatever else there is
    does not matter. ``prefers`` is the shipped prompt that the model does better with. ``review``
    says what a second look does, taken as it is, and ``wording`` which is the better one.
    ``baseline`` is the quality to be expected with the plain prompt of phase 1, ``at_best`` that
    with the prompt that it prefers and the best features in it, both on ``simulation.documents``.
    """

    best: tuple[str, ...]
    harmful: tuple[str, ...]
    prefers: Literal["long", "short"]
    review: Literal["helps", "harms"]
    wording: Wording | None = None
    baseline: Annotated[float, Field(ge=0, le=100)]
    at_best: Annotated[float, Field(ge=0, le=100)]


class Profile(_Part):
    """A simulated model.

    ``instability`` is the share of all decisions that the seed of a request changes, ``wavering``
    the share that any change of the prompt does, for better or worse. ``mends`` is the chance that
    an answer which was refused is right when it is asked for again. ``lengths`` are pairs of a
    prompt's size (``features.size``) and the factor on all rates, with straight lines between;
    ``example`` is the factor where a prompt shows an answer. ``context`` counts tokens.
    """

    name: str
    about: str
    seconds_per_100_tokens: Annotated[float, Field(gt=0)]
    context: Annotated[int, Field(ge=1000)] | None = None
    instability: Share = 0.0
    wavering: Share = 0.0
    mends: Share = 0.9
    lengths: Annotated[tuple[tuple[float, float], ...], Field(min_length=1)]
    example: Annotated[float, Field(gt=0)] = 1.0
    errors: Mapping[Mistake, Share]
    responds: tuple[Response, ...] = ()
    review: Mapping[Wording, ReviewHabit]
    planted: Planted

    @model_validator(mode="after")
    def _sound(self) -> Profile:
        if any(before[0] >= after[0] for before, after in pairwise(self.lengths)):
            raise ValueError("the sizes in lengths must grow")
        if set(self.review) != {"conservative", "recall"}:
            raise ValueError("review needs both wordings")
        for feature in self.planted.best:
            if not any(each.feature == feature and each.factor < 1 for each in self.responds):
                raise ValueError(f"the feature {feature} is planted as best and lowers no rate")
        for feature in self.planted.harmful:
            if not any(
                each.feature == feature and (each.factor > 1 or each.adds) for each in self.responds
            ):
                raise ValueError(f"the feature {feature} is planted as harmful and raises no rate")
        return self

    @property
    def best_features(self) -> frozenset[str]:
        """The features that the best prompt for this model has."""
        return frozenset(self.planted.best)

    @property
    def harmful_features(self) -> frozenset[str]:
        """The features that the best prompt for this model lacks."""
        return frozenset(self.planted.harmful)

    @property
    def useless_features(self) -> frozenset[str]:
        """The features that this model does not respond to."""
        return known_features() - {each.feature for each in self.responds}

    def rates(self, prompt: str) -> Mapping[Mistake, float]:
        """The rate of each mistake when the system prompt is ``prompt``."""
        held = present(prompt)
        scale = self._scale(size(prompt)) * (self.example if has_example(prompt) else 1.0)
        rates = {mistake: self.errors.get(mistake, 0.0) * scale for mistake in Mistake}
        for each in self.responds:
            if each.feature in held:
                for mistake in each.errors:
                    rates[mistake] = rates[mistake] * each.factor + each.adds
        return {mistake: min(rate, _MOST) for mistake, rate in rates.items()}

    def _scale(self, length: float) -> float:
        """The factor on all rates for a prompt of that size."""
        before = self.lengths[0]
        if length <= before[0]:
            return before[1]
        for after in self.lengths[1:]:
            if length <= after[0]:
                share = (length - before[0]) / (after[0] - before[0])
                return before[1] + share * (after[1] - before[1])
            before = after
        return before[1]


def profiles() -> tuple[str, ...]:
    """The names of the shipped profiles, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def profile(name: str) -> Profile:
    """The shipped profile called ``name``, or the one in the file of that name (``....toml``).

    Raises ``UsageError`` when there is none, or when it is not as it should be.
    """
    path = Path(name) if name.endswith(".toml") else _FOLDER / f"{name}.toml"
    if path.parent == _FOLDER and name not in profiles():
        raise UsageError(
            f"there is no simulated model {name!r}", remedy=f"known: {', '.join(profiles())}"
        )
    return _read(path)


def _read(path: Path) -> Profile:
    try:
        return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"is no TOML: {error}", where=str(path)) from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{place}: {said}" if place else said, where=str(path)) from None


def planted_threshold(what: Treatment, chosen: Sequence[Profile]) -> tuple[float, float]:
    """Between which qualities the cut of ``chosen`` lies, by what their files state.

    ``prompts``: the quality with the plain prompt, below which the short one is better than the
    long one; ``review``: that of first answers with the best prompt, below which a review helps.
    """
    stated = {
        each.name: each.planted.at_best if what == "review" else each.planted.baseline
        for each in chosen
    }
    return between(what, stated, chosen)


def between(
    what: Treatment, measured: Mapping[str, float], chosen: Sequence[Profile]
) -> tuple[float, float]:
    """Between which of the ``measured`` baselines (quality by name of profile) the cut lies.

    The best of those that the treatment suits, and the worst of the others: what a fitted cut must
    separate, on whatever reports it was measured. The first is not below the second where the
    reports were too few to keep the planted order.
    """
    below = [measured[each.name] for each in chosen if _treated(what, each)]
    above = [measured[each.name] for each in chosen if not _treated(what, each)]
    return max(below, default=0.0), min(above, default=100.0)


def _treated(what: Treatment, each: Profile) -> bool:
    """Whether the treatment (the short prompt, a review) is right for this model."""
    if what == "prompts":
        return each.planted.prefers == "short"
    return each.planted.review == "helps"
