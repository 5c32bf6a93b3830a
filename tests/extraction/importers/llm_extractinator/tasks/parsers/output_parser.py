from pydantic import BaseModel, Field


class OutputParser(BaseModel):
    HR: int = Field(description="Heart rate in beats per minute")
    Name: str = Field(description="Name of the patient")
