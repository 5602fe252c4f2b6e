import pytest

from trainer.report.page import check_folder, render, write_page


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_new_folder(tmp_path):
    write_page(tmp_path / "a" / "page", "<p>", {"table4": b"png"})
    assert files(tmp_path) == ["a/page/figures/table4.png", "a/page/index.html"]


def test_foreign_files_stay_and_stale_figures_go(tmp_path):
    (tmp_path / "figures").mkdir()
    for name in ("notes.txt", "figures/mine.png", "figures/reliability.png", "index.html"):
        (tmp_path / name).write_text("old")
    write_page(tmp_path, "new", {"table4": b"png"})
    assert files(tmp_path) == ["figures/mine.png", "figures/table4.png", "index.html", "notes.txt"]
    assert (tmp_path / "index.html").read_text() == "new"
    assert (tmp_path / "notes.txt").read_text() == "old"


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path):
    write_page(tmp_path / "page", "old", {"table4": b"old"})
    with pytest.raises(TypeError):
        write_page(tmp_path / "page", "new", {"table4": None})
    assert (tmp_path / "page" / "index.html").read_text() == "old"
    assert (tmp_path / "page" / "figures" / "table4.png").read_bytes() == b"old"
    assert not (tmp_path / ".page.partial").exists()


def test_what_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file: is a file. Give the folder to write the page into"):
        check_folder(tmp_path / "file")
    with pytest.raises(ValueError, match="below: .*file is a file. Give a folder below a folder"):
        check_folder(tmp_path / "file" / "below")


def test_text_from_data_is_escaped():
    html = render(
        "feedback.html", runs=[], videos=[], not_advice="<b>&", exercises=[], has_scores=False, is_calibrated=False,
        is_synthetic_model=False,
        is_simulated=False,
    )  # fmt: skip
    assert "&lt;b&gt;&amp;" in html


def test_a_name_that_is_no_utf_8_is_written_as_an_escape(tmp_path):
    write_page(tmp_path / "page", "<p>\udcff.mp4", {})
    assert (tmp_path / "page" / "index.html").read_text(encoding="utf-8") == r"<p>\udcff.mp4"
