"""Why data could not be had; each is a reason that a list of missing frames can give."""

from __future__ import annotations

from helioreduce.errors import InputError


class FetchError(InputError):
    """Base of the four reasons; ``reason`` is its short name."""

    @property
    def reason(self) -> str:
        """The name of the class, for lists of missing frames."""
        return type(self).__name__


class NoData(FetchError):
    """The archive has no such record, segment or file, or has it off line."""


class Rejected(FetchError):
    """The archive, or a rule of ours, refuses: address not registered, request too large, foreign host, bad quality."""


class TransientExhausted(FetchError):
    """Every attempt met a passing fault; a later run may succeed."""


class Corrupt(FetchError):
    """The file is wrong at its source: two transfers gave the same bytes, and they fail verification."""
