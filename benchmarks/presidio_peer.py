"""Detection by Presidio with GiNZA over a JSONL file; answers as ``sekisho_peer.py`` does.

Runs in an environment of its own (``pip install presidio-analyzer ja-ginza spacy``); nothing of
sekisho is imported here.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from importlib.metadata import version

#: GiNZA names entities after Sekine's extended hierarchy; these are what Presidio can use.
_LABELS = {
    "Person": "PERSON",
    "City": "LOCATION",
    "Province": "LOCATION",
    "County": "LOCATION",
    "GPE_Other": "LOCATION",
    "Postal_Address": "LOCATION",
    "Domestic_Region": "LOCATION",
    "Date": "DATE_TIME",
    "Time": "DATE_TIME",
    "Age": "AGE",
    "Phone_Number": "PHONE_NUMBER",
    "Company": "ORGANIZATION",
    "Corporation_Other": "ORGANIZATION",
    "School": "ORGANIZATION",
    "GOE_Other": "ORGANIZATION",
    "Facility_Other": "ORGANIZATION",
}


def main(path: str) -> None:
    began = time.perf_counter()
    logging.disable(logging.WARNING)
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    engine = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "ja", "model_name": "ja_ginza"}],
            "ner_model_configuration": {
                "model_to_presidio_entity_mapping": _LABELS,
                "labels_to_ignore": ["O"],
            },
        }
    ).create_engine()
    registry = RecognizerRegistry(supported_languages=["ja"])
    registry.load_predefined_recognizers(languages=["ja"], nlp_engine=engine)
    analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["ja"])
    start = None
    characters = documents = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            analyzer.analyze(text, language="ja")
            if start is None:
                start = time.perf_counter() - began
                began = time.perf_counter()
            else:
                characters += len(text)
                documents += 1
    names = ", ".join(f"{name} {version(name)}" for name in ("presidio-analyzer", "ja-ginza"))
    answer = {
        "name": names,
        "start_s": start,
        "characters": characters,
        "documents": documents,
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
