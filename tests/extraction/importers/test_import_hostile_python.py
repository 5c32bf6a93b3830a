"""A parser file is somebody else's program: none of it is run, and none of it runs away with us."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sekisho.errors import UsageError
from sekisho.extraction.importers import python_classes

PARSERS = Path(__file__).parent / "llm_extractinator" / "tasks" / "parsers"
HEAD = """\
from enum import Enum, StrEnum, auto
from typing import Annotated, List, Literal, Optional, Union
import pydantic
from pydantic import BaseModel, Field, field_validator
"""

MARK = "__import__('pathlib').Path({mark!r}).write_text('ran')"
HOSTILE = {
    "top level": "{run}\nclass OutputParser(BaseModel):\n    x: int\n",
    "import": "import os\nos.system('echo ran > ' + {mark!r})\n"
    "class OutputParser(BaseModel):\n    x: int\n",
    "decorator": "@(lambda cls: {run})\nclass OutputParser(BaseModel):\n    x: int\n",
    "metaclass": "class M(type(BaseModel)):\n    def __new__(*a, **k):\n        {run}\n"
    "class OutputParser(BaseModel, metaclass=M):\n    x: int\n",
    "base": "class OutputParser({run}, BaseModel):\n    x: int\n",
    "class body": "class OutputParser(BaseModel):\n    x: int\n    {run}\n",
    "default": "class OutputParser(BaseModel):\n    x: int = {run}\n",
    "default factory": "class OutputParser(BaseModel):\n"
    "    x: int = Field(default_factory=lambda: {run})\n",
    "description": "class OutputParser(BaseModel):\n    x: int = Field(description={run})\n",
    "formatted": 'class OutputParser(BaseModel):\n    x: int = Field(description=f"{{{run}}}")\n',
    "annotation": "class OutputParser(BaseModel):\n    x: {run}\n",
    "text annotation": 'class OutputParser(BaseModel):\n    x: "{run}"\n',
    "literal": "class OutputParser(BaseModel):\n    x: Literal[{run}]\n",
    "enum": "class E(Enum):\n    A = {run}\nclass OutputParser(BaseModel):\n    x: E\n",
    "validator": "class OutputParser(BaseModel):\n    x: int\n"
    "    @field_validator('x')\n    def f(cls, x):\n        {run}\n",
    "annotated": "class OutputParser(BaseModel):\n"
    "    x: Annotated[int, pydantic.AfterValidator(lambda x: {run})]\n",
    "comprehension": "A = [{run} for _ in (1,)]\n"
    "class OutputParser(BaseModel):\n    x: Literal[A]\n",
    "subclass hook": "class A(BaseModel):\n    def __init_subclass__(cls):\n        {run}\n"
    "class OutputParser(A):\n    x: int\n",
    "main": "if __name__ == 'parser':\n    {run}\nclass OutputParser(BaseModel):\n    x: int\n",
}


@pytest.mark.parametrize("where", HOSTILE)
def test_nothing_of_a_hostile_file_is_run(where: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = MARK.format(mark=str(mark))
    body = HOSTILE[where].format(run=run, mark=str(mark))
    path = tmp_path / "parser.py"
    path.write_text(HEAD + body)
    with contextlib.suppress(UsageError):
        python_classes.read(path)
    assert not mark.exists()
    # The file does leave its mark where it is run, so the test can fail.
    if where not in ("default factory", "validator", "annotated", "main", "base", "subclass hook"):
        subprocess.run([sys.executable, str(path)], check=False, capture_output=True)
        assert mark.exists()


def test_no_code_is_executed_and_nothing_imported_while_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "parser.py"
    body = "class E(StrEnum):\n    A = auto()\nclass OutputParser(BaseModel):\n    x: list['E']\n"
    path.write_text(HEAD + "import antigravity\n" + body)
    watched = f"""
