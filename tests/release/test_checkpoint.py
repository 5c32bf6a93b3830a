from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from examining import GAP, checkpoint, held, passed, record, restored, untouched
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document, Span
from sekisho.errors import DetectionError
from sekisho.release.checkpoint import Held, Passed
from sekisho.release.columns import Columns
from sekisho.release.edits import apply

REPORT = (
    "患者氏名：山田太郎（ヤマダ タロウ）\r\n患者ID：00712345\r\n生年月日：1958年4月2日\r\n"
    "電話：090-1234-5678\r\n2024年8月5日 胸部CT。担当は佐々木医師。山田様に説明した。"
)
SECRETS = ("山田", "ヤマダ", "00712345", "1958年4月2日", "090-1234-5678", "佐々木")


def failing(error: Exception) -> Any:
    def detect(document: Document) -> list[Span]:
        raise error

    return detect


def silent(document: Document) -> list[Span]:
    return []


# fail closed


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no way to read 山田太郎"),
        DetectionError("could not finish"),
        RecursionError(),
        UnicodeEncodeError("utf-8", "山田太郎", 0, 1, "no"),
    ],
)
def test_a_detector_that_raises_holds_the_record_and_its_message_is_not_told(
    error: Exception,
) -> None:
    result = held(checkpoint(failing(error)).examine(record("山田太郎様")), "detector_failed")
    assert "山田" not in repr(result)


def test_one_failing_detector_holds_what_another_could_read() -> None:
    def name(document: Document) -> list[Span]:
        return [Span(0, 4, "NAME")]

    held(checkpoint(name, failing(ValueError())).examine(record("山田太郎様")), "detector_failed")


def test_a_detector_that_answers_nothing_at_all_holds_the_record() -> None:
    held(checkpoint(lambda document: None).examine(record("異常なし")), "detector_failed")  # type: ignore[arg-type,return-value]


def test_an_unknown_category_holds_the_record_and_is_not_quoted() -> None:
    def labelled(document: Document) -> list[Span]:
        return [Span(0, 4, "山田太郎")]

    result = held(checkpoint(labelled).examine(record("山田太郎様")), "detector_failed")
    assert "山田" not in repr(result)


def test_offsets_outside_the_text_hold_the_record() -> None:
    result = checkpoint(lambda document: [Span(2, 900, "NAME")]).examine(record("山田太郎様"))
    held(result, "detector_failed")


def test_a_surface_that_nothing_can_replace_holds_the_record() -> None:
    def tag(document: Document) -> list[Span]:
        return [Span(0, 5, "NAME")]

    held(checkpoint(tag).examine(record("[氏名1]様")), "transform_failed")


def test_an_identifier_that_every_detector_missed_is_found_by_inspection() -> None:
    blind = checkpoint(silent, known={"氏名": "NAME"})
    values = {"text": "やまだ様ではなく山田太郎様に説明", "氏名": "山田 太郎"}
    result = held(blind.examine(record(values)), "residual_identifier")
    assert "NAME" in result.detail
    assert not any(part in result.detail for part in ("山田", "太郎"))


@pytest.mark.parametrize(
    "text", ["連絡先 090-1234-5678 へ", "番号は71234567でした", "yamada@example.jp に送付"]
)
def test_what_has_the_shape_of_an_identifier_is_held(text: str) -> None:
    result = held(checkpoint(silent).examine(record(text)), "residual_identifier")
    assert "1234" not in result.detail
    assert "yamada" not in result.detail


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("山田\ud83d様", "surrogate"),
        ("山田\0太郎様" + "。" * 400, "NUL"),
        ("\x01\x02山田\x03\x04\x05" * 9, "control"),
        ("山\x08田太郎様に説明した。" + "異常なし。" * 100, "inside a word"),
        ("山\x1a\x1a田太郎様に説明した。" + "異常なし。" * 100, "inside a word"),
    ],
)
def test_what_is_no_text_is_held(text: str, word: str) -> None:
    result = held(checkpoint().examine(record(text)), "not_text")
    assert word in result.detail
    assert "山" not in repr(result)


def test_stray_control_characters_between_lines_do_no_harm() -> None:
    text = "異常なし。\r\n再検不要。\r\n" * 30 + "\x1a"
    assert passed(checkpoint().examine(record(text))).values == {"text": text}


@pytest.mark.parametrize("value", [17, ["山田太郎"], {"a": "山田太郎"}, b"\x8eR\x93c"])
def test_a_text_column_that_holds_no_text_is_held(value: Any) -> None:
    held(checkpoint().examine(record({"text": value})), "not_text")


