"""The point-spread function that a configuration asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from helioreduce.errors import InputError
from helioreduce.plan.paths import located


@dataclass(frozen=True)
class Optics:
    """The PSF of a run; ``settings`` are those of the section ``aia``."""

    settings: Mapping[str, Any]

    def check(self) -> None:
        """Refuse a file of a channel's PSF that does not exist: with an absent input, what is finished would pass for current.

        Raises
        ------
        InputError
            If one does not exist, or its name has a placeholder other than ``{channel}``.
        """
        if self.settings["psf"]["model"] == "file":
            for channel in self.settings["channels"]:
                self._file(channel)

    @property
    def unused(self) -> Iterator[str]:
        """What is set for another model or method, and not used."""
        psf, options = self.settings["psf"], self.settings["deconvolve"]
        if psf["file"] and psf["model"] != "file":
            yield f"aia.psf.file is set, and aia.psf.model is {psf['model']}: the file is not read."
        if (psf["wings"] or psf["diffuse"]) and psf["model"] != "parametric":
            yield f"aia.psf.wings or diffuse is set, and aia.psf.model is {psf['model']}: they are not used."
        of_rl = [name for name in ("accelerate", "tolerance") if options[name] and options["method"] != "rl"]
        of_bid = ["positive"] * bool(options["positive"] and options["method"] != "bid")
        for name in (*of_rl, *of_bid):
            yield f"aia.deconvolve.{name} is set, and the method is {options['method']}: it is not used."

    @property
    def pattern(self) -> str:
        """Pattern of the file of a channel's PSF."""
        model = self.settings["psf"]["model"]
        return f"results/aia/psf/{self.settings['deconvolve']['core'] if model == 'grigis' else model}/{{channel}}.fits"

    @property
    def memory_mb(self) -> int:
        """Memory that making a PSF takes, MB."""
        model, side = (self.settings["psf"][name] for name in ("model", "side"))
        return 1200 if model == "grigis" else 5000 if model == "parametric" and side > 4096 else 1800

    def source(self, wildcards: Any) -> list[str]:
        """Return the user's file of a PSF; empty where it is computed."""
        return [self._file(wildcards.channel)] if wildcards.core == "file" else []

    def parameters(self, wildcards: Any) -> dict[str, Any]:
        """Return what a PSF with diffuse wings is made from; empty for others."""
        if wildcards.core != "parametric":
            return {}
        wings = {name: self.settings["psf"][name] for name in ("diffuse", "wings", "side")}
        return {"core": self.settings["deconvolve"]["core"], **wings}

    def _file(self, channel: object) -> str:
        """Return the user's file of a channel's PSF."""
        pattern = self.settings["psf"]["file"]
        try:
            return str(located(pattern.format(channel=channel), "aia.psf.file"))
        except (KeyError, IndexError, ValueError):
            raise InputError(f"aia.psf.file is {pattern!r}", cure="The only placeholder is {channel}") from None
