import sys
from enum import Enum, IntEnum
from typing import List, Optional

from pydantic import BaseModel


class _Tissue(str, Enum):
    LUNG = "lung"
    BRONCHUS = "bronchus"


if sys.version_info >= (3, 11):
    from enum import StrEnum

    class _TissueStrEnum(StrEnum):
        LUNG = "lung"
        BRONCHUS = "bronchus"

else:  # pragma: no cover - StrEnum is 3.11+, the package supports 3.10
    _TissueStrEnum = None


class _Laterality(Enum):
    LEFT = "left"
    RIGHT = "right"


class _Grade(IntEnum):
    LOW = 1
    HIGH = 3


class OutputParser(BaseModel):
    tissue: _Tissue
    again: _TissueStrEnum
    side: _Laterality
    grade: _Grade
    many: List[_Tissue]
    maybe: Optional[_Tissue] = None