import json, sys
from pathlib import Path
from sekisho.extraction.importers import python_classes
python_classes.read(Path({str(PARSERS / "built.py")!r}))
seen = []
sys.addaudithook(lambda event, given: seen.append((event, str(given)[:200])))
python_classes.read(Path({str(path)!r}))
bad = ("exec", "import", "os.", "subprocess.", "socket.", "shutil.", "ctypes.")
print(json.dumps([each for each in seen if each[0].startswith(bad)]))
print(json.dumps([each for each in seen if each[0] == "open"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", watched], check=True, capture_output=True, text=True
    )
    acts, opened = map(json.loads, done.stdout.splitlines())
    assert acts == []
    assert len(opened) == 1
    assert str(path) in opened[0][1]


def _chain(links: int, body: str) -> str:
    first = "class C0(BaseModel):\n    a: int\n"
    more = (f"class C{at}(BaseModel):\n{body.format(at - 1)}" for at in range(1, links))
    return first + "".join(more) + f"class OutputParser(BaseModel):\n    x: C{links - 1}\n"


def _names(first: str, step: str, links: int, use: str) -> str:
    steps = "".join(f"a{at} = {step.format(f'a{at - 1}')}\n" for at in range(1, links))
    last = use.format(f"a{links - 1}")
    return f"a0 = {first}\n{steps}class OutputParser(BaseModel):\n    x: {last}\n"


def _hostile_sizes() -> Iterator[tuple[str, str]]:
    yield "classes that double", _chain(25, "    a: C{0}\n    b: C{0}\n")
    yield "classes without end", _chain(400, "    a: C{0}\n")
    yield "many fields", _chain(1, "") + "".join(f"    f{at}: int\n" for at in range(5000))
    diamonds = "".join(
        f"class A{at}(A{at - 1}, B{at - 1}): pass\nclass B{at}(A{at - 1}, B{at - 1}): pass\n"
        for at in range(1, 200)
    )
    yield (
        "diamonds",
        "class A0(BaseModel):\n    a: int\nclass B0(BaseModel):\n    b: int\n"
        f"{diamonds}class OutputParser(A199, B199): pass\n",
    )
    yield "texts", _names("'xxxxxxxxxx'", "{0} + {0}", 30, "str = Field(description={0})")
    yield "formatted", _names("'x'", "f'{{{0}}}{{{0}}}'", 18, "str = Field(description={0})")
    yield (
        "joined",
        "a = 'y' * 3\n"
        + _names(
            repr("y" * 15000), "{0}.join((" + "''," * 900 + "))", 2, "str = Field(description={0})"
        ),
    )
    yield "lists", _names("(1, 2)", "(*{0}, *{0})", 20, "Literal[{0}]")
    yield "literals", _names("Literal['x']", "Literal[{0}, {0}]", 25, "{0}")
    yield "empty literals", _names("Literal[()]", "Literal[{0}, {0}]", 25, "{0}")
    yield "unions", _names("Union[int, str]", "Union[List[{0}], List[{0}]]", 20, "{0}")
    yield "a ring of names", "a = b\nb = a\nclass OutputParser(BaseModel):\n    x: a\n"
    yield "a ring of values", "a = b\nb = a\nclass OutputParser(BaseModel):\n    x: Literal[a]\n"
    yield "a ring of types", "a = List['a']\nclass OutputParser(BaseModel):\n    x: a\n"
    yield (
        "an enum of itself",
        "class E(Enum):\n    A = E.A\nclass OutputParser(BaseModel):\n    x: E\n",
    )
    deep = "Optional[" * 150 + "int" + "]" * 150
    yield "optionals", f"class OutputParser(BaseModel):\n    x: {deep}\n"
    yield "alternatives", f"class OutputParser(BaseModel):\n    x: {'int | ' * 20_000}None\n"
    yield "dots", f"class OutputParser(BaseModel):\n    x: {'a.' * 400}b\n"
    yield "signs", f"x = {'-' * 90_000}1\n"
    yield "brackets", "x = " + "(" * 5000 + ")" * 5000
    yield "nul", "x = 'a\0b'\n"
    yield "digits", f"x = {'9' * 100_000}\n"
    yield "size", "# " + "x" * 300_000


@pytest.mark.parametrize(("what", "body"), list(_hostile_sizes()), ids=lambda each: each[:20])
def test_a_file_that_grows_without_end_is_refused(what: str, body: str, tmp_path: Path) -> None:
    path = tmp_path / "parser.py"
    path.write_text(HEAD + body)
    with pytest.raises(UsageError) as caught:
        python_classes.read(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < len(str(path)) + 200
