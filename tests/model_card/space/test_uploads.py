import os
import time

import pytest

from model_card.space.uploads import Uploads


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path)


@pytest.fixture
def upload(tmp_path):
    """A file where Gradio would put it."""

    def make(name):
        path = tmp_path / name / "clip.mp4"
        path.parent.mkdir()
        path.touch()
        return path

    return make


def test_a_file_is_deleted_with_its_folder_once_it_is_answered(uploads, upload, tmp_path):
    path = upload("a")
    uploads.put("visitor", str(path))
    assert path.exists()
    uploads.done("visitor", str(path))
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_replaced_or_taken_back_or_left_is_deleted(uploads, upload):
    first, second = upload("a"), upload("b")
    uploads.put("visitor", str(first))
    uploads.put("visitor", str(second))
    assert not first.exists() and second.exists()
    uploads.put("visitor", None)
    assert not second.exists()


def test_the_same_file_of_two_visitors_stays_until_both_are_answered(uploads, upload):
    path = upload("a")
    uploads.put("one", str(path))
    uploads.put("two", str(path))
    uploads.done("one", str(path))
    assert path.exists()
    uploads.done("two", str(path))
    assert not path.exists()


def test_a_file_that_came_while_another_was_being_answered_stays(uploads, upload):
    asked, new = upload("a"), upload("b")
    uploads.put("visitor", str(asked))
    uploads.put("visitor", str(new))
    uploads.done("visitor", str(asked))
    assert new.exists()


def test_nothing_asked_about_is_nothing_to_delete(uploads):
    uploads.done("visitor", None)


def test_what_lies_there_for_an_hour_is_swept(uploads, upload):
    old, young = upload("a"), upload("b")
    os.utime(old, (time.time() - 3601,) * 2)
    os.utime(young, (time.time() - 3500,) * 2)
    uploads.sweep()
    assert not old.parent.exists() and young.exists()
