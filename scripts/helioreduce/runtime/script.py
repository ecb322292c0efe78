"""A script as a job of the workflow: its ``main`` gets what it asks for by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from helioreduce.io import inputs, origin
from helioreduce.runtime import process
from helioreduce.runtime.log import log_to


def run(main: Callable[..., None], job: Any, *, simulated: bool = False) -> None:
    """Call ``main`` as the job asks, with the rule's log and threads.

    A parameter of ``main`` is the input, output, wildcard or param of that name. ``inputs`` and ``outputs`` are the lists
    of all files, ``output`` is the only output of a rule that gives it no name, ``threads`` and ``log`` are the rule's.
    ``config`` is the whole configuration, for settings that products do not depend on. A parameter with a default may be
    absent from the rule; ``**given`` is everything else that the rule has, by name.

    Parameters
    ----------
    main
        Function of a script.
    job
        The object ``snakemake`` that Snakemake gives to a script.
    simulated
        Whether the job simulates what it writes; otherwise its inputs decide, see :mod:`helioreduce.io.inputs`.

    Raises
    ------
    SystemExit
        With code 1 where the job fails on bad input; the message is on the screen and in the log.
    TypeError
        If the rule has no value for a parameter, or two values of one name.

    Examples
    --------
    >>> if __name__ == "__main__" and "snakemake" in globals():
    ...     script.run(main, snakemake)
    """
    with log_to(job.log[0]), origin.saying([origin.WORDS] if simulated else inputs.origins(job.input)):
        process.use_threads(job.threads)
        main(**arguments(main, job))


def arguments(main: Callable[..., None], job: Any) -> dict[str, Any]:
    """Return the arguments that ``main`` asks for, by name."""
    given = _values(job)
    wanted = dict(inspect.signature(main).parameters)
    rest = [name for name, wish in wanted.items() if wish.kind is wish.VAR_KEYWORD]
    for name in rest:
        del wanted[name]
    missing = [name for name, wish in wanted.items() if name not in given and wish.default is wish.empty]
    if missing:
        raise TypeError(f"{main.__module__}.main asks for {', '.join(missing)}, which the rule {job.rule} does not have")
    return given if rest else {name: given[name] for name in wanted if name in given}


def _values(job: Any) -> dict[str, Any]:
    """Return everything a job has, by name; a name that two parts share is an error of the rule."""
    outputs = list(job.output)
    own: dict[str, Any] = {"inputs": list(job.input), "outputs": outputs}
    own |= {"threads": job.threads, "log": job.log[0], "config": job.config}
    if len(outputs) == 1:
        own["output"] = outputs[0]
    for part in (job.input, job.output, job.wildcards, job.params):
        named: Mapping[str, Any] = dict(part.items())
        if twice := own.keys() & named.keys() - {"output"}:
            raise TypeError(f"the rule {job.rule} gives {', '.join(sorted(twice))} twice")
        own |= named
    return own
