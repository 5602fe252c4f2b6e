import os

import pytest

from fitness_aqa_dataset.checking.probe import Probe, is_text, open_file


def test_a_pipe_is_neither_opened_nor_waited_for(tmp_path):
    os.mkfifo(tmp_path / "1.mp4")
    with pytest.raises(OSError, match="no plain file"):
        open_file(tmp_path / "1.mp4")


def test_a_file_is_opened(tmp_path):
    (tmp_path / "1.mp4").write_bytes(b"abc")
    with open_file(tmp_path / "1.mp4") as file:
        assert file.read() == b"abc"


def test_text():
    assert is_text(b"#EXTM3U\r\n\tx") and is_text("\ufeffé".encode())
    assert not is_text(b"\0\0\0 ftypisom")


def test_the_length_of_a_clip(tmp_path):
    assert Probe(tmp_path, num_frames=90, fps=30.0).duration_s == 3.0