def test_bytes_in_any_column_are_held_unless_they_are_vouched_for() -> None:
    values = {"text": "異常なし", "raw": "山田太郎".encode()}
    held(checkpoint().examine(record(values)), "not_text")
    kept = checkpoint(keep=frozenset({"raw"})).examine(record(values))
    assert passed(kept).values == values


def test_what_is_held_carries_no_text_and_what_passed_does_not_show_it() -> None:
    assert not hasattr(Held("1", "r", "d"), "values")
    result = passed(checkpoint().examine(record(REPORT)))
    assert "胸部" not in repr(result)
    assert not any(secret in repr(result) for secret in SECRETS)


# what a record becomes


def test_a_report_is_released_without_its_identifiers_and_restored_to_the_letter() -> None:
    result = passed(checkpoint().examine(record(REPORT)))
    assert not [secret for secret in SECRETS if secret in result.values["text"]]
    assert "胸部CT" in result.values["text"]
    assert restored(result) == {"text": REPORT}
    surfaces = {REPORT[span.start : span.end] for span in result.spans["text"]}
    assert {"00712345", "090-1234-5678", "佐々木"} <= surfaces


@pytest.mark.parametrize("text", ["", " ", "\n", "　", "異常なし"])
def test_a_text_without_identifiers_comes_out_as_it_went_in(text: str) -> None:
    result = passed(checkpoint().examine(record(text)))
    assert result.values == {"text": text}
    assert result.spans == {"text": ()}


def test_an_irreversible_profile_leaves_nothing_to_restore_from() -> None:
    result = passed(checkpoint(profile="ja-anonymized").examine(record(REPORT)))
    assert result.reversal is None


def test_every_string_inside_a_nested_value_is_read() -> None:
    values = {
        "text": "異常なし",
        "more": {"notes": ["山田太郎様に説明", {"tel": "電話 090-1234-5678", "n": 3}], "ok": True},
        "none": None,
    }
    result = passed(checkpoint().examine(record(values)))
    more = result.values["more"]
    assert "山田" not in more["notes"][0]
    assert "様に説明" in more["notes"][0]
    assert "1234" not in more["notes"][1]["tel"]
    assert (more["notes"][1]["n"], more["ok"], result.values["none"]) == (3, True, None)
    assert restored(result) == values


def test_a_number_that_is_an_identifier_is_replaced_and_restored_as_a_number() -> None:
    values = {"text": "IDは712345である", "患者ID": 712345}
    result = passed(checkpoint().examine(record(values)))
    assert "712345" not in str(result.values)
    assert restored(result) == values


def test_a_nested_key_that_names_somebody_holds_the_record() -> None:
    values = {"text": "山田太郎様に説明", "family": {"山田太郎様": "夫"}}
    result = held(checkpoint().examine(record(values)), "identifier_in_key")
    assert "山田" not in result.detail
    kept = checkpoint(keep=frozenset({"family"})).examine(record(values))
    assert passed(kept).values["family"] == values["family"]


def test_plain_nested_keys_do_no_harm() -> None:
    values = {"text": "異常なし", "values": {"WBC": "5,200", "sex": None, "name": ["x"], "所見": 1}}
    assert passed(checkpoint().examine(record(values))).values == values


def test_the_same_person_has_one_number_in_all_columns() -> None:
    values = {"氏名": "山田 太郎", "text": "付添は佐藤花子様。山田様に説明。", "備考": "山田太郎様"}
    result = passed(checkpoint().examine(record(values, texts=("text", "備考"))))
    name = result.values["氏名"]
    assert name.startswith("[氏名")
    assert result.values["備考"] == f"{name}様"
    assert result.values["text"].count(name) == 1


# columns


def test_a_known_column_is_searched_in_the_text_and_released_by_the_profile() -> None:
    values = {
        "text": "ｷﾑ ﾐﾝｼﾞｭさんの件、控えは T-88-1 である",
        "who": "キム ミンジュ",
        "no": "T-88-1",
    }
    result = passed(checkpoint(known={"who": "NAME", "no": "ID"}).examine(record(values)))
    assert result.values["who"].startswith("[氏名")
    assert "ﾐﾝｼﾞｭ" not in result.values["text"]
    assert "T-88-1" not in str(result.values)
    assert restored(result) == values


def test_a_column_called_after_an_identifier_is_one_unless_it_is_refused() -> None:
    values = {"text": "異常なし", "患者氏名": "あい", "生年月日": "S33.4.2"}
    result = passed(checkpoint().examine(record(values)))
    assert result.values["患者氏名"] == "[氏名1]"
    assert result.values["生年月日"] != "S33.4.2"
    refused = passed(checkpoint(infer=False).examine(record(values)))
    assert refused.values["患者氏名"] == "あい"


