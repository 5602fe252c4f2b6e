from trainer.splits import is_synthetic_data


def test_whether_data_says_that_it_is_simulated(tmp_path):
    assert is_synthetic_data(str(tmp_path)) is False
    (tmp_path / "synthetic.json").write_text('{"synthetic": true}')
    assert is_synthetic_data(str(tmp_path)) is True
    assert is_synthetic_data("owner/name") is None
