"""The most frames and clips: inside they fit, one more does not."""

import pytest

from trainer.plan.limits import find_limits, frames_in_length, solve


def test_the_line_is_followed_to_the_last_whole_number():
    assert solve(2, 20.0, 4, 40.0, 55.0) == 5
    assert solve(2, 20.0, 4, 40.0, 60.0) == 6
    assert solve(2, 20.0, 4, 40.0, 9.0) == 0


def test_max_length_ends_the_frames(make_planner):
    planner = make_planner(max_length=1000)
    tokens = [planner.config.num_video_tokens(n) + planner.make_batch(1, n).num_text_tokens for n in (1, 2)]
    most = frames_in_length(planner)
    assert 1 < most < 1000 / (tokens[1] - tokens[0])
    assert planner.config.num_video_tokens(most) + planner.make_batch(1, most).num_text_tokens <= 1000
    assert planner.config.num_video_tokens(most + 1) + planner.make_batch(1, most + 1).num_text_tokens > 1000


def test_what_is_said_to_fit_fits_and_one_more_does_not(make_planner):
    planner = make_planner("--gpu_memory_gb", "0.03", "--context_gb", "0", max_length=None)
    (estimate,) = planner.estimates(only="fsdp2")
    limit = find_limits(planner, [estimate])["fsdp2"]
    assert limit["reason"] == "memory" and limit["num_frames"] > 16 and limit["batch_size"] > 2

    def total(num_rows, num_frames):
        return planner.estimates(planner.make_batch(num_rows, num_frames), only="fsdp2")[0].total

    assert total(1, limit["num_frames"]) == pytest.approx(0.03e9, rel=0.05)
    assert total(limit["batch_size"], 8) <= 0.03e9 * 1.02
    assert total(limit["batch_size"] + 1, 8) > 0.03e9 * 0.98


def test_nothing_fits_where_the_states_do_not(make_planner):
    planner = make_planner("--gpu_memory_gb", "0.002", "--context_gb", "0")
    limits = find_limits(planner, planner.estimates(only="ddp"))
    assert limits == {"ddp": {"num_frames": 0, "batch_size": 0, "reason": "memory"}}
