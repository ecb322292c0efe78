"""Fits in a process that was spawned, as macOS and Windows start theirs: the same bytes."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import spice_scenes


def test_spawned_process_fits_alike():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(spice_scenes.digest_of_fits, 11).result(timeout=300) == spice_scenes.digest_of_fits(11)
