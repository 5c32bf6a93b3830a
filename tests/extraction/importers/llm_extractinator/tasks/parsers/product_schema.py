from pydantic import BaseModel

class OutputParser(BaseModel):
    product_name: str
    price: float
