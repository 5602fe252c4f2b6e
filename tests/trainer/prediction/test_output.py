"""A file that grows, is gone on with, and is never half of one run and half of another."""

import json
import subprocess
import sys

import pytest

from trainer.prediction.output import Output, locked

SETTINGS = {"model": "m", "num_frames": 4, "batch_size": 8, "model_state": "aa", "input_state": "bb"}
IDS = ["a", "b", "c"]
ROWS = [{"id": id, "answer": f"answer {id}"} for id in IDS]
TEXT = '{"id": "a", "answer": "answer a"}\n{"id": "b", "answer": "answer b"}\n{"id": "c", "answer": "answer c"}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.jsonl"


def write(path, rows=ROWS, settings=SETTINGS, finish=True, overwrite=False) -> set[str]:
    output = Output(path)
    assert overwrite or not output.is_finished(settings)
    done = output.begin(settings, IDS, overwrite)
    output.append(rows)
    if finish:
        output.finish()
    else:
        output.file.close()
    return done


def test_rows_and_settings(path):
    assert write(path) == set()
    assert path.read_text() == TEXT
    settings = json.loads((path.parent / "rows.settings.json").read_text())
    assert settings.pop("rows")["count"] == 3
    assert settings.pop("rows_state") == "e6b31e4c0c29c423"  # `sha256sum rows.jsonl`
    assert settings == SETTINGS
    assert sorted(file.name for file in path.parent.iterdir()) == ["rows.jsonl", "rows.settings.json"]
    assert Output(path).is_finished(SETTINGS)


def test_rows_are_on_disk_before_the_end(path):
    write(path, ROWS[:2], finish=False)
    assert not path.exists()
    assert path.with_name("rows.jsonl.partial").read_text() == "".join(TEXT.splitlines(keepends=True)[:2])
    assert (path.parent / "rows.settings.json").exists()


@pytest.mark.parametrize("kept", [TEXT[:34], TEXT[:40], TEXT[:67], TEXT[:66], ""])
def test_it_goes_on_without_the_torn_line(path, kept):
    write(path, [], finish=False)
    path.with_name("rows.jsonl.partial").write_text(kept)
    assert write(path) == set(IDS[: kept.count("\n")])
    assert path.read_text() == TEXT


def test_rows_that_are_there_stay_byte_for_byte(path):
    write(path, [], finish=False)
    path.with_name("rows.jsonl.partial").write_text('{"answer":"written otherwise",  "id":"a"}\n')
    assert write(path) == {"a"}
    assert path.read_text().splitlines()[0] == '{"answer":"written otherwise",  "id":"a"}'


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_whole_file_that_lost_a_row_gets_it_back_in_its_place(path, lost):
    write(path)
    path.write_text("".join(line for index, line in enumerate(TEXT.splitlines(keepends=True)) if index != lost))
    assert not Output(path).is_finished(SETTINGS)
    assert write(path, [ROWS[lost]]) == set(IDS) - {IDS[lost]}
    assert path.read_text() == TEXT


def test_a_row_that_is_there_twice_stays_once(path):
    write(path)
    path.write_text(TEXT + TEXT)
    write(path, [])
    assert path.read_text() == TEXT


def test_rows_that_were_changed_are_not_taken_for_finished(path):
    write(path)
    path.write_text(TEXT.replace("answer b", "answer B"))
    with pytest.raises(ValueError, match=r"rows.jsonl: its rows were changed since they were written. Give another"):
        Output(path).is_finished(SETTINGS)
    write(path, overwrite=True)
    assert Output(path).is_finished(SETTINGS)


def test_a_file_of_an_older_run_has_no_checksum(path):
    write(path)
    file = path.with_suffix(".settings.json")
    settings = json.loads(file.read_text())
    del settings["rows_state"]
    file.write_text(json.dumps(settings))
    assert Output(path).is_finished(SETTINGS)


def test_other_settings_are_named(path):
    write(path)
    message = r"rows.jsonl: begun with other settings: num_frames 4 → 8. Give another --output, or --overwrite"
    with pytest.raises(ValueError, match=message):
        Output(path).is_finished(SETTINGS | {"num_frames": 8})
    path.rename(path.with_name("rows.jsonl.partial"))
    with pytest.raises(ValueError, match=r"rows.jsonl.partial: begun with other settings: num_frames 4 → 8"):
        Output(path).is_finished(SETTINGS | {"num_frames": 8})


def test_other_files_under_the_same_names_are_named(path):
    write(path)
    with pytest.raises(ValueError, match="other settings: the model's files have changed. Give another"):
        Output(path).is_finished(SETTINGS | {"model_state": "cc"})
    with pytest.raises(ValueError, match="other settings: the clips have changed. Give another"):
        Output(path).is_finished(SETTINGS | {"input_state": "cc"})


def test_another_batch_size_may_go_on(path):
    write(path)
    assert Output(path).is_finished(SETTINGS | {"batch_size": 1})


@pytest.mark.parametrize("settings", [None, "", "[]", "{}", '{"rows"'])
def test_a_file_of_unknown_making_is_left_alone(path, settings):
    path.write_text("somebody's\n")
    if settings is not None:
        path.with_suffix(".settings.json").write_text(settings)
    with pytest.raises(ValueError, match=r"rows.jsonl: is there already, and no rows.settings.json says what it"):
        Output(path).is_finished(SETTINGS)
    assert path.read_text() == "somebody's\n"


def test_a_folder_is_no_output(path):
    path.mkdir()
    with pytest.raises(ValueError, match=r"rows.jsonl: is no file. Give another --output."):
        Output(path).is_finished(SETTINGS)


def test_overwrite_begins_anew(path):
    write(path)
    write(path, ROWS[:1], settings=SETTINGS | {"num_frames": 8}, finish=False, overwrite=True)
    assert not path.exists()
    assert path.with_name("rows.jsonl.partial").read_text() == TEXT[:34]


def test_clips_that_could_not_be_read(path):
    output = Output(path)
    output.begin(SETTINGS, IDS, False)
    output.append([{"id": "a", "error": "empty"}, {"id": "b"}])
    assert output.unreadable() == {"a": "empty"}


def test_two_runs_do_not_write_one_file(path):
    script = "import sys, pathlib; from trainer.prediction.output import locked\n"
    script += "with locked(pathlib.Path(sys.argv[1])): pass"
    command = [sys.executable, "-c", script, path]
    with locked(path):
        ended = subprocess.run(command, capture_output=True, text=True)
    assert "rows.jsonl: another run is writing it. Wait for it, or give another --output." in ended.stderr
    with locked(path):
        pass
    assert list(path.parent.iterdir()) == []
