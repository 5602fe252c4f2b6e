from metrics.temporal_map.timeline import draw_timeline

A, B = {"label": "a", "start": 1.0, "end": 3.0}, {"label": "b", "start": 0.0, "end": 4.0}


def bars(figure):
    """(video, start, length, opacity) of every bar; references lie above the middle of their row."""
    for bar in figure.axes[0].patches:
        middle = bar.get_y() + bar.get_height() / 2
        side = "reference" if middle < round(middle) else "prediction"
        yield side, round(middle), bar.get_x(), bar.get_width(), bar.get_alpha() and round(bar.get_alpha(), 6)


def test_references_and_predictions_of_each_video(tmp_path):
    found = [[{**A, "score": 0.2}], [{**B, "score": 0.6}, {**A, "score": 0.4}]]
    figure = draw_timeline(["one", "two"], found, [[A], [B]])
    assert list(bars(figure)) == [
        ("reference", 0, 1.0, 2.0, None),
        ("prediction", 0, 1.0, 2.0, 0.25),
        ("reference", 1, 0.0, 4.0, None),
        ("prediction", 1, 0.0, 4.0, 1.0),
        ("prediction", 1, 1.0, 2.0, 0.625),
    ]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["one", "two"]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["a", "b"]
    figure.savefig(tmp_path / "timeline.png")
    assert (tmp_path / "timeline.png").read_bytes().startswith(b"\x89PNG")


def test_only_the_first_videos_are_drawn_and_it_says_so():
    figure = draw_timeline([str(i) for i in range(31)], [[]] * 31, [[A]] * 31)
    assert len(figure.axes[0].patches) == 30
    assert "first 30 of 31 videos" in figure.axes[0].get_xlabel()


def test_nothing_to_draw_gives_an_empty_picture(tmp_path):
    draw_timeline([], [], []).savefig(tmp_path / "empty.png")
    draw_timeline(["a"], [[]], [[]]).savefig(tmp_path / "empty.png")
