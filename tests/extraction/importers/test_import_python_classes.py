"""Pydantic classes are read as syntax: as pydantic sees them, and without a line of them run."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_view import as_pydantic, by_pydantic

from sekisho.errors import UsageError
from sekisho.extraction.importers import python_classes
from sekisho.extraction.importers.python_classes import Classes
from sekisho.extraction.tasks.task import Task

PARSERS = Path(__file__).parent / "llm_extractinator" / "tasks" / "parsers"
HEAD = """\
import datetime as dt
import decimal, sys, typing as t, uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum, auto
from typing import Annotated, Any, ClassVar, Dict, List, Literal, Optional, Set, Tuple, Union
from typing import List as L, Optional as O
import pydantic
from pydantic import BaseModel, BaseModel as BM, ConfigDict, Field, Field as F
from pydantic import PositiveInt, StrictBool, confloat, conint, conlist, constr, field_validator
"""


def read(folder: Path, body: str, *, head: str = HEAD) -> Classes:
    """The class OutputParser of a file with ``body``."""
    path = folder / "parser.py"
    path.write_text(head + textwrap.dedent(body), encoding="utf-8")
    return python_classes.read(path)


def field(folder: Path, annotation: str, before: str = "") -> Mapping[str, Any]:
    """The field ``x`` of a class in which it is declared as ``annotation``."""
    return read(folder, f"{before}\nclass OutputParser(BaseModel):\n    x: {annotation}\n").fields[
        "x"
    ]


def task_of(found: Classes) -> Task:
    return Task.model_validate(
        {"name": "t", "language": "en", "instruction": "i", "fields": found.fields}
    )


def refused(folder: Path, body: str, *, head: str = HEAD) -> str:
    """The one-line error for a file with ``body``."""
    with pytest.raises(UsageError) as caught:
        read(folder, body, head=head)
    assert caught.value.where is not None
    assert caught.value.where.startswith(str(folder))
    return str(caught.value)


@pytest.mark.parametrize("path", sorted(PARSERS.glob("*.py")), ids=lambda path: path.stem)
def test_the_fields_of_a_parser_are_those_that_pydantic_sees(path: Path) -> None:
    found = python_classes.read(path)
    assert list(found.fields) == list(by_pydantic(path))
    assert as_pydantic(found.fields) == by_pydantic(path)
    task_of(found)


FORMS = {
    "typing and builtins": """
        class OutputParser(BaseModel):
            a: str
            b: int
            c: float
            d: bool
            e: Any
            f: dt.date
            g: dt.datetime
            h: List[str]
            i: list[int]
            j: Dict[str, float]
            k: dict[str, int]
            l: Optional[str]
            m: str | None
            n: Union[int, None] = None
            o: t.Optional[t.List[t.Optional[int]]] = None
            p: tuple[str, ...]
            q: set[str]
            r: Sequence[str]
            s: list
            u: dict
            v: StrictBool
            w: Union[int, float]
        """,
    "future annotations and texts": """
        from __future__ import annotations
        import typing
        from pydantic import BaseModel, Field
        class OutputParser(BaseModel):
            a: typing.List["Item"]
            b: "typing.Optional[int]" = None
            c: Item | None = None
            d: "typing.Literal['a', 'b']"
        class Item(BaseModel):
            n: str = Field(description="the " "name")
        OutputParser.model_rebuild()
        """,
    "other names": """
        Side = Literal["l", "r"]
        Both = Literal[Side, "both"]
        Score: t.TypeAlias = Annotated[int, F(ge=0, le=10, description="a score")]
        Many = L[Side]
        class OutputParser(BM):
            a: Side
            b: Both
            c: Score
            d: O[Score] = None
            e: L[Side]
            f: Many
            g: O[Many] = None
        """,
    "inheritance": """
        class Plain:
            m: int
        class A(BaseModel):
            a: int
            c: str = "3"
        class B(BaseModel):
            b: int
            c: int
        class C(A):
            a: Optional[str] = None
        class OutputParser(Plain, C, B):
            d: int
        """,
    "bounds": """
        SHORT = Field(max_length=3, description="short")
        MAYBE = Field(None, max_length=4)
        class OutputParser(BaseModel):
            a: int = Field(ge=0, lt=10)
            b: int = Field(gt=0, le=9)
            c: float = Field(ge=0.5, le=1)
            d: str = Field(max_length=20)
            e: list[str] = Field(max_length=3)
            f: conint(ge=1, lt=5)
            g: constr(max_length=7)
            h: conlist(str, max_length=5)
            i: Optional[confloat(ge=0)] = None
            j: PositiveInt
            k: Annotated[int, Field(ge=0, description="k")] = Field(le=3)
            l: Annotated[Optional[int], Field(ge=0)] = None
            n: t.Annotated[list[t.Annotated[int, Field(ge=1)]], Field(max_length=2)]
            o: Annotated[str, SHORT]
            p: str = SHORT
            q: Optional[str] = SHORT
            r: str = MAYBE
        """,
    "choices": """
        COLOURS = ("red", "green")
        MORE = [*COLOURS, "blue"]
        class E(str, Enum):
            A = "a"
            B = "b"
        class N(IntEnum):
            ONE = auto()
            FOUR = 4
            FIVE = auto()
        class S(StrEnum):
            UP = auto()
            DOWN = "down"
        class OutputParser(BaseModel):
            a: Literal["x", "y"]
            b: Literal[1, 2]
            c: Literal[True, False]
            d: Literal["x", None]
            e: Literal[True, 1, "1"]
            f: Literal[-1, 0, 1]
            g: Literal[COLOURS]
            h: Literal[tuple(MORE)]
            o: Literal[*COLOURS, "pink"]
            i: E
            j: N
            k: S
            l: list[E]
            m: Optional[Literal["p"]] = None
            n: Dict[str, E]
        """,
    "classes inside": """
        class OutputParser(BaseModel):
            class Item(BaseModel):
                '''An item.'''
                kind: Literal["a", "b"]
            model_config = ConfigDict(extra="forbid")
            version: ClassVar[int] = 3
            _private: int = 4
            items: list[Item] = Field(default_factory=list)
            one: Item
            other: Item = Field(description="told here")
        """,
    "dataclasses": """
        from typing_extensions import NotRequired, TypedDict
        class T(TypedDict):
            a: int
            b: NotRequired[str]
        class P(TypedDict, total=False):
            q: int
        @dataclass
        class D:
            x: int
            y: int = 3
        class OutputParser(BaseModel):
            t: T
            p: P
            d: D
        """,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_as_pydantic_reads_it(form: str, tmp_path: Path) -> None:
    head = "" if form.startswith("future") else HEAD
    found = read(tmp_path, FORMS[form], head=head)
    assert as_pydantic(found.fields) == by_pydantic(tmp_path / "parser.py")
    assert list(found.fields) == list(by_pydantic(tmp_path / "parser.py"))
    task_of(found)


LEAVES = ["str", "int", "float", "bool", "Any", "dt.date", "E", "Item", '"Item"', "Literal[1, 'b']"]
types = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        inner.map(lambda each: f"Optional[{each}]"),
        inner.map(lambda each: f"List[{each}]"),
        inner.map(lambda each: f"list[{each}]"),
        inner.map(lambda each: f"Dict[str, {each}]"),
        inner.map(lambda each: f"Annotated[{each}, Field(description='told')]"),
        inner.map(lambda each: f"Union[{each}, None]"),
    ),
    max_leaves=4,
)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    declared=st.lists(st.tuples(types, st.sampled_from(["", " = None"])), min_size=1, max_size=4)
)
def test_any_combination_is_read_as_pydantic_reads_it(
    declared: list[tuple[str, str]], tmp_path: Path
) -> None:
    body = "class E(str, Enum):\n    A = 'a'\n    B = 'b'\nclass Item(BaseModel):\n    n: int\n"
    body += "class OutputParser(BaseModel):\n"
    body += "".join(f"    f{at}: {kind}{value}\n" for at, (kind, value) in enumerate(declared))
    found = read(tmp_path, body)
    ours, theirs = as_pydantic(found.fields), by_pydantic(tmp_path / "parser.py")
    # Where a description stands inside of a list, pydantic keeps it there, and so may we.
    assert _bare(ours) == _bare(theirs)


def _bare(shape: Any) -> Any:
    if isinstance(shape, dict):
        return {key: _bare(each) for key, each in shape.items() if key != "description"}
    return shape


# Forms that pydantic has no word for -------------------------------------------------------------


def test_a_docstring_describes_a_field_a_class_and_a_value(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '''
        class Grade(IntEnum):
            """How bad it is."""
            LOW = 1
            """Hardly."""
            HIGH = 2
        class OutputParser(BaseModel):
            """What the report says."""
            grade: Grade
            size: float
            """In millimetres,
            the largest."""
            site: str = Field(description="This counts")
            """This does not"""
        ''',
    )
    assert found.description == "What the report says."
    assert found.fields["grade"]["description"] == "How bad it is."
    assert found.fields["grade"]["values"] == [
        {"value": 1, "description": "Hardly."},
        {"value": 2, "description": ""},
    ]
    assert found.fields["size"]["description"] == "In millimetres,\nthe largest."


def test_a_description_may_be_put_together_from_constants(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '''
        import textwrap
        SITES = ("liver", "lung")
        WHAT = "site"
        class OutputParser(BaseModel):
            a: str = Field(description=f"The {WHAT}: " + ", ".join(SITES))
            b: str = Field(..., description=textwrap.dedent("""\\
                two
                lines"""))
            c: str = Field(None, description="  trimmed ".strip())
        ''',
    )
    told = [each["description"] for each in found.fields.values()]
    assert told == ["The site: liver, lung", "two\nlines", "trimmed"]
    assert [each["required"] for each in found.fields.values()] == [True, True, False]


def test_a_default_is_no_fact_so_the_field_need_not_be_stated(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        class OutputParser(BaseModel):
            a: str = "unknown"
            b: int = Field(0, description="b")
            c: Literal["x", "y"] = "x"
            d: list[str] = Field(default_factory=list)
        """,
    )
    assert not any(each["required"] for each in found.fields.values())
    (note,) = (each for each in found.notes if "default" in each)
    assert note.endswith(": a, b, c")