def test_a_kept_column_passes_unread_and_the_others_do_not() -> None:
    values = {"text": "異常なし", "a": "山田太郎様", "b": "山田太郎様"}
    result = passed(checkpoint(keep=frozenset({"a"})).examine(record(values)))
    assert result.values["a"] == "山田太郎様"
    assert "山田" not in result.values["b"]


def test_an_empty_identifier_is_not_searched() -> None:
    values = {"text": "異常なし", "患者氏名": "", "患者ID": " ", "電話番号": None}
    assert passed(checkpoint().examine(record(values))).values == values


def shifted(first: str, second: str, **columns: Any) -> list[tuple[int, ...]]:
    """The days that one date becomes in two records of these patients."""
    found = []
    for place, patient in enumerate((first, second)):
        values = {"text": "2024年8月5日に撮影", "patient": patient}
        result = checkpoint(**columns).examine(record(values, id=str(place)))
        day = re.fullmatch("([0-9]+)年([0-9]+)月([0-9]+)日に撮影", passed(result).values["text"])
        assert day is not None
        found.append(tuple(map(int, day.groups())))
    return found


def test_dates_of_one_patient_move_together_and_those_of_another_do_not() -> None:
    one, other = shifted("A-1", "A-1", patient="patient")
    assert one == other != (2024, 8, 5)
    one, other = shifted("A-1", "A-2", patient="patient")
    assert one != other


def test_one_number_has_one_pseudonym_in_every_record() -> None:
    first = passed(checkpoint().examine(record("患者ID：00712345", id="1")))
    second = passed(checkpoint().examine(record("本日 患者ID：00712345 来院", id="2")))
    other_key = checkpoint(secret=b"other")
    third = passed(other_key.examine(record("患者ID：00712345")))
    code = first.values["text"].removeprefix("患者ID：")
    assert code != "00712345"
    assert code in second.values["text"]
    assert code not in third.values["text"]


def test_one_number_has_one_pseudonym_in_every_process() -> None:
    script = (
        "from examining import *\n"
        "print(passed(checkpoint().examine(record('患者ID：00712345'))).values['text'])"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONHASHSEED": "7",
    }
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    )
    here = passed(checkpoint().examine(record("患者ID：00712345"))).values["text"]
    assert ran.stdout.decode().strip() == here


# ids


def test_a_harmless_id_stays_and_a_telling_one_is_coded_and_restored() -> None:
    columns = {"identifiers": frozenset({"id"})}
    plain = passed(checkpoint(**columns).examine(record({"id": "0007", "text": "可"}, id="0007")))
    assert (plain.reference, plain.values["id"]) == ("0007", "0007")
    values = {"id": "20240805-1", "text": "可"}
    coded = passed(checkpoint(**columns).examine(record(values, id="20240805-1")))
    assert coded.reference == coded.values["id"]
    assert coded.reference.startswith("doc-")
    assert restored(coded) == values


def test_a_document_s_own_number_is_searched_in_its_text() -> None:
    columns = {"identifiers": frozenset({"id"})}
    values = {"id": "R-448-2019", "text": "前回 R-448-2019 と比較"}
    result = passed(checkpoint(**columns).examine(record(values, id="R-448-2019")))
    assert "448" not in str(result.values)
    assert restored(result) == values


def test_an_id_that_is_the_patient_s_is_treated_as_such() -> None:
    columns = {"identifiers": frozenset({"患者ID"})}
    values = {"患者ID": "12", "text": "可"}
    result = passed(checkpoint(**columns).examine(record(values, id="12")))
    assert result.reference.startswith("doc-")
    assert result.values["患者ID"] != "12"


@pytest.mark.parametrize("value", [{"name": "山田太郎様"}, ["山田太郎様"], "山田太郎様"])
def test_a_value_in_the_id_column_that_is_not_the_id_is_read(value: Any) -> None:
    examined = checkpoint(identifiers=frozenset({"id"})).examine(
        record({"id": value, "text": "可"}, id="3")
    )
    assert "山田" not in str(passed(examined).values)


def test_a_column_of_text_is_read_even_when_it_names_the_document() -> None:
    columns = {"identifiers": frozenset({"text"})}
    result = passed(checkpoint(**columns).examine(record("山田太郎様", id="山田太郎様")))
    assert result.values["text"] == "[氏名1]様"


def test_a_column_that_nobody_looked_at_is_not_named() -> None:
    values = {"text": "可", "山田太郎": "a\0b"}
    result = checkpoint(headers=frozenset({"text"})).examine(record(values))
    assert "山田" not in held(result, "not_text").detail


def test_a_kept_id_stays_as_it_is() -> None:
    columns = {"identifiers": frozenset({"id"}), "keep": frozenset({"id"})}
    values = {"id": "KMU-2019-0448", "text": "可"}
    result = passed(checkpoint(**columns).examine(record(values, id="KMU-2019-0448")))
    assert (result.reference, result.values) == ("KMU-2019-0448", values)


