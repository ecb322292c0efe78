"""NumPy's files: what is written comes back; pickles and other files are refused."""

import numpy as np
import pytest

from helioreduce.errors import InputError
from helioreduce.io import npz


def test_arrays_come_back(tmp_path):
    arrays = {"logT": np.linspace(4, 7, 5), "s_4_750.22": np.ones((2, 5), np.float32), "meta": np.asarray("text")}
    npz.write(tmp_path / "new" / "table.npz", arrays)
    back = npz.read(tmp_path / "new" / "table.npz")
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["table.npz"]


def test_other_files_are_refused_by_name(tmp_path):
    np.savez(tmp_path / "pickled.npz", a=np.array([{}], object))
    np.save(tmp_path / "single.npy", np.ones(3))
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").touch()
    for name in ("pickled.npz", "single.npy", "text.npz", "empty.npz", "absent.npz"):
        with pytest.raises(InputError, match=name):
            npz.read(tmp_path / name)


def test_objects_are_not_pickled(tmp_path):
    with pytest.raises(TypeError, match="objects cannot be written: a"):
        npz.write(tmp_path / "pickled.npz", {"a": np.array([{}], object)})
    assert not list(tmp_path.iterdir())
