"""Real data are kept whole and verified, or not at all."""

import importlib.util
import io
import re
import tarfile
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
FILE = REPOSITORY / "workflow/real_data.py"


@pytest.fixture
def real_data():
    spec = importlib.util.spec_from_file_location("real_data", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def archive(file, members):
    with tarfile.open(file, "w:gz") as opened:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content))
    return file


def test_only_named_members_are_written_and_only_into_their_folder(real_data, tmp_path):
    file = archive(tmp_path / "a.tar.gz", {"p-1/data/x.fits": b"x", "p-1/setup.py": b"no", "p-1/data/../../../y.fits": b"y"})
    assert real_data.unpack(file, {"*.fits": "level1/"}, tmp_path / "made") == 2
    assert {path.relative_to(tmp_path / "made").as_posix() for path in (tmp_path / "made").rglob("*.fits")} == {
        "level1/x.fits",
        "level1/y.fits",
    }
    assert not (tmp_path / "made/setup.py").exists()


def test_a_member_may_get_a_name(real_data, tmp_path):
    file = archive(tmp_path / "a.tar.gz", {"p-1/x.sav": b"x"})
    assert real_data.unpack(file, {"*/x.sav": "response/better.sav"}, tmp_path) == 1
    assert (tmp_path / "response/better.sav").read_bytes() == b"x"


def test_without_a_registry_it_says_so_and_keeps_nothing(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match="registry; nothing has been kept"):
        real_data.main(tmp_path / "real")
    assert not any(tmp_path.iterdir())


def test_every_source_is_pinned():
    for source in yaml.safe_load(FILE.with_suffix(".yaml").read_text()):
        assert re.fullmatch(r"[\w-]+==[\d.]+", source["package"]) and re.fullmatch(r"[0-9a-f]{64}", source["sha256"])
        assert source["members"]
