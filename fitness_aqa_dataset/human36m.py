"""The skeleton of Human3.6M as 2D-to-3D lifting networks use it: 17 joints in their usual order, and 16 bones."""

# Left and right are the person's own. The order is that of Pavllo et al., 3D human pose estimation in video with
# temporal convolutions (VideoPose3D), and of the lifters after it; `neck_nose` is the joint between thorax and head.
JOINTS = (
    "pelvis",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "spine",
    "thorax",
    "neck_nose",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
)

# Indices of parent and child: a tree from the pelvis, bone i ends at joint i + 1.
BONES = (
    (0, 1),
    (1, 2),
    (2, 3),
    (0, 4),
    (4, 5),
    (5, 6),
    (0, 7),
    (7, 8),
    (8, 9),
    (9, 10),
    (8, 11),
    (11, 12),
    (12, 13),
    (8, 14),
    (14, 15),
    (15, 16),
)
