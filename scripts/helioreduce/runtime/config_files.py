"""Files of settings, judged before Snakemake merges them: what cannot be used is refused with file, line and cure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

from helioreduce.errors import InputError
from helioreduce.runtime.engine import Refused

#: A key of the configuration in a message: dotted, or its first word.
_KEY = re.compile(r"[a-z]\w*(?:\.\w+)+|^\w+")


class _Marked(yaml.SafeLoader):
    """YAML, whose errors all have their line: a day that no calendar has, too."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return what a node is."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise yaml.MarkedYAMLError(problem=f"{node.value}: {error}", problem_mark=node.start_mark) from None


def settings(*files: Path) -> Iterator[Path]:
    """Yield those of some files of settings that are there and hold some.

    Raises
    ------
    Refused
        With file, line and cure, where Snakemake would end in a traceback that names no file.
    """
    for file in filter(Path.exists, files):
        try:
            load_configfile(str(file))
        except (WorkflowError, ValueError, OSError):
            if _is_empty(file):
                continue
        check_keys(file)
        yield file


def check_keys(*files: Path) -> None:
    """Refuse files of settings in which a key stands twice in one section: the second counts, and the first is lost.

    Raises
    ------
    Refused
        With the key and both lines.
    """
    for file in files:
        with suppress(yaml.YAMLError):  # JSON may have tabs
            for twice in _twice(yaml.compose(file.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
                raise _refusal(file, twice, "Put them together: the second would count alone")


def _twice(node: yaml.Node | None, above: str = "") -> Iterator[str]:
    """Yield the keys that stand twice in one mapping, with both lines."""
    if isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _twice(entry, above)
    if isinstance(node, yaml.MappingNode):
        lines = dict[str, int]()
        for key, value in node.value:
            name, line = f"{above}{key.value}", key.start_mark.line + 1
            if name in lines:
                yield f"line {line}: {name} is in line {lines[name]} already"
            lines[name] = line
            yield from _twice(value, f"{name}.")


def _is_empty(file: Path) -> bool:
    """Return whether a file that Snakemake cannot use holds no settings; refuse it for what it holds otherwise."""
    cure = "Write keys and values, as in aia: {channels: [171]}"
    try:
        found = yaml.load(file.read_text("utf-8"), _Marked)
        if isinstance(found, Mapping | None):
            return found is None
        problem = f"this is {'a list' if isinstance(found, list) else 'a single value'}, and no settings"
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem, cure = f"line {line}: {error.problem}", "Correct it, or what is open above it; indent with spaces, not tabs"
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem, cure = f"this is no text that can be read ({error})".replace("\n", ""), "Save it as text in UTF-8"
    raise _refusal(file, problem, cure)


def _refusal(file: Path, problem: str, cure: str) -> Refused:
    """Return the end of a run for which a file of settings is of no use."""
    return Refused(str(InputError(problem, cure=cure, where=str(file).removeprefix(f"{Path.cwd()}/"))))


def refused(workflow: Any, error: InputError) -> Refused:
    """Return the end of a run whose configuration is refused, with the file, or ``--config``, that holds the key it names."""
    files, typed = workflow.configfiles, len(workflow.overwrite_configfiles)
    strongest = [*reversed(files[:typed]), *reversed(files[typed:])]  # those of the command line stand first
    given = {"--config": workflow.config_settings.config} | {str(file): load_configfile(file) for file in strongest}
    names = _KEY.findall(f"{error.where} {error.problem}".strip())
    holders = [place for name in names for place, config in given.items() if _holds(config, name.split("."))]
    return Refused(f"{holders[0].removeprefix(f'{Path.cwd()}/')}: {error}" if holders else str(error))


def _holds(config: Any, keys: Sequence[str]) -> bool:
    """Return whether a configuration has a key, given from the outer one to the inner one."""
    return not keys or (isinstance(config, Mapping) and keys[0] in config and _holds(config[keys[0]], keys[1:]))