def test_a_list_may_be_empty_so_it_is_never_required(tmp_path: Path) -> None:
    assert field(tmp_path, "list[str]")["required"] is False


def test_what_a_task_cannot_say_is_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        import logging
        logging.basicConfig()
        class OutputParser(BaseModel):
            when: dt.datetime
            code: str = Field(pattern="[0-9]+", alias="kode")
            size: float = Field(gt=0)
            value: int | str
            table: dict[str, str]
            @field_validator("size")
            @classmethod
            def check(cls, size): return size
            @property
            def area(self): return self.size ** 2
        """,
    )
    told = "\n".join(found.notes)
    for part in (
        "only the date is kept, not the time of day: when",
        "not checked, since no task has such a rule (pattern): code",
        "other names are left out: the field keeps its own: code",
        "bounds are inclusive: size",
        "types are united: any text, number or boolean: value",
        "a mapping becomes a list of key and value: table",
        "methods and validators are not run: OutputParser.check, OutputParser.area",
        "other code is not run: line 13",
        "texts have at most 1000 characters and lists 100 items",
    ):
        assert part in told, part


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("Union[str, dt.date]", "string"),
        ("Literal['n/a'] | str", "string"),
        ("Literal['n/a'] | int", "any"),
        ("int | float", "number"),
        ("Union[Literal['a'], Literal['b']]", "enum"),
        ("Union[int, str, None]", "any"),
        ("decimal.Decimal", "number"),
        ("uuid.UUID", "string"),
        ("dt.time", "string"),
        ("object", "any"),
        ("pydantic.NonNegativeInt", "integer"),
    ],
)
def test_scalars_may_be_united(annotation: str, kind: str, tmp_path: Path) -> None:
    assert field(tmp_path, annotation)["type"] == kind


@pytest.mark.parametrize(
    ("annotation", "key", "value"),
    [
        ("t.Final[int]", "type", "integer"),
        ("conlist(item_type=int, max_items=4)", "max_items", 4),
        ("Tuple[int, int]", "max_items", 2),
        ("str | str", "type", "string"),
        ("int = Field(ge=None)", "type", "integer"),
        ("int = Field(description=None, title='x')", "required", True),
        ("int = Field(le=1e999)", "type", "integer"),
        ("str = Field(max_length=9000)", "max_length", 4000),
        ("list[str] = Field(max_length=9000)", "max_items", 1000),
        ("dict[str, int] = {}", "required", False),
        ("Item = Item()", "required", False),
        ("dt.date = dt.date.today()", "required", False),
        ("Literal[Colour.RED.value]", "values", [{"value": "red", "description": ""}]),
        ("Literal[Colour.RED.name]", "values", [{"value": "RED", "description": ""}]),
        ("Literal[Names.RED]", "values", [{"value": "rot", "description": ""}]),
        ("Literal['a', Item.SIDES]", "type", "enum"),
        ("Annotated[str, 'a comment']", "type", "string"),
        ("Annotated[str, str.strip]", "type", "string"),
        ("Annotated[int, pydantic.AfterValidator(abs)]", "type", "integer"),
    ],
)
def test_rarer_forms_are_understood(
    annotation: str, key: str, value: object, tmp_path: Path
) -> None:
    before = """
