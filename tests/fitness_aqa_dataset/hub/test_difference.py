"""What is there already is known, in every way that a file can be given and kept."""

import random

from tests.hub import LocalHub, run_client

COMPARE = """
from fitness_aqa_dataset.hub.difference import find_difference
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import log_in, send

folder = Path(sys.argv[1])
hub = log_in()
flags = {"public": False, "right_to_publish": False, "yes": True}

def parcel(files):
    return Parcel("tester/x", "model", files, "send", ("*.bin", "*.txt"))

def difference(files):
    found = find_difference(hub, parcel(files), is_new=False)
    return [sorted(found.sent), sorted(found.removed), found.is_empty]

paths = {path.name: path for path in folder.iterdir()}
contents = {name: path.read_bytes() for name, path in paths.items()}
before = find_difference(hub, parcel(paths), is_new=True)
send(hub, parcel(paths), **flags, revision_tag="v1")
answer = [sorted(before.sent), difference(paths), difference(contents)]
answer.append(difference(contents | {"text.txt": b"other", "weights.dat": contents["weights.dat"][::-1]}))
answer.append(difference({"weights.dat": paths["weights.dat"]}))
send(hub, parcel(contents), **flags, revision_tag="v1")  # the same, as bytes
(folder / "text.txt").write_text("SQUAT")  # of the same size
answer.append(difference(paths))
"""


def test_texts_and_large_files_as_paths_and_as_bytes(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "text.txt").write_text("squat")
    (tmp_path / "files" / "weights.dat").write_bytes(random.Random(0).randbytes(3000))  # kept as a large file
    with LocalHub(tmp_path / "hub") as hub:
        answer = run_client(hub.env, COMPARE, tmp_path / "files")
    assert answer == [
        ["text.txt", "weights.dat"],
        [[], [], True],
        [[], [], True],
        [["text.txt", "weights.dat"], [], False],
        [[], ["text.txt"], False],
        [["text.txt"], [], False],
    ]
