"""``helioreduce status``: counts and reasons are those of the manifests."""

import json

from helioreduce import command
from helioreduce.io import manifests


def write(folder, day, done, missing):
    rows = {p: manifests.done(p, "t", "sha", {"t_obs": "2014", "exptime": 2.0}) for p in range(done)}
    like = {"t_obs": "", "exptime": float("nan")}
    for place in range(done, done + missing):
        rows[place] = manifests.missing(place, "t", "the archive has no record", may_return=True, like=like)
    manifests.Manifest(rows, {}).write(folder / f"{day}.ecsv")


def test_counts_and_reasons(tmp_path, capsys):
    folder = tmp_path / "results/aia/series/171"
    (folder / ".20140103").mkdir(parents=True)
    write(folder, "20140101", 5, 2)
    write(folder, "20140102", 4, 0)
    assert command.main(["status", str(tmp_path)]) == command.DONE
    said = capsys.readouterr().out
    assert "2 parts finished, 1 begun; 9 images, 2 missing" in said and "2 × the archive has no record" in said
    assert command.main(["status", str(tmp_path), "--json"]) == command.DONE
    (found,) = json.loads(capsys.readouterr().out).values()
    assert found["days"] == {"20140101": {"done": 5, "missing": 2}, "20140102": {"done": 4, "missing": 0}}


def test_a_folder_without_series_is_refused(tmp_path, capsys):
    assert command.main(["status", str(tmp_path)]) == command.FAILED
    assert "holds no part of a series yet" in capsys.readouterr().err