class Item(BaseModel):
    SIDES: ClassVar = ("l", "r")
    n: int = 3
class Colour(Enum):
    RED = "red"
class Names:
    RED = "rot"
Item.SIDES = ("l", "r")
"""
    if "Item.SIDES" in annotation:
        with pytest.raises(UsageError, match="no constant of this file"):
            field(tmp_path, annotation, before)
    else:
        assert field(tmp_path, annotation, before)[key] == value


def test_a_choice_may_have_many_values_in_many_fields(tmp_path: Path) -> None:
    codes = ", ".join(f"'C{at}'" for at in range(300))
    body = f"Code = Literal[{codes}]\nclass OutputParser(BaseModel):\n"
    found = read(tmp_path, body + "".join(f"    f{at}: Code\n" for at in range(100)))
    assert len(found.fields["f99"]["values"]) == 300


def test_methods_that_are_assigned_and_strange_arguments_are_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        def check(cls, value):
            return value
        @check
        class OutputParser(BaseModel):
            size: float = Field(unit_of_it="mm")
            side: Literal["l"] = Field(max_length=3)
            check_size = field_validator("size")(check)
        """,
    )
    told = "\n".join(found.notes)
    assert "methods and validators are not run: OutputParser.check_size" in told
    assert "not known is left out (unit_of_it): size" in told
    assert "no task has such a rule: side (max_length)" in told
    assert "decorators of classes are not run: OutputParser" in told


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type statements are of Python 3.12")
def test_a_type_statement_names_a_type(tmp_path: Path) -> None:
    assert field(tmp_path, "list[Side]", "type Side = Literal['l', 'r']\n")["items"]["values"]


