"""Digests of code: they change with the program, and with nothing else."""

import pytest

from helioreduce.plan import code as module
from helioreduce.plan.code import SCRIPTS, code, digest

SCRIPT = """from helioreduce import tool

def main():
    return tool.run()
"""


@pytest.fixture
def root(tmp_path):
    """A folder of a script and a package of three modules: the script uses two of them, one through the other."""
    package = tmp_path / "helioreduce" / "deep"
    package.mkdir(parents=True)
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "helioreduce" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (tmp_path / "helioreduce" / "tool.py").write_text("def run():\n    from helioreduce.deep import part\n    return part.X\n")
    (package / "part.py").write_text("X = 1\n")
    (tmp_path / "helioreduce" / "other.py").write_text("Y = 1\n")
    return tmp_path


@pytest.fixture
def edited(root):
    """Return whether an edit of one file changes the digest of the script."""

    def edit(name, text):
        before = digest(root / "script.py", root=root)
        (root / name).write_text(text)
        module._program.cache_clear()
        return digest(root / "script.py", root=root) != before

    return edit


@pytest.mark.parametrize(
    ("name", "text"),
    [("script.py", SCRIPT + "X = 2\n"), ("helioreduce/deep/part.py", "X = 2\n"), ("helioreduce/deep/__init__.py", "Z = 1\n"),
     ("helioreduce/tool.py", "def run():\n    return 1\n")],
)  # fmt: skip
def test_a_changed_program_has_another_digest(edited, name, text):
    assert edited(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [("script.py", '"""About it."""\n# a remark\n' + SCRIPT.replace("main():", 'main():\n    """Say it."""')),
     ("helioreduce/deep/part.py", "X = (1)  # the same\n"), ("helioreduce/other.py", "Y = 2\n")],
)  # fmt: skip
def test_comments_layout_and_what_is_not_imported_do_not_count(edited, name, text):
    assert not edited(name, text)


def test_what_is_remembered_is_found_again_and_changes_no_digest(root, tmp_path, monkeypatch):
    """A process parses each file once; the next one parses none; a damaged memory costs only the time."""
    at_the_end = []
    monkeypatch.setattr(module, "cache_from_source", lambda _: str(tmp_path / "remembered.pyc"))
    monkeypatch.setattr(module.atexit, "register", lambda *call: at_the_end.append(call))
    parsed = []
    monkeypatch.setattr(module, "_parsed", lambda source, parse=module._parsed: (parsed.append(source), parse(source))[1])

    def process():
        for memory in (module._remembered, module._program, module._imported):
            memory.cache_clear()
        parsed.clear()
        found = digest(root / "script.py", root=root)
        end, *arguments = at_the_end.pop()
        end(*arguments)
        return found, len(parsed)

    digests, numbers = zip(process(), process(), strict=True)
    (tmp_path / "remembered.json").write_text("{")
    again = process()
    monkeypatch.undo()
    module._remembered.cache_clear()
    assert {*digests, again[0]} == {digests[0]}
    assert (*numbers, again[1]) == (4, 0, 4), "two of the five files are empty"


def test_every_script_has_a_digest_of_its_own():
    digests = {file.stem: code(file.stem) for file in SCRIPTS.glob("*.py")}
    assert len(set(digests.values())) == len(digests) > 20
    assert all(len(text) == 12 for text in digests.values())
