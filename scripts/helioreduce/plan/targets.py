"""Targets of the command line: what cannot be made is refused before any work, with the nearest that can."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType

from helioreduce import times
from helioreduce.errors import InputError
from helioreduce.plan.aia import Plan
from helioreduce.plan.aia_cube import Cube, check_asked

#: A file of one frame of AIA; responses are of any channel and time.
_FRAME = re.compile(r"results/(?:aia|figures|cosmic_rays)/(?!response)[\w.]+/(\d+)/(\d{8}T\w+)\.\w+")
#: A file of the target of that name.
_ROOM = re.compile(r"results/aia/(cube_dem|cube|dem|series|light_curves)(?:_\w+)?/")
#: A product of a day, a year, a channel or a set, which the request has or has not.
_PRODUCT = re.compile(r"results/aia/(film|series|light_curves|(?:cube_)?dem(?:_maps)?)(?:_simulated)?/(?!collected/).*(?<!tsv)")
#: A wildcard of a rule's file, with the constraint that Snakemake has put into it.
_WILDCARD = re.compile(r"\{(\w+)(?:,(?:[^{}]|\{[^{}]*\})*)?\}")
#: The values that the wildcards of a folder's files have together: of each file by their names.
Values = Callable[[str], list[dict[str, str]]]
#: Targets shown where none is near.
_SHOWN = 3
#: Folders above the image of a frame.
_DEEP = 4
_IN_RESULTS = "What the workflow makes is in results"


def check(
    targets: Iterable[str],
    rules: Collection[str],
    plan: Plan,
    cube: Cube,
    asked: Collection[str] = (),
    others: Mapping[str, Values] = MappingProxyType({}),
    **refusals: InputError | None,
) -> None:
    """Refuse targets that are no rule, no file, or a frame or product that the configuration does not ask for.

    Parameters
    ----------
    targets
        As they were typed.
    rules
        Names of all rules and of their files.
    plan
        AIA's plan of the configuration.
    cube
        Its cube.
    asked
        The products that the configuration asks for.
    others
        The other instruments by the name of their folder, and what their wildcards stand for in one of its folders.
    refusals
        Why a rule has nothing to make, by its name.

    Raises
    ------
    InputError
        With the nearest rule, product, channel or times.
    """
    for target in targets:
        room = _ROOM.match(target)
        name = room[1] if room else target
        if name in ("cube", "cube_dem", "cube_figures"):
            check_asked(cube)
        frame = _FRAME.fullmatch(target)
        if refusal := refusals.get("images" if frame else name):
            raise refusal.at(target)
        if frame:
            _check_frame(target, frame[1], frame[2], plan)
        elif match := _PRODUCT.fullmatch(target):
            _check_product(target, {file for file in asked if (own := _PRODUCT.match(file)) and own[1] == match[1]})
        elif (place := Path(target).parts)[:1] == ("results",) and len(place) > 2 and place[1] in others:
            _check_other(target, rules, others[place[1]])
        elif "/" not in target and "." not in target and target not in rules:
            near = difflib.get_close_matches(target, [name for name in rules if "/" not in name], 1)
            public = [name for name in ("all", "figures", "cube", "offline", "esis", "spice", "check") if name in rules]
            raise InputError("there is no such target", cure=f"The nearest is {', '.join(near or public)}", where=target)
        if Path(target).is_absolute():
            _refuse_absolute(target)
        elif "/" in target:
            _check_made(target, [name for name in rules if "/" in name])


def _check_product(target: str, asked: Collection[str]) -> None:
    """Refuse a product that is not among those that are asked for, all of one kind; endings are not looked at."""
    if (folder := str(Path(target).parent)) in asked:
        raise InputError("quick looks of a series are made by the day", cure=f"Ask for the folder, {folder}", where=target)
    if Path(target).with_suffix("") not in {Path(file).with_suffix("") for file in asked}:
        near = ", ".join(difflib.get_close_matches(target, asked, _SHOWN, 0)) or "none"
        cure = f"The nearest: {near}. See aia.channels, aia.start, aia.end and aia.quicklook"
        raise InputError("the request has no such product", cure=cure, where=target)


def _check_other(target: str, rules: Collection[str], values: Values) -> None:
    """Refuse a file that no rule makes, of what the configuration asks for; one that exists needs none."""
    made: dict[str, None] = {}
    known, place = values("")[0].keys(), target.split("/")
    for file in rules:
        folder, names = file.split("/"), set(_WILDCARD.findall(file))
        if folder[:2] != place[:2]:
            continue
        if names <= known:
            pattern = _WILDCARD.sub(r"{\1}", file)
            made |= dict.fromkeys(pattern.format(**row) for row in values(folder[2]) if names <= row.keys())
        elif _covers(file, target):
            return  # of AIA's frames, or of another workflow
    if target not in made and not Path(target).exists():
        beside = [file for file in made if file.split("/")[:3] == place[:3]]
        near = ", ".join(difflib.get_close_matches(target, beside or made, _SHOWN, 0))
        raise InputError("the request has no such product", cure=f"The nearest: {near}", where=target)


def _refuse_absolute(target: str) -> None:
    """Refuse an absolute path: a rule's files are named relative to the folder of the run."""
    inside = Path(target).is_relative_to(Path.cwd())
    cure = f"Ask for {Path(target).relative_to(Path.cwd())}" if inside else _IN_RESULTS
    raise InputError("this is an absolute path; files are named relative to the folder of the run", cure=cure, where=target)


def _check_made(target: str, files: Collection[str]) -> None:
    """Refuse a path that no rule makes, whatever its wildcards stand for."""
    patterns = [file for file in files if "{" in file]
    if target.removeprefix("./") in files or any(_covers(file, target) for file in patterns):
        return
    if Path(target).is_dir():
        raise InputError("this is a folder", cure="Ask for a file in it, or for a rule: all, figures, check", where=target)
    shallow = [file for file in files if file.count("/") < _DEEP]  # the images of chunks, thousands, are in patterns too
    near = difflib.get_close_matches(target, {_like(file, target) for file in (*patterns, *shallow)}, 1)
    raise InputError("no rule makes such a file", cure=f"The nearest is {near[0]}" if near else _IN_RESULTS, where=target)


def _covers(file: str, target: str) -> bool:
    """Return whether a target is a rule's file with something in each of its wildcards."""
    return bool(re.fullmatch(".+".join(map(re.escape, _WILDCARD.split(file)[::2])), target.removeprefix("./")))


def _like(file: str, target: str) -> str:
    """Return a rule's file with the words of a target in place of its wildcards, folder by folder."""
    places, words = _WILDCARD.sub("*", file).split("/"), target.removeprefix("./").split("/")
    pairs = zip_longest(places, words[: len(places)], fillvalue="")
    return "/".join(word if fnmatchcase(word, place) else place for place, word in pairs)


def _check_frame(target: str, channel: str, time: str, plan: Plan) -> None:
    """Refuse a frame that the request does not have."""
    channels = list(dict.fromkeys(name for name, _ in plan.wanted))
    if channel not in channels:
        cure = f"It has {', '.join(channels)}: see aia.channels"
        raise InputError(f"the request has no channel {channel}", cure=cure, where=target)
    slots = [slot for name, slot in plan.wanted if name == channel]
    if time not in slots:
        nearest = sorted(slots, key=lambda slot: abs(times.from_compact(slot) - times.from_compact(time)))[:_SHOWN]
        cure = f"The nearest: {', '.join(sorted(nearest))}. See aia.start and aia.end"
        raise InputError(f"the request has no frame of {channel} Å at {time}", cure=cure, where=target)