def test_one_or_several_is_a_list(tmp_path: Path) -> None:
    assert field(tmp_path, "Union[str, List[str]]")["items"]["type"] == "string"


@pytest.mark.parametrize(
    "before",
    [
        "try:\n    from typing import Literal as X\n"
        "except ImportError:\n    from typing_extensions import Literal as X\n",
        "from typing_extensions import Literal as X\n",
        "if t.TYPE_CHECKING:\n    from os import PathLike\nX = Literal\n",
        "if sys.version_info >= (3, 9):\n    X = Literal\nelse:\n    X = list\n",
    ],
)
def test_an_import_may_have_a_spare(before: str, tmp_path: Path) -> None:
    assert field(tmp_path, "X['a', 'b']", before)["type"] == "enum"


def test_all_names_of_a_module_may_be_imported(tmp_path: Path) -> None:
    head = "from typing import *\nfrom pydantic import *\n"
    found = read(
        tmp_path,
        "class OutputParser(BaseModel):\n    x: List[Literal['a']] = Field(max_length=2)\n",
        head=head,
    )
    assert found.fields["x"]["max_items"] == 2


def test_a_file_may_say_its_encoding_or_have_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "parser.py"
    body = "from pydantic import BaseModel, Field\nclass OutputParser(BaseModel):\n"
    body += "    x: str = Field(description='所見')\n"
    for data in (
        body.encode("utf-8-sig"),
        ("# -*- coding: cp932 -*-\n" + body).encode("cp932"),
        ("# coding: euc-jp\n" + body).encode("euc_jp"),
        body.replace("\n", "\r\n").encode(),
    ):
        path.write_bytes(data)
        assert python_classes.read(path).fields["x"]["description"] == "所見"
    path.write_bytes(body.encode("cp932"))
    with pytest.raises(UsageError, match="not in the encoding of Python files"):
        python_classes.read(path)


