from pydantic import BaseModel
from pydantic import Field
from typing import Any, Literal, Optional


class Lesion(BaseModel):
    size_mm: float = Field(description="Largest diameter", ge=0, le=500)
    site: Literal['liver', 'lung', 'other']
    new: bool

class OutputParser(BaseModel):
    reasoning: str
    lesions: list[Lesion]
    grade: Literal[1, 2, 3]
    comment: Optional[str] = None
    scores: dict[str, float]
    count: Optional[int] = Field(None, description="How many in all")
    other: Any

