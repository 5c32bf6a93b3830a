"""Data sets of a study: named, checked, and told apart by what is in them."""

from __future__ import annotations

import csv
import hashlib
import json
import random
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from sekisho.errors import InputError, UsageError
from sekisho.evaluation import study_data
from sekisho.evaluation.gold import GoldDocument, to_marked, to_rows
from sekisho.evaluation.study_data import DataSet, Split, apart, digest, load, overlap, present

TEXT = "氏名：⟦NAME|架空花子⟧\n電話：⟦PHONE|03-0000-1111⟧\n"


def gold(folder: Path, *texts: str) -> Path:
    """A folder of marked documents."""
    folder.mkdir()
    for number, text in enumerate(texts):
        folder.joinpath(f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def as_jsonl(path: Path, data: DataSet) -> Path:
    rows = [json.dumps(row) for row in to_rows(data.documents)]
    random.Random(1).shuffle(rows)
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_own_gold_is_named_counted_and_declared_by_whoever_says_so(tmp_path: Path) -> None:
    gold(tmp_path / "mine", TEXT, TEXT.replace("花子", "次郎"))
    said = "the ethics board of Hospital A"
    data = load("mine", tmp_path, split="development", declared=said)
    assert (data.name, data.synthetic, data.notes) == ("mine", said, ())
    assert (len(data.documents), data.identifiers, data.characters) == (2, 4, 48)
    assert load("mine", tmp_path, split="held-out").synthetic == ""
    assert "架空" not in repr(data)


def test_one_content_has_one_digest_in_every_format(tmp_path: Path) -> None:
    gold(tmp_path / "mine", TEXT, TEXT.replace("花子", "次郎"))
    marked = load("mine", tmp_path, split="development")
    as_jsonl(tmp_path / "mine.jsonl", marked)
    assert load("mine.jsonl", tmp_path, split="development").digest == marked.digest
    assert len(marked.digest) == 64


def test_the_digest_changes_with_anything_that_is_measured(tmp_path: Path) -> None:
    gold(tmp_path / "mine", TEXT)
    (document,) = load("mine", tmp_path, split="development").documents
    first, second = document.spans
    changed = [
        (),
        (document, replace(document, id="1")),
        (replace(document, id="other"),),
        (replace(document, text=document.text + " "),),
        (replace(document, spans=(first,)),),
        (replace(document, spans=(replace(first, end=first.end - 1), second)),),
        (replace(document, spans=(first, replace(second, category=first.category))),),
        (replace(document, spans=(first, replace(second, disguise="as a value"))),),
        (replace(document, spans=(first, replace(second, difficulty=7))),),
    ]
    digests = {digest(each) for each in changed} | {digest([document])}
    assert len(digests) == len(changed) + 1
    assert digest([document.without({"NAME"})]) == digest([document])


def test_a_limit_takes_the_first_documents_and_says_so(tmp_path: Path) -> None:
    gold(tmp_path / "mine", *(TEXT.replace("花子", name) for name in ("一", "二", "三")))
    whole = load("mine", tmp_path, split="development", limit=3)
    assert whole.notes == ()
    some = load("mine", tmp_path, split="development", limit=2)
    assert some.documents == whole.documents[:2]
    assert some.notes == ("only the first 2 of 3 documents were taken",)
    assert some.digest == digest(some.documents) != whole.digest
    with pytest.raises(UsageError, match="no documents"):
        load("mine", tmp_path, split="development", limit=0)


def test_documents_that_repeat_another_are_told(tmp_path: Path) -> None:
    gold(tmp_path / "mine", TEXT, TEXT.replace("：", ":"))
    data = load("mine", tmp_path, split="development")
    assert data.notes == ("documents that repeat the text of another: 1",)


def made(*texts: str) -> DataSet:
    documents = tuple(GoldDocument(f"d{n}", text, ()) for n, text in enumerate(texts))
    return DataSet("made", documents, ("a note",), "", digest(documents))


def test_reports_of_both_parts_stay_in_the_development_part_only() -> None:
    development, held_out = (
        made("頭部ＣＴ\n異常なし", "胸部"),
        made("腹部", "頭部CT 異常なし", "骨盤"),
    )
    assert overlap(development, held_out) == ("d1",)
    kept = apart(development, held_out)
    assert [document.text for document in kept.documents] == ["腹部", "骨盤"]
    assert kept.notes == (
        "a note",
        "reports of the development set too, left out here: 1",
    )
    assert kept.digest == digest(kept.documents) != held_out.digest
    assert apart(development, kept) is kept
    with pytest.raises(InputError, match="every held-out report"):
        apart(held_out, held_out)


def clone(folder: Path, shared: int) -> None:
    """A clone with six reports in either split, the first ``shared`` of them the same."""
    for name in ("development", "held_out"):
        with folder.joinpath(f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["report", "phi_list"])
            for number in range(6):
                of = "" if number < shared else name
                text = f"氏名：架空花子{of} 検査{'いろはにほへ'[number]}"
                writer.writerow([text, "[{'type': 'NAME', 'value': '架空花子'}]"])


def test_reports_in_both_splits_of_a_clone_do_not_count_as_held_out(tmp_path: Path) -> None:
    clone(tmp_path, 4)
    development = load(f"wada:{tmp_path}", Path(), split="development")
    held_out = load("wada:.", tmp_path, split="held-out")
    assert (len(development.documents), len(held_out.documents)) == (6, 2)
    assert development.name == held_out.name == "wada"
    assert "Wada et al. 2026" in held_out.synthetic
    assert "reports in both splits: 4 (4 were expected)" in held_out.notes
    assert overlap(development, held_out) == ()


def test_a_clone_without_such_reports_says_so(tmp_path: Path) -> None:
    clone(tmp_path, 0)
    held_out = load("wada:.", tmp_path, split="held-out")
    assert len(held_out.documents) == 6
    assert "reports in both splits: 0 (4 were expected)" in held_out.notes


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small study set in the place of the shipped one."""
    lines: dict[str, Any] = {"seed": 7, "generator": 2, "source": "made", "licence": "Apache-2.0"}
    for name in ("development", "held_out"):
        row: dict[str, Any] = {"id": name, "text": "架空花子", "spans": []}
        content = json.dumps(row).encode()
        tmp_path.joinpath(f"{name}.jsonl").write_bytes(content)
        lines[f"{name}_sha256"] = hashlib.sha256(content).hexdigest()
    about = "\n".join(f"{key} = {json.dumps(value)}" for key, value in lines.items())
    tmp_path.joinpath("about.toml").write_text(about, encoding="utf-8")
    monkeypatch.setattr(study_data, "_shipped_folder", lambda: tmp_path)
    return tmp_path


def test_the_shipped_set_says_how_it_was_made(shipped: Path) -> None:
    data = load("shipped", Path(), split="held-out")
    assert (data.name, [document.id for document in data.documents]) == ("shipped", ["held_out"])
    assert data.synthetic == "made by sekisho's generator (seed 7)"
    assert data.notes == ("generator 2, licence Apache-2.0",)


@pytest.mark.parametrize("split", ["development", "held-out"])
def test_a_shipped_file_that_was_changed_is_refused(shipped: Path, split: Split) -> None:
    path = shipped / f"{split.replace('-', '_')}.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(InputError, match="was changed"):
        load("shipped", Path(), split=split)


def test_a_shipped_set_without_its_account_is_refused(shipped: Path) -> None:
    shipped.joinpath("about.toml").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        load("shipped", Path(), split="development")
    shipped.joinpath("about.toml").write_text('seed = "7"', encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        load("shipped", Path(), split="development")


def test_what_is_missing_is_told_before_anything_is_opened(shipped: Path, tmp_path: Path) -> None:
    present("shipped", Path(), split="held-out")
    shipped.joinpath("held_out.jsonl").unlink()
    with pytest.raises(InputError, match=r"held_out\.jsonl: the shipped study set is not there"):
        present("shipped", Path(), split="held-out")
    with pytest.raises(InputError, match="no such file"):
        present("nowhere.jsonl", tmp_path, split="held-out")
    with pytest.raises(InputError, match="no such folder"):
        present("wada:nowhere", tmp_path, split="held-out")
    present("about.toml", tmp_path, split="held-out")


def test_marked_gold_can_be_written_again(tmp_path: Path) -> None:
    gold(tmp_path / "mine", TEXT)
    (document,) = load("mine", tmp_path, split="development").documents
    assert to_marked(document) == TEXT


def test_the_set_in_this_package_is_the_one_it_was_shipped_with() -> None:
    if not resources.files("sekisho.evaluation").joinpath("study_set", "about.toml").is_file():
        pytest.skip("this checkout has no study set yet")
    development = load("shipped", Path(), split="development")
    held_out = load("shipped", Path(), split="held-out")
    assert (len(development.documents), len(held_out.documents)) == (100, 60)
    assert overlap(development, held_out) == ()
