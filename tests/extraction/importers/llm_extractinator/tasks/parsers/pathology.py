from typing import List, Literal

from pydantic import BaseModel
from pydantic import Field as PydanticField


class _Cassette(BaseModel):
    tissue_type: Literal["LUNG", "BRONCHUS", "LYMPH NODE", "OTHER"] = PydanticField(
        description="Tissue in this cassette, as named in its own block"
    )
    evidence: str = PydanticField(description="The sentence the tissue type is read from")


class _Specimen(BaseModel):
    label: str = PydanticField(description="Specimen label, e.g. A or B")
    cassettes: List[_Cassette] = PydanticField(description="One per cassette")


class _ThreeLevel(BaseModel):
    """The shape of the pathology task that exposed the one-level cut-off."""

    specimens: List[_Specimen] = PydanticField(description="One per specimen")


OutputParser = _ThreeLevel
