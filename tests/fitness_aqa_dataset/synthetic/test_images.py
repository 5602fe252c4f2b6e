import io

import cv2
import numpy as np
import PIL.Image
import pytest
from sklearn.metrics import roc_auc_score

from fitness_aqa_dataset.synthetic.images import simulate_image, write_image

EXERCISES = {"squat": ["shallow_squat"], "barbell_row": ["lumbar", "torso_angle"]}
TASKS = [(task, exercise) for exercise, tasks in EXERCISES.items() for task in tasks]


@pytest.fixture(scope="module")
def images():
    """200 images of each exercise, with pose and crop."""
    return {
        exercise: [(image, *image.pose()) for image in (simulate_image(0, exercise, index) for index in range(200))]
        for exercise in EXERCISES
    }


def slope_deg(low, high):
    x, y, z = (high - low)[0]
    return np.degrees(np.arctan2(z, np.hypot(x, y)))


def test_shallow_squats_have_thighs_clearly_above_parallel_and_correct_ones_do_not(images):
    for image, pose, _ in images["squat"]:
        low, high = (15, 39) if image.labels["shallow_squat"] else (-15, -2)
        for side in "lr":
            assert low < slope_deg(pose[f"knee_{side}"], pose[f"hip_{side}"]) < high


def test_rows_have_the_trunk_and_the_back_of_their_labels(images):
    for image, pose, _ in images["barbell_row"]:
        trunk = slope_deg(pose["pelvis"], pose["neck"])
        assert 63 <= trunk <= 78 if image.labels["torso_angle"] else 28 <= trunk <= 45
        spine = (pose["slice_1"][0, :15] + pose["slice_1"][0, 15:][::-1]) / 2
        way = (spine[-1] - spine[0]) / np.linalg.norm(spine[-1] - spine[0])
        out_m = np.linalg.norm(np.cross(spine - spine[0], way), axis=1).max()
        assert 0.07 < out_m < 0.105 if image.labels["lumbar"] else out_m < 0.01


@pytest.mark.parametrize(("task", "exercise"), TASKS)
def test_neither_size_nor_framing_tells_the_label(images, task, exercise):
    labels = [image.labels[task] for image, *_ in images[exercise]]
    crops = np.array([crop for *_, crop in images[exercise]])
    left, top, right, bottom = crops.T
    heights = np.array([image.size[0] for image, *_ in images[exercise]])
    for value in (right - left, bottom - top, left / heights, top / heights, bottom / heights):
        assert 0.35 < roc_auc_score(labels, value) < 0.65  # 200 labels: standard deviation 0.04
    assert 60 <= sum(labels) <= 120  # 200 at 0.45: mean 90, standard deviation 7


def test_the_crop_of_an_image_is_the_same_with_every_label():
    for exercise in EXERCISES:
        for index in range(10):
            never, always = (simulate_image(1, exercise, index, error_rate=rate) for rate in (0.0, 1.0))
            assert set(never.labels.values()) == {0} and set(always.labels.values()) == {1}
            assert never.pose()[1] == always.pose()[1]
            assert never.draw().shape == always.draw().shape
            assert (never.draw() != always.draw()).any()


def test_the_lifter_fills_the_frame_and_sizes_vary(images):
    for exercise, rows in images.items():
        sizes = {(right - left, bottom - top) for _, _, (left, top, right, bottom) in rows}
        assert len(sizes) > 150
        assert all(120 < width < 600 and 180 < height < 640 for width, height in sizes), exercise


def test_two_images_of_a_source_show_one_lifter():
    first, second, other = (simulate_image(0, "barbell_row", index) for index in (0, 1, 2))
    assert [image.key for image in (first, second, other)] == ["700001_1", "700001_2", "700002_1"]
    assert first.body == second.body != other.body
    assert simulate_image(0, "squat", 3).key == "500002_2"


@pytest.mark.parametrize("look", ["studio", "gym"])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_image_is_a_jpeg_of_one_size_of_file_with_what_was_drawn(tmp_path, exercise, look):
    for index in range(6):
        image = simulate_image(2, exercise, index, look)
        path = tmp_path / f"{image.key}.jpg"
        write_image(image, path)
        content = path.read_bytes()
        assert len(content) == 32768
        drawn = image.draw()
        with PIL.Image.open(io.BytesIO(content)) as opened:
            assert opened.format == "JPEG"
            read = np.asarray(opened.convert("RGB")).astype(int)
        assert np.abs(read - drawn).mean() < 4
        assert (cv2.imread(str(path)).shape) == drawn.shape
        write_image(image, path)
        assert path.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 6  # and nothing half written


@pytest.mark.parametrize("exercise", EXERCISES)
def test_labels_show_in_the_picture(exercise):
    for index in range(8):
        never, always = (simulate_image(3, exercise, index, error_rate=rate).draw() for rate in (0.0, 1.0))
        changed = (np.abs(never.astype(int) - always).max(axis=2) > 20).mean()
        assert changed > 0.1
