"""Results of studies, made by hand: what the tests of the report are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sekisho.optimization.result import (
    ArmResult,
    Comparison,
    Component,
    Data,
    ErrorRow,
    Figure,
    GainPoint,
    ModelCard,
    Opening,
    Phase,
    Prompt,
    Refine,
    Spend,
    StudyResult,
    Threshold,
)

#: The eight components and their maxima.
MAXIMA = {
    "recall": 20.0,
    "precision": 15.0,
    "boundary": 15.0,
    "purity": 10.0,
    "category": 10.0,
    "rules": 10.0,
    "stability": 10.0,
    "efficiency": 10.0,
}
CATEGORIES = ("NAME", "STAFF", "BIRTHDATE", "DATE", "TIME", "AGE", "SEX", "ID", "PHONE", "FACILITY")
SCRIPTS = ("kanji", "hiragana", "katakana", "romaji", "mixed")
DISGUISES = ("birth date as CT value", "surname as anatomical area", "phone digits as measurement")
CONSERVATIVE = Refine(policy="always", wording="conservative")
RECALL = Refine(policy="below:92", wording="recall", keep="additions")

TEXTS = {
    "r-001": "検査日 2024年8月5日 10時15分\n患者 架空花子（かくうはなこ）様。\n"
    "右肺に結節を認める。",
    "r-002": "電話 03-0000-0000 に連絡した。高橋区域に石灰化あり。",
    "r-003": "異常なし。",
}


def figure(value: float | None, spread: float = 0.0, n: int = 60, most: float = 1.0) -> Figure:
    if value is None:
        return Figure(value=None)
    return Figure(value=value, low=max(0.0, value - spread), high=min(most, value + spread), n=n)


def arm(
    model: str,
    quality: float | Figure | None,
    *,
    prompt: str = "short",
    refine: Refine | None = None,
    phase: int = 1,
    data: Literal["development", "held-out"] = "development",
    seconds: float = 4.0,
    measured: Sequence[str] = tuple(MAXIMA),
    leaked: float | None = 0.02,
    direct: float | None = 0.05,
    failures: Mapping[str, int] | None = None,
    spread: float = 2.0,
    **changes: Any,
) -> ArmResult:
    """An arm whose components all have the share of its quality."""
    policy = refine or Refine()
    value = quality.value if isinstance(quality, Figure) else quality
    share = 0.5 if value is None or not 0 <= value <= 100 else value / 100
    components = tuple(
        Component(
            name=name,
            most=most,
            share=share if name in measured else None,
            points=round(share * most, 3) if name in measured else None,
        )
        for name, most in MAXIMA.items()
    )
    total = sum(each.points or 0.0 for each in components)
    documents = 60 if data == "held-out" else 100
    recalls = {
        name: figure(
            max(0.0, min(1.0, share + 0.14 * math.cos(at * 1.7 + quality_seed(model)))),
            0.05,
            120 - 11 * at,
        )
        for at, name in enumerate(CATEGORIES)
    }
    values: dict[str, Any] = {
        "id": f"{model}/{prompt}/{policy.policy}-{policy.wording}",
        "model": model,
        "prompt": prompt,
        "refine": policy,
        "phase": phase,
        "data": data,
        "readings": documents * 2,
        "total": round(total, 2),
        "out_of": sum(MAXIMA[name] for name in measured),
        "components": components,
        "quality": quality
        if isinstance(quality, Figure)
        else figure(quality, spread, documents, 100.0),
        "leaked": figure(leaked, 0.01, 12_400),
        "direct_leaks": figure(direct, 0.04, documents),
        "precision": figure(0.94, 0.02, 9_800),
        "over_redaction": figure(0.011, 0.004, 61_000),
        "by_category": recalls,
        "by_script": {
            name: figure(max(0.0, share - 0.09 * at), 0.06, (180, 95, 78, 12, 120)[at])
            for at, name in enumerate(SCRIPTS)
        },
        "by_difficulty": {
            str(level): figure(max(0.0, share - 0.05 * level), 0.1, 40 - 3 * level)
            for level in (1, 2, 5, 8, 10)
        },
        "by_disguise": {name: figure(share, 0.2, 9 + at) for at, name in enumerate(DISGUISES)},
        "failures": failures or {},
        "seconds_per_report": seconds,
        "seconds_per_100_tokens": seconds / 10,
        "calls": documents * 2,
        "tokens": documents * 2_200,
        "per_document": (share * 100,) * documents,
    }
    return ArmResult(**(values | changes))


def quality_seed(name: str) -> float:
    """A number of its own for each name."""
    return sum(map(ord, name)) % 13


def comparison(first: ArmResult, second: ArmResult, **changes: Any) -> Comparison:
    gap = (first.quality.value or 0.0) - (second.quality.value or 0.0)
    values: dict[str, Any] = {
        "first": first.id,
        "second": second.id,
        "difference": Figure(value=gap, low=gap - 1.4, high=gap + 1.4, n=first.quality.n),
        "d": gap / 8,
        "p": 0.0004 if abs(gap) > 3 else 0.21,
        "p_holm": 0.002 if abs(gap) > 3 else 0.84,
        "mcnemar": 0.013 if abs(gap) > 3 else 0.5,
        "mcnemar_holm": 0.052 if abs(gap) > 3 else 1.0,
        "needed": 41 if abs(gap) > 3 else (None if gap == 0 else 812),
        "enough": abs(gap) > 3,
    }
    return Comparison(**(values | changes))


MODELS = {
    "misses-times:24b": (84.6, 24.1, 0.031),
    "splits-boundaries:12b": (79.2, 9.4, 0.022),
    "over-detects:9b": (75.3, 6.8, 0.008),
    "excellent:32b": (91.6, 31.0, 0.004),
    "breaks-json:8b": (66.0, 5.2, 0.094),
    "埋め込みスタック (rules+lexicon+tagger)": (83.1, 0.04, 0.019),
}
STACK = "埋め込みスタック (rules+lexicon+tagger)"


def card(name: str, origin: str = "simulated", **changes: Any) -> ModelCard:
    detectors = ("known", "rules", "lexicon", "tagger") if origin == "detectors" else ()
    values: dict[str, Any] = {
        "name": name,
        "model": name,
        "digest": "sha256:" + f"{abs(hash_of(name)):064x}",
        "server": "" if origin == "detectors" else "simulated",
        "origin": origin,
        "context": None if origin == "detectors" else 8192,
        "detectors": detectors,
    }
    return ModelCard(**(values | changes))


def hash_of(name: str) -> int:
    """The same number in each process."""
    return sum(ord(letter) * 31**at for at, letter in enumerate(name[:40]))


def _phases() -> tuple[Phase, ...]:
    first = [
        arm(
            name,
            quality,
            prompt="plain",
            seconds=seconds,
            leaked=leak,
            failures={"model_invalid": 14} if "json" in name else {},
        )
        for name, (quality, seconds, leak) in MODELS.items()
    ]
    language = [name for name in MODELS if name != STACK]
    second = []
    for name in language:
        quality, seconds, leak = MODELS[name]
        second.append(
            arm(name, quality + 2.4, phase=2, prompt="short", seconds=seconds, leaked=leak)
        )
        gain = (1.9 if quality > 90 else 4.2) if quality > 80 else -1.1
        second.append(
            arm(
                name,
                quality + gain,
                phase=2,
                prompt="long",
                seconds=seconds * 1.2,
                leaked=leak * 0.8,
            )
        )
    best = [second[1], second[2], second[7]]
    third = [
        arm(
            one.model,
            (one.quality.value or 0.0) + 2.2,
            phase=3,
            prompt=f"{one.model} v1",
            seconds=one.seconds_per_report,
            leaked=0.012,
        )
        for one in best
    ]
    fourth = []
    for one in third:
        quality = one.quality.value or 0.0
        for refine, more in (
            (CONSERVATIVE, 3.1 if quality < 90 else -0.1),
            (RECALL, 2.0 if quality < 90 else -0.6),
        ):
            fourth.append(
                arm(
                    one.model,
                    quality + more,
                    phase=4,
                    prompt=one.prompt,
                    refine=refine,
                    seconds=one.seconds_per_report * 1.9,
                    leaked=0.006,
                )
            )
    chosen = (fourth[0], fourth[2], third[2])
    fifth = [
        one.model_copy(
            update={
                "phase": 5,
                "data": "held-out",
                "readings": 120,
                "quality": figure(one.quality.value, 2.6, 60, 100.0),
                "direct_leaks": figure(0.0, 0.0, 60),
            }
        )
        for one in (*chosen, arm(STACK, 82.2, seconds=0.04))
    ]
    points = tuple(
        GainPoint(
            model=one.model,
            prompt=one.prompt,
            wording=one.refine.wording,
            baseline=(one.quality.value or 0.0) - (3.1 if "cons" in one.refine.wording else 2.0),
            gain=Figure(value=more, low=more - 1.2, high=more + 1.2, n=100),
        )
        for one, more in zip(fourth, (3.1, 2.0, 3.1, 2.0, -0.1, -0.6), strict=True)
    )
    split = tuple(
        GainPoint(
            model=name,
            prompt="short",
            wording="short−long",
            baseline=MODELS[name][0],
            gain=Figure(value=gain, low=gain - 1.0, high=gain + 1.0, n=100),
        )
        for name, gain in zip(language, (-1.8, 3.4, 3.5, -1.9, 3.6), strict=True)
    )
    return (
        Phase(
            number=1,
            title="baseline",
            arms=tuple(first),
            decisions=("The best of six is excellent:32b (91.6).",),
            comparisons=tuple(
                comparison(first[3], other) for other in first if other is not first[3]
            ),
        ),
        Phase(
            number=2,
            title="prompts",
            arms=tuple(second),
            chosen=tuple(one.id for one in best),
            decisions=("Models below 81.9 get the short prompt.", "3 models go on."),
            threshold=Threshold(
                what="prompts",
                at=81.9,
                low=79.2,
                high=88.0,
                between=(79.2, 84.6),
                support=0.93,
                points=split,
            ),
        ),
        Phase(
            number=3,
            title="own prompts",
            arms=tuple(third),
            chosen=tuple(one.id for one in third),
            decisions=(
                "time-by-example was adopted for misses-times:24b (+2.2 on the judging half).",
            ),
        ),
        Phase(
            number=4,
            title="refine",
            arms=tuple(fourth),
            chosen=tuple(one.id for one in chosen),
            decisions=("excellent:32b is not reviewed: it would lose 0.1.",),
            comparisons=(comparison(fourth[0], third[0]), comparison(fourth[4], third[2])),
            threshold=Threshold(
                what="review",
                at=94.0,
                low=91.0,
                high=98.5,
                between=(91.0, 97.0),
                support=0.98,
                points=points,
            ),
        ),
        Phase(
            number=5,
            title="sealed",
            arms=tuple(fifth),
            chosen=(fifth[2].id,),
            decisions=("excellent:32b wins.",),
            comparisons=(
                comparison(fifth[2], fifth[0]),
                comparison(fifth[0], fifth[1], enough=False),
            ),
        ),
    )


def errors_of(arm_id: str) -> tuple[ErrorRow, ...]:
    return (
        ErrorRow(
            arm=arm_id,
            document="r-001",
            kind="missed",
            category="TIME",
            start=14,
            end=20,
            script="mixed",
        ),
        ErrorRow(
            arm=arm_id,
            document="r-001",
            kind="missed",
            category="NAME",
            start=29,
            end=35,
            script="hiragana",
        ),
        ErrorRow(
            arm=arm_id,
            document="r-001",
            kind="boundary",
            category="NAME",
            start=24,
            end=28,
            script="kanji",
        ),
        ErrorRow(
            arm=arm_id,
            document="r-002",
            kind="extra",
            category="STAFF",
            start=22,
            end=24,
            script="kanji",
        ),
        ErrorRow(
            arm=arm_id,
            document="r-002",
            kind="missed",
            category="PHONE",
            start=3,
            end=15,
            script="digits",
            disguise="phone digits as measurement",
            difficulty=8,
        ),
        ErrorRow(arm=arm_id, document="r-003", kind="invented", category="NAME"),
        ErrorRow(arm=arm_id, document="r-999", kind="category", category="ID", start=1, end=4),
    )


def study(**changes: Any) -> StudyResult:
    """A finished study of six simulated systems with all five phases."""
    phases = _phases()
    finalists = tuple(one.id for one in phases[4].arms)
    values: dict[str, Any] = {
        "name": "radiology-2026",
        "marks": ("SIMULATED",),
        "begun": "2026-03-02T09:00:00+09:00",
        "ended": "2026-03-02T17:42:10+09:00",
        "versions": {"sekisho": "0.1.0", "python": "3.11.7", "numpy": "2.1.0"},
        "language": "ja",
        "seeds": (7, 11),
        "resamples": 2000,
        "models": tuple(
            card(name, "detectors" if name == STACK else "simulated") for name in MODELS
        ),
        "development": Data(
            name="study-set",
            documents=100,
            characters=61_234,
            identifiers=1_402,
            digest="ab" * 32,
            ignored=("OCCUPATION",),
            synthetic="the generator of sekisho",
            notes=("4 documents stand in both splits and were left out of development.",),
        ),
        "held_out": Data(
            name="study-set", documents=60, characters=37_001, identifiers=840, digest="cd" * 32
        ),
        "openings": (
            Opening(
                number=1,
                at="2026-03-02T17:20:00+09:00",
                digest="ef" * 32,
                finalists=finalists,
                reopened=False,
            ),
        ),
        "prompts": (
            Prompt(
                name="short",
                made_by="shipped",
                digest="11" * 32,
                text="個人情報を抽出してください。\nJSONのみ。",
            ),
            Prompt(
                name="long",
                made_by="shipped",
                digest="22" * 32,
                text="規則\n1. 原文のまま\n2. 見逃さない",
            ),
            Prompt(
                name="misses-times:24b v1",
                made_by="editor",
                parent="long",
                rules=("time-by-example", "kana-names"),
                digest="33" * 32,
                text="規則\n3. 時刻は日付と分ける",
            ),
        ),
        "phases": phases,
        "errors": tuple(row for id in finalists[:2] for row in errors_of(id)),
        "spending": tuple(
            Spend(
                phase=number,
                calls=1000 * number,
                tokens=2_000_000,
                seconds=3600.0 * number,
                expected_calls=1200 * number,
                replayed=40,
            )
            for number in range(1, 6)
        ),
        "budget": {"calls": 20_000, "tokens": 30_000_000, "hours": 24, "models": 6},
        "warnings": ("60 reports are too few to tell the first two apart.",),
        "recipe": "recipe-3fa9c1.toml",
        "fingerprint": "9c" * 32,
    }
    return StudyResult(**(values | changes))


def empty(**changes: Any) -> StudyResult:
    """A study that was begun and has nothing yet."""
    values: dict[str, Any] = {
        "name": "begun",
        "begun": "2026-03-02T09:00:00+09:00",
        "versions": {},
        "language": "ja",
        "seeds": (),
        "resamples": 2000,
        "models": (),
        "development": Data(name="own"),
    }
    return StudyResult(**(values | changes))


def many(count: int = 30) -> StudyResult:
    """A study of ``count`` real models with long names, of which most stay to the last phase."""
    names = [
        f"registry.example/group-{at % 5}/very-long-model-name-{at:02}-instruct:q4_K_M"
        for at in range(count)
    ]
    scores = [60 + 36 * ((at * 7) % count) / count for at in range(count)]
    first = tuple(
        arm(name, score, seconds=0.5 * 1.17**at, leaked=0.001 * at)
        for at, (name, score) in enumerate(zip(names, scores, strict=True))
    )
    second = tuple(
        arm(name, score + 3 - at % 4, phase=2, prompt="long", seconds=0.6 * 1.17**at)
        for at, (name, score) in enumerate(zip(names, scores, strict=True))
    )
    return study(
        marks=(),
        models=tuple(card(name, "model", server="http://127.0.0.1:8080/v1") for name in names),
        phases=(
            Phase(
                number=1,
                title="baseline",
                arms=first,
                comparisons=tuple(comparison(first[0], other) for other in first[1:]),
            ),
            Phase(number=2, title="prompts", arms=second),
            Phase(number=3, title="own prompts", left_out="left out by study.toml"),
        ),
        errors=tuple(row for one in second for row in errors_of(one.id)),
        held_out=Data(name="study-set"),
        openings=(),
        ended="",
    )
