"""Reasons why data are unavailable, as lists of missing frames give them."""

from __future__ import annotations

from helioreduce.errors import InputError


class FetchError(InputError):
    """Base class of the four reasons."""

    @property
    def reason(self) -> str:
        """Name of the class, for lists of missing frames."""
        return type(self).__name__


class NoData(FetchError):
    """The archive has no such record, segment or file, or has it off line."""


class Rejected(FetchError):
    """The archive or a check refuses: address not registered, request too large, other host, bad quality."""


class TransientExhausted(FetchError):
    """Every attempt met a transient error; a later run may succeed."""


class NoAnswer(TransientExhausted):
    """Nothing answers at the archive's address: that says nothing about a frame."""


class Corrupt(FetchError):
    """The file is wrong at its source: two transfers gave the same bytes, which fail verification."""
