import os

from matplotlib.figure import Figure

from model_card.style import save_figure


def test_another_command_on_the_same_run_is_not_in_the_way(tmp_path, monkeypatch):
    path, figure, write = tmp_path / "a.png", Figure(figsize=(1, 1)), Figure.savefig

    def meanwhile(self, *args, **kwargs):
        """Another process saves the same figure while this one does."""
        monkeypatch.setattr(Figure, "savefig", write)
        write(self, *args, **kwargs)
        with monkeypatch.context() as other:
            other.setattr(os, "getpid", lambda: 1)
            save_figure(figure, path)

    monkeypatch.setattr(Figure, "savefig", meanwhile)
    save_figure(figure, path)
    assert list(tmp_path.iterdir()) == [path]
