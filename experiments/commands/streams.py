"""What the command prints, readable whatever the terminal can show."""

import codecs
import sys
import warnings

PLAIN = {"−": "-", "→": "->", "…": "...", "×": "x", "÷": "/", "·": ".", "≤": "<=", "≥": ">=", "–": "-", "—": "-"}
"""What stands for a character where there is none: a minus must not become a question mark."""


def speak_plainly() -> None:
    """Print with characters that the stream knows, and warnings without the paths of libraries."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="plain")
    warnings.formatwarning = lambda message, *_, **__: f"Note: {message}\n"


def _plain(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    missing = fault.object[fault.start : fault.end]
    return "".join(PLAIN.get(character, "?") for character in missing), fault.end