# for every text

_NAMES = st.sampled_from(
    ["山田太郎", "佐々木 花子", "ｻﾄｳ ｲﾁﾛｳ", "髙﨑 健", "𠮷田 次郎", "小野寺　雪乃"]
)
_BLOCKS = st.one_of(
    st.builds("患者氏名：{}\n".format, _NAMES),
    st.builds("{}様".format, _NAMES),
    st.sampled_from(["090-1234-5678", "０９０－１２３４－５６７８", "03-3456-7890"]).map(
        "電話：{}。".format
    ),
    st.sampled_from(["2024年8月5日", "R6.8.5", "令和六年八月五日", "８/５", "2024/08/05"]),
    st.sampled_from(["患者ID：00712345", "カルテNo. 71-2345", "生年月日：昭和33年4月2日"]),
    st.sampled_from(["ｽｽﾞｷ先生", "yamada@example.jp", "〒100-0001 東京都千代田区千代田1-1"]),
)
_PIECES = (*"所見なしの右肺にﾊｲｴﾝを認め。、 　\n\t,;\"'[]1𠀋😷\x0b", "\r\n", "か\u3099")
_NOISE = st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)
_RUBBISH = st.text(st.characters(exclude_categories=()), max_size=6)
_TEXTS = st.lists(st.one_of(_BLOCKS, _NOISE, _RUBBISH), max_size=8).map("".join)
_SANE = st.lists(st.one_of(_BLOCKS, _NOISE), max_size=8).map("".join)
_HIDDEN = frozenset({"NAME", "STAFF", "PHONE", "EMAIL", "ID", "INSURANCE", "NATIONAL_ID", "URL"})


@settings(max_examples=150, deadline=None)
@given(_TEXTS, _TEXTS)
def test_what_passes_is_restored_to_the_letter(text: str, note: str) -> None:
    values = {"text": text, "note": note, "nested": {"a": [note]}}
    result = checkpoint().examine(record(values, texts=("text", "note")))
    event(type(result).__name__)
    if isinstance(result, Passed):
        assert restored(result) == values
        assert list(result.values) == list(values)
    else:
        assert result.reason in ("not_text", "residual_identifier", "transform_failed")


@settings(max_examples=150, deadline=None)
@given(_SANE)
def test_no_detected_surface_remains_in_what_passes(text: str) -> None:
    result = checkpoint().examine(record(text))
    event(type(result).__name__)
    if isinstance(result, Held):
        assert text not in repr(result) or len(text) < 3
        return
    left = untouched(result)
    for span in result.spans["text"]:
        surface = text[span.start : span.end]
        if span.category in _HIDDEN and len(surface) >= 2:
            assert surface not in left, (span.category, surface)
    assert len(left.split(GAP)) - 1 <= len(result.spans["text"])


@settings(max_examples=60, deadline=None)
@given(_SANE, st.sampled_from(["ja-anonymized", "redact-all", "hipaa-safe-harbor"]))
def test_the_same_record_gives_the_same_result(text: str, profile: str) -> None:
    once = checkpoint(profile=profile).examine(record(text))
    again = checkpoint(profile=profile).examine(record(text))
    assert once == again


def test_columns_default_to_nothing_but_their_headers() -> None:
    assert checkpoint().columns == Columns()


@pytest.mark.parametrize("cell", ["0003", "007", "A", "あい", "2-1B", "LOT24B0713-00123"])
def test_what_was_trained_on_sentences_is_not_asked_about_codes(cell: str) -> None:
    values = {"text": "術者は榊原、経過良好。", "code": cell}
    result = passed(checkpoint().examine(record(values)))
    assert result.values["code"] == cell
    assert "榊原" not in result.values["text"]


def test_a_sentence_in_any_column_is_read() -> None:
    values = {"text": "異常なし", "memo": "昨日の件は榊原より家族へ説明しています。"}
    assert "榊原" not in passed(checkpoint().examine(record(values))).values["memo"]


def test_the_edits_of_each_text_column_give_its_released_text() -> None:
    values = {
        "name": "山田太郎",
        "findings": "山田太郎様、8 mmの結節。",
        "impression": "異常なし。",
        "advice": "2024年8月5日、佐々木医師に相談。",
    }
    texts = ("findings", "impression", "advice")
    result = passed(checkpoint(known={"name": "NAME"}).examine(record(values, texts=texts)))
    assert set(result.edits) == set(texts)
    assert result.edits["impression"] == ()
    for column in texts:
        applied = apply(values[column], result.edits[column])
        assert applied.text == result.values[column]
        assert (applied.text == values[column]) is (column == "impression")
    assert "佐々木" not in repr(result)
