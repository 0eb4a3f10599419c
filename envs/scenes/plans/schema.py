"""What a plan.json may hold: the schema that is shipped, and the part of JSON Schema it uses.

The file plan.schema.json is the one description of the format; editors complete and check by it,
and so does this reader, so that both say the same. Of JSON Schema (draft 2020-12) it knows: type,
properties, required, additionalProperties, items, minItems, maxItems, enum, minimum, maximum,
exclusiveMinimum and $ref into $defs.
"""

from __future__ import annotations

import json
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from ...interface import SoundwalkError, unknown

SCHEMA = Path(__file__).with_name("plan.schema.json")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float),
    "integer": (int,), "boolean": (bool,),
}  # fmt: skip
_WORDS = {
    "object": "keys and values", "array": "a list", "string": "text", "number": "a number",
    "integer": "a whole number", "boolean": "true or false",
}  # fmt: skip


@cache
def schema() -> dict[str, Any]:
    """The schema of plan.json."""
    read: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return read


def check(value: Any, where: str = "") -> None:
    """Compare a whole plan with the schema.

    Args:
        value: as JSON has it.
        where: the file, for messages.

    Raises:
        SoundwalkError: an unknown key, one that is missing, or a value of the wrong kind or size.
    """
    _check(value, schema(), where)


def _check(value: Any, rule: dict[str, Any], where: str) -> None:
    if "$ref" in rule:
        rule = {**schema()["$defs"][rule["$ref"].rpartition("/")[2]], **rule}
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    fits = any(isinstance(value, _TYPES[k]) for k in kinds)
    if not fits or (isinstance(value, bool) and "boolean" not in kinds):
        expected = " or ".join(_WORDS[k] for k in kinds)
        raise SoundwalkError(f"{where} is {_short(value)}: expected {expected}{_meaning(rule)}")
    if value not in rule.get("enum", [value]):
        raise unknown(where, value, rule["enum"])
    if isinstance(value, dict):
        _check_object(value, rule, where)
    elif isinstance(value, list):
        _check_list(value, rule, where)
    elif isinstance(value, int | float):
        _check_number(value, rule, where)


def _check_object(value: dict[str, Any], rule: dict[str, Any], where: str) -> None:
    known = rule.get("properties", {})
    further = rule.get("additionalProperties", {})
    for key, item in value.items():
        if key not in known and further is False:
            raise unknown(f"key in {where}", key, known)
        _check(item, known.get(key, further), f"{where}, {key}" if where else key)
    for key in rule.get("required", []):
        if key not in value:
            raise SoundwalkError(f"{where} has no {key!r}: expected {_meaning(known[key], '')}")


def _check_list(value: list[Any], rule: dict[str, Any], where: str) -> None:
    least, most = rule.get("minItems", 0), rule.get("maxItems", len(value))
    if not least <= len(value) <= most:
        wanted = f"{least} to {most}" if least < most else f"{least}"
        if "maxItems" not in rule:
            wanted = f"at least {least}"
        raise SoundwalkError(f"{where} has {len(value)} entries: expected {wanted}{_meaning(rule)}")
    for number, item in enumerate(value):
        _check(item, rule["items"], f"{where}[{number}]")


def _check_number(value: float, rule: dict[str, Any], where: str) -> None:
    above, least = rule.get("exclusiveMinimum", -inf), rule.get("minimum", -inf)
    most = rule.get("maximum", inf)
    if not value > above or not least <= value <= most:
        bounds = {"more than": above, "at least": least, "at most": most}
        words = " and ".join(f"{word} {b:g}" for word, b in bounds.items() if abs(b) < inf)
        raise SoundwalkError(f"{where} is {value:g}: expected {words}")


def _meaning(rule: dict[str, Any], before: str = ": ") -> str:
    """What a value is for, as the schema says."""
    if "$ref" in rule:
        rule = {**schema()["$defs"][rule["$ref"].rpartition("/")[2]], **rule}
    kind = rule.get("type", "")
    words = rule.get("description", _WORDS.get(kind, "") if before == "" else "")
    return f"{before}{words}" if words else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else text[:36] + " …"
