from fitness_aqa_dataset.human36m import BONES, JOINTS


def test_seventeen_joints_and_a_tree_of_sixteen_bones():
    assert len(JOINTS) == len(set(JOINTS)) == 17
    assert [child for _, child in BONES] == list(range(1, 17))
    assert all(parent < child for parent, child in BONES)


def test_limbs_hang_where_they_belong():
    parents = {JOINTS[child]: JOINTS[parent] for parent, child in BONES}
    assert [parents[joint] for joint in ("spine", "thorax", "neck_nose", "head")] == [
        "pelvis",
        "spine",
        "thorax",
        "neck_nose",
    ]
    for side in ("left", "right"):
        assert parents[f"{side}_hip"] == "pelvis"
        assert parents[f"{side}_knee"] == f"{side}_hip"
        assert parents[f"{side}_ankle"] == f"{side}_knee"
        assert parents[f"{side}_shoulder"] == "thorax"
        assert parents[f"{side}_elbow"] == f"{side}_shoulder"
        assert parents[f"{side}_wrist"] == f"{side}_elbow"
