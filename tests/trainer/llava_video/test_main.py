import json
import subprocess
import sys

import pytest

from trainer.llava_video.__main__ import main


@pytest.fixture
def tower_file(tower, tmp_path):
    path = tmp_path / "tower.json"
    path.write_text(json.dumps(tower))
    return str(path)


def test_there_and_back(original, tower_file, tmp_path, capsys):
    ours, back = str(tmp_path / "ours"), str(tmp_path / "back")
    main(["convert", str(original), ours, "--vision-config", tower_file, "--video-token-id", "399"])
    main(["convert", ours, back, "--to-original"])
    assert capsys.readouterr().out.splitlines() == [ours, back]
    assert json.loads((tmp_path / "ours/config.json").read_text())["video_token_index"] == 399
    assert (tmp_path / "back/model.safetensors").read_bytes() == (original / "model.safetensors").read_bytes()


def test_an_error_is_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["convert", str(tmp_path / "none"), str(tmp_path / "ours")])
    assert ended.value.code == (
        f"error: {tmp_path}/none/config.json: no such file. Give the folder of a LLaVA-Video checkpoint."
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [None, "{broken"])
def test_a_vision_config_that_cannot_be_read(original, tmp_path, content):
    path = tmp_path / "tower.json"
    if content:
        path.write_text(content)
    message = "--vision-config .*tower.json: no valid JSON" if content else "error: .*No such file.*tower.json"
    with pytest.raises(SystemExit, match=message):
        main(["convert", str(original), str(tmp_path / "ours"), "--vision-config", str(path)])


def test_a_full_disk_leaves_nothing(original, tower_file, tmp_path):
    """A limit on the size of files stands for the full disk."""
    script = (
        "import resource, signal, sys\n"
        "from trainer.llava_video.__main__ import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "main(['convert', *sys.argv[1:]])\n"
    )
    options = [str(original), str(tmp_path / "ours"), "--vision-config", tower_file]
    ended = subprocess.run([sys.executable, "-c", script, *options], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("error: ") and "File too large" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["original", "tower.json"]
