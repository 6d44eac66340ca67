"""Unicode normal forms: NORMALIZE and NORMALIZE_AND_CASEFOLD."""

import unicodedata
from typing import Literal

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.registry import special
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "strings"

FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def _normalize(fold: bool) -> Translator:
    def translate(call: Call) -> Value:
        form = call.nodes[1].name.upper() if len(call.nodes) == 2 else "NFC"
        if form not in FORMS or len(call.nodes) > 2:
            raise call.refuse(f"takes a STRING and one of {', '.join(FORMS)}")
        value = call.value(0)
        if value.type.kind not in ("STRING", "NULL", "UNKNOWN"):
            raise call.refuse(f"takes a STRING, not {value.type}")
        return Value(f"bq_normal_form({value.sql}, '{form}', {'true' if fold else 'false'})", STRING)

    return translate


def _normal_form(s: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"], fold: bool) -> str:
    once = unicodedata.normalize(form, s)
    return unicodedata.normalize(form, once.casefold()) if fold else once


python("bq_normal_form", _normal_form, "VARCHAR, VARCHAR, BOOLEAN", "VARCHAR")
special(
    "NORMALIZE",
    "STRING[, NFC, NFD, NFKC or NFKD] -> STRING",
    _normalize(False),
    topic=TOPIC,
    examples={"NORMALIZE('\\u00ea') = NORMALIZE('\\u0065\\u0302')": True, "NORMALIZE('\\u2168', NFKC)": "IX"},
)
special(
    "NORMALIZE_AND_CASEFOLD",
    "STRING[, NFC, NFD, NFKC or NFKD] -> STRING",
    _normalize(True),
    topic=TOPIC,
    examples={"NORMALIZE_AND_CASEFOLD('The Red BARN')": "the red barn"},
)
