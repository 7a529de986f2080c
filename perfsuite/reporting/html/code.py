"""Python source in colour: the standard library's tokenizer, five kinds of token, no dependency."""

from __future__ import annotations

import io
import keyword
import tokenize

KINDS = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}
STRINGS = {getattr(tokenize, name, -1) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")}


def tokens(source: str) -> list[tuple[str, str]]:
    """``(kind, text)`` in order: kind is "", "keyword", "name" (what is defined), "string", "number" or "comment".

    The joined texts are ``source``. Text that is not Python comes back as one plain piece.
    """
    try:
        found = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return [("", source)]
    lines = source.splitlines(keepends=True)
    pieces: list[tuple[str, str]] = []
    line, column, before = 1, 0, ""
    for token in found:
        kind = _kind(token, before)
        if token.string.strip():
            before = token.string
        if not kind:
            continue
        pieces.append(("", _between(lines, (line, column), token.start)))
        pieces.append((kind, token.string))
        line, column = token.end
    pieces.append(("", _between(lines, (line, column), (len(lines) + 1, 0))))
    whole = [piece for piece in pieces if piece[1]]
    return whole if "".join(text for _, text in whole) == source else [("", source)]


def _kind(token: tokenize.TokenInfo, before: str) -> str:
    if token.type == tokenize.NAME:
        return "keyword" if keyword.iskeyword(token.string) else "name" if before in ("def", "class") else ""
    return "string" if token.type in STRINGS else KINDS.get(token.type, "")


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """The text from ``start`` to ``end``, both (line from 1, column from 0)."""
    some = lines[start[0] - 1 : end[0]]
    if not some:
        return ""
    if start[0] == end[0]:
        return some[0][start[1] : end[1]]
    some[0] = some[0][start[1] :]
    if end[0] <= len(lines):
        some[-1] = some[-1][: end[1]]
    return "".join(some)
