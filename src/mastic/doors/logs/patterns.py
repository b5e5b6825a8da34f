"""CloudWatch Logs filter patterns for unstructured events: terms, phrases, `?either ?or`, `-without`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mastic.protocol.errors import InvalidParameterException

_TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))(?=\s|$)')
_STRUCTURED = {"{": "JSON", "[": "space-delimited", "%": "regular expression"}


@dataclass(frozen=True)
class Pattern:
    """What a message must hold all of, one of, and none of. Case matters, as on AWS."""

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def matches(self, message: str) -> bool:
        """Whether a message is wanted."""
        if any(term in message for term in self.none_of):
            return False
        if self.all_of:  # beside required terms AWS ignores the optional ones
            return all(term in message for term in self.all_of)
        return not self.any_of or any(term in message for term in self.any_of)


def parse_pattern(text: str) -> Pattern:
    """Raises InvalidParameterException for what is no pattern or is one of the structured kinds."""
    kind = _STRUCTURED.get(text.lstrip()[:1])
    if kind:
        raise InvalidParameterException(
            f"filterPattern {text!r}: {kind} patterns are not there yet; "
            'use terms, "quoted phrases", ?either ?or and -without'
        )
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    at = 0
    while text[at:].strip():
        term = _TERM.match(text, at)
        if term is None:
            raise InvalidParameterException(f"Invalid filter pattern {text!r}: not a term at position {at + 1}")
        phrase = term["phrase"]
        found[term["sign"]].append(term["word"] if phrase is None else re.sub(r"\\(.)", r"\1", phrase))
        at = term.end()
    return Pattern(tuple(found[""]), tuple(found["?"]), tuple(found["-"]))