# What cannot be understood is an error with its line --------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ("bytes", "bytes is not understood|bytes is no type"),
        ("Lits[str]", "no type of this file"),
        ("Union[Item, Other]", "several types"),
        ("Tuple[int, str]", "a tuple of several types"),
        ("Dict[Item, int]", "only plain values can be keys"),
        ("None", "can only be null"),
        ("Literal[b'x']", "is no constant"),
        ("Literal[open('f')]", "nothing is run"),
        ("t.Callable[[int], str]", "not understood"),
        ("(lambda: int)()", "a call that is not run"),
        ("[int]", "not understood"),
        ("int if True else str", "not understood"),
        ("'int; import os'", "no valid Python"),
        ("'a = 3'", "no valid Python"),
        ("''", "no type"),
        ("make()", "a call that is not run"),
        ("int = Field(descripton='x')", "did you mean description?"),
        ("int = Field(ge='0')", "ge is no number"),
        ("int = Field(**COMMON)", "not understood"),
        ("int = make('x')", "would have to be run"),
        ("int = Field(description=make('x'))", "nothing is run"),
        ("sys.path", "not understood"),
        ("typing.List[str]", "typing.List is no type of this file"),
        ("Flags", "no class of fields"),
        ("Far", "comes from another file"),
        ("Twice", "bound more than once"),
        ("Changed", "is changed by code that is not run"),
        ("Looped", "is bound by code that is not run"),
        ("Literal[Grown]", "bound"),
        ("Mixed", "no str, as its enum says"),
        ("Empty", "an enum without values"),
        ("Tupled", "no plain value of an enum"),
        ("Counted", "auto\\(\\) is not understood"),
        ("Texts", "no class of fields"),
        ("Clash", "contradict each other"),
        ("Odd", "its base class str is not understood"),
        ("List[None]", "nothing but null"),
        ("Far[int]", "comes from another file"),
        ("conlist()", "needs the type of its items"),
        ("Literal[{'a': 1}]", "only plain values"),
        ("Literal[(('a',),)]", "only plain values"),
        ("Literal[NUMBER + 1]", "only texts and lists are added"),
        ("Literal[*NUMBER]", "only plain values"),
        ("Literal[[*NUMBER]]", "is no list"),
        ("Literal[VALUES, 'c']", "only plain values"),
        ("Literal[-TEXT]", "is no constant"),
        ("Literal[Colour.BLUE]", "no constant of this file"),
        ("Literal[NUMBER.value]", "no constant of this file"),
        ("Literal[Shared]", "bound by code that is not run"),
        ("Literal[Nowhere]", "bound by code that is not run"),
        ("int = Field(description=f'{NUMBER:>3}')", "is formatted in a way"),
        ("int = Field(description=', '.join((1, 2)))", "only texts are joined"),
        ("int = Field(description=3)", "its description is no text"),
        ("int = Field(description={1: 2})", "keys that are no texts"),
        ("int = Field(description=TEXT.replace('a', 'b'))", "nothing is run"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(
    annotation: str, said: str, tmp_path: Path
) -> None:
    before = """
from enum import Flag
from .far import Far
class Top(BaseModel):
    t: int
class Item(Top):
    a: int
class Other(BaseModel):
    b: int
class Flags(Flag):
    A = 1
class Mixed(str, Enum):
    A = 1
class Twice(BaseModel):
    a: int
class Twice(BaseModel):
    b: int
Changed = [str]
Changed.append(int)
Grown = ["a"]
Grown += ["b"]
for Looped in (int, str):
    pass
class Empty(Enum):
    pass
class Tupled(Enum):
    A = 1, 2
class Counted(str, Enum):
    A = auto()
class Texts(str):
    pass
class Clash(Top, Item): pass
class Odd(str, Item): pass
class Colour(Enum):
    RED = "red"
BLUE = 1
VALUES = ("a", "b")
NUMBER = 2
TEXT = "a"
Shared = 3
with open("f") as file:
    import Nowhere
def change():
    global Shared
COMMON = {"ge": 0}
def make(*given):
    return int
"""
    body = f"{before}\nclass OutputParser(BaseModel):\n    x: {annotation}\n"
    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path, body)
    assert caught.value.where is not None
    assert ", line " in caught.value.where


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "has no class OutputParser"),
        ("class OutputParsr(BaseModel):\n    x: int\n", "did you call it OutputParsr?"),
        ("class OutputParser:\n    pass\n", "no subclass of BaseModel"),
        ("@dataclass\nclass OutputParser:\n    x: int\n", "no subclass of BaseModel"),
        ("class OutputParser(BaseModel):\n    pass\n", "has no fields"),
        ("def OutputParser():\n    pass\n", "is a function"),
        ("from . import OutputParser\n", "comes from another file"),
        ("OutputParser = pydantic.create_model('OutputParser', x=(int, 1))\n", "OutputParser"),
        ("class OutputParser(make()):\n    x: int\n", "base class"),
        ("class OutputParser(BaseModel):\n    x = 3\n", "OutputParser.x has no type"),
        ("class OutputParser(BaseModel):\n    if True:\n        x: int\n", "not understood"),
        ("class OutputParser(BaseModel:\n    x: int\n", "no valid Python"),
        ("class A(B): pass\nclass B(A): pass\nclass OutputParser(A):\n    x: int\n", "BaseModel"),
        (
            "class OutputParser(BaseModel):\n    x: int\n    again: List['OutputParser']\n",
            "refers to itself",
        ),
        (
            "class A(BaseModel):\n    b: Optional['B'] = None\n"
            "class B(BaseModel):\n    a: A\nclass OutputParser(BaseModel):\n    a: A\n",
            "refers to itself",
        ),
        ("class OutputParser(BaseModel):\n    x: Literal['\\udc00']\n", "half a character"),
    ],
)
def test_a_class_that_is_none_is_refused(body: str, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path, body)
