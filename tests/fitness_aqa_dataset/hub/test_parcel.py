from fitness_aqa_dataset.hub.parcel import Parcel


def test_only_what_a_push_sends_is_replaced():
    parcel = Parcel("a/b", "model", {"a.py": b""}, "send", ("*.py", "figures/x.png", "video/**"))
    assert [parcel.is_replaced(path) for path in ("old.py", "figures/x.png", "video/a", "video/a/b.mp4")] == [True] * 4
    assert not any(parcel.is_replaced(path) for path in ("a.py", "docs/old.py", "figures/y.png", "videos/a", "video"))
