from pathlib import Path

import pytest

from fitness_aqa_dataset.checking.clips import probe_clip

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=96x128:rate=30:duration=2")
NTSC = ("-f", "lavfi", "-i", "testsrc2=size=96x128:rate=30000/1001:duration=2")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3")

HONEST = {
    "plain": (*PICTURE,),
    "header first": (*PICTURE, "-movflags", "+faststart"),
    "sound longer than the picture": (*PICTURE, *SOUND),
    "sound first": (*SOUND, *PICTURE, "-map", "0", "-map", "1"),
    "picture later than the sound": ("-itsoffset", "0.3", *PICTURE, *SOUND),
    "sound later than the picture": (*PICTURE, "-itsoffset", "0.3", *SOUND),
    "begins late": (*PICTURE, "-output_ts_offset", "1.5"),
    "B-frames": (*PICTURE, "-bf", "3", "-g", "12"),
    "no B-frames": (*PICTURE, "-bf", "0"),
    "29.97 a second": (*NTSC,),
    "29.97 a second in 600ths": (*NTSC, "-video_track_timescale", "600"),
    "29.97 a second in 1000ths": (*NTSC, "-video_track_timescale", "1000"),
    "60 a second": ("-f", "lavfi", "-i", "testsrc2=size=96x128:rate=60:duration=1", "-video_track_timescale", "1000"),
    "fragments": (*PICTURE, "-movflags", "frag_keyframe+empty_moov", "-g", "10"),
    "fragments with a table": (*PICTURE, "-movflags", "frag_keyframe", "-g", "10"),
    "DASH": (*PICTURE, *SOUND, "-movflags", "frag_keyframe+empty_moov+default_base_moof+dash", "-g", "10"),
    "HEVC": (*PICTURE, "-c:v", "libx265", "-x265-params", "log-level=error"),
    "MPEG-4 part 2": (*PICTURE, "-c:v", "mpeg4", "-bf", "2"),
    "VP9": (*PICTURE, "-c:v", "libvpx-vp9", "-cpu-used", "8"),
    "QuickTime": (*PICTURE, "-f", "mov"),
    "Matroska": (*NTSC, "-f", "matroska"),
    "AVI": (*PICTURE, "-f", "avi"),
    "one frame": (*PICTURE, "-frames:v", "1"),
    "ten minutes": ("-f", "lavfi", "-i", "color=size=16x16:rate=1:duration=600"),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_files_have_no_problem(tmp_path, ffmpeg, name):
    ffmpeg(*HONEST[name], tmp_path / "1.mp4")
    probe = probe_clip(tmp_path / "1.mp4")
    assert probe.problem is None
    assert len(probe.content) == 16


@pytest.mark.parametrize(
    "cut",
    [
        ("-ss", "0.5"),
        ("-ss", "1.21", "-t", "0.5"),
        ("-t", "1.1"),
        ("-ss", "0.4", "-an"),
        ("-ss", "0.4", "-movflags", "+faststart"),
        ("-ss", "0.4", "-avoid_negative_ts", "make_zero"),
        ("-ss", "0.4", "-use_editlist", "0"),
    ],
    ids=" ".join,
)
def test_cuts_without_encoding_have_no_problem(tmp_path, ffmpeg, cut):
    ffmpeg(*PICTURE, *SOUND, "-bf", "3", "-g", "12", tmp_path / "whole.mp4")
    start, rest = (cut[:2], cut[2:]) if cut[0] == "-ss" else ((), cut)
    ffmpeg(*start, "-i", tmp_path / "whole.mp4", *rest, "-c", "copy", tmp_path / "1.mp4")
    assert probe_clip(tmp_path / "1.mp4").problem is None


def test_frames_rate_and_length_are_those_of_the_frames(tmp_path, ffmpeg):
    ffmpeg(*PICTURE, *SOUND, tmp_path / "1.mp4")
    probe = probe_clip(tmp_path / "1.mp4")
    assert (probe.num_frames, probe.fps, probe.duration_s) == (60, 30.0, 2.0)


def test_copies_in_another_container_have_the_same_content_and_other_clips_another(tmp_path, ffmpeg):
    ffmpeg(*PICTURE, "-bf", "2", tmp_path / "1.mp4")
    ffmpeg("-i", tmp_path / "1.mp4", "-c", "copy", "-movflags", "+faststart", tmp_path / "2.mp4")
    ffmpeg("-i", tmp_path / "1.mp4", "-c", "copy", "-f", "matroska", tmp_path / "3.mp4")
    ffmpeg(*PICTURE, "-vf", "hflip", tmp_path / "4.mp4")
    ffmpeg("-i", tmp_path / "1.mp4", "-c", "copy", "-t", "1.9", tmp_path / "5.mp4")
    contents = [probe_clip(tmp_path / f"{number}.mp4").content for number in range(1, 6)]
    assert contents[0] == contents[1] == contents[2]
    assert len(set(contents)) == 3


@pytest.fixture(scope="module")
def whole(tmp_path_factory, ffmpeg) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.mp4"
    ffmpeg(*PICTURE, "-bf", "2", "-movflags", "+faststart", path)
    return path


LIES = {
    "half the frames": ((b"stsz", 8, ">I", 30), "its header is wrong: its tables do not agree"),
    "one frame more in the tables": ((b"stsz", 8, ">I", 61), "its header is wrong: its tables do not agree"),
    "four thousand million frames": (
        (b"stsz", 8, ">I", 2**32 - 1),
        "do not agree on the number of frames (4294967295)",
    ),
    "twice as long a film": ((b"mvhd", 16, ">I", 4000), "it says that the film last 4.000 s, it is 2.000 s"),
    "no film at all": ((b"mvhd", 16, ">I", 0), "it says that the film last 0.000 s, it is 2.000 s"),
    "a longer track": ((b"tkhd", 20, ">I", 2100), "it says that the track last 2.100 s, it is 2.000 s"),
    "a longer stream": ((b"mdhd", 16, ">I", 1.5), "it says that the stream last 3.000 s, it is 2.000 s"),
    "slower frames": ((b"stts", 12, ">I", 2.0), "it says that "),
    "a faster clock": ((b"mdhd", 12, ">I", 2.0), "it says that the part to show last 2.000 s, it is 1.000 s"),
    "a part that is not there": ((b"elst", 8, ">I", 9000), "it says that the track last 2.000 s, it is 9.000 s"),
    "a clock that stands": ((b"mdhd", 12, ">I", 0), "its header is damaged"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_header_that_lies(tmp_path, whole, patch, name):
    (box, offset, layout, value), message = LIES[name]
    path = tmp_path / "1.mp4"
    path.write_bytes(whole.read_bytes())
    patch(path, box, offset, layout, value)
    problem = probe_clip(path).problem
    assert problem.kind == "clip" and problem.path == path
    assert message in problem.what


def test_a_header_wrong_by_less_than_a_frame_is_rounding(tmp_path, whole, patch):
    path = tmp_path / "1.mp4"
    path.write_bytes(whole.read_bytes())
    patch(path, b"mvhd", 16, ">I", 2030)
    assert probe_clip(path).problem is None


def test_tables_that_agree_on_frames_that_are_not_there(tmp_path, ffmpeg, patch):
    path = tmp_path / "1.mp4"
    ffmpeg(*PICTURE, "-bf", "0", "-c:v", "mpeg4", "-g", "1", "-movflags", "+faststart", path)
    data = path.read_bytes()
    cut = len(data) - (len(data) - data.index(b"mdat")) // 2
    path.write_bytes(data[:cut])
    patch(path, b"mdat", -8, ">I", cut - data.index(b"mdat") + 4)  # the last box ends where the file does
    assert probe_clip(path).problem.what.startswith("its header is wrong: it says 60 frames, the file holds ")


def _fall(tmp_path, ffmpeg, *arguments):
    ffmpeg(*arguments, tmp_path / "1.mp4")
    return probe_clip(tmp_path / "1.mp4").problem.what


def test_variable_frame_rate(tmp_path, ffmpeg):
    slower = ("-vf", "setpts='if(lt(N,30),N,N*2-30)/30/TB'", "-vsync", "vfr")
    assert _fall(tmp_path, ffmpeg, *PICTURE, *slower) == "variable frame rate, frames last from 33 to 67 ms"
    dropped = ("-vf", "select='not(eq(n,20))'", "-vsync", "vfr")
    assert _fall(tmp_path, ffmpeg, *PICTURE, *dropped) == "variable frame rate, frames last from 33 to 67 ms"
    matroska = _fall(tmp_path, ffmpeg, *PICTURE, *slower, "-f", "matroska")
    assert matroska.startswith("variable frame rate, a frame comes ")


def test_a_cut_that_lost_frames_before_the_last_is_uneven(tmp_path, ffmpeg):
    # times are index / average frame rate: with three frames less before the last, all of them are wrong
    ffmpeg(*PICTURE, *SOUND, "-bf", "3", "-g", "12", tmp_path / "whole.mp4")
    cut = ("-ss", "0.55", "-i", tmp_path / "whole.mp4", "-t", "0.7", "-c", "copy")
    assert _fall(tmp_path, ffmpeg, *cut) == "variable frame rate, frames last from 33 to 133 ms"


def test_rotation(tmp_path, ffmpeg):
    ffmpeg(*PICTURE, tmp_path / "upright.mp4")
    turned = ("-i", tmp_path / "upright.mp4", "-metadata:s:v", "rotate=90", "-c", "copy")
    assert _fall(tmp_path, ffmpeg, *turned).startswith("rotation metadata (90°)")


def test_sound_only(tmp_path, ffmpeg):
    assert _fall(tmp_path, ffmpeg, *SOUND) == "has no video stream"
    assert _fall(tmp_path, ffmpeg, *SOUND, "-f", "matroska") == "has no video stream"


@pytest.mark.parametrize("flags", [(), ("-movflags", "+faststart")], ids=["header last", "header first"])
def test_every_cut_is_found(tmp_path, ffmpeg, flags):
    ffmpeg(*PICTURE, *flags, tmp_path / "whole.mp4")
    data = (tmp_path / "whole.mp4").read_bytes()
    path = tmp_path / "1.mp4"
    # the file type's box alone, 32 bytes, is a file of its own with nothing in it
    for length in (1, 7, 9, 31, 33, 39, 41, 100, 1000, len(data) // 2, len(data) - 9, len(data) - 8, len(data) - 1):
        path.write_bytes(data[:length])
        assert probe_clip(path).problem is not None, length


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty (0 bytes)"),
        (b"#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n", "not a video but text"),
        (b"ffconcat version 1.0\nfile 2.mp4\n", "not a video but text"),
        (bytes(5000), "not a video that FFmpeg can open ("),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a video but a still image"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "not a video but a still image"),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(range(256)), "not a video but a still image"),
        (b"\0\0\0\x08moov", "its header is damaged (no mvhd)"),
        (b"\0\0\0\x08mdat", "not a video that FFmpeg can open ("),
        (b"\0\0\0\x10ftypisom\0\0\2\0", "not a video that FFmpeg can open ("),
    ],
)
def test_what_is_no_video(tmp_path, content, what):
    (tmp_path / "1.mp4").write_bytes(content)
    assert probe_clip(tmp_path / "1.mp4").problem.what.startswith(what)


def test_frames_overwritten_with_zeros_are_found(tmp_path, whole):
    data = bytearray(whole.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    (tmp_path / "1.mp4").write_bytes(data)
    assert probe_clip(tmp_path / "1.mp4").problem.what.startswith("its frames cannot be decoded (")


def test_a_frame_larger_than_memory_is_not_decoded(tmp_path, ffmpeg):
    large = ("-f", "lavfi", "-i", "color=size=12000x8000:rate=1:duration=1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    assert _fall(tmp_path, ffmpeg, *large) == "frames of 96 million pixels"


def test_a_name_that_is_not_utf8_and_one_with_a_line_break(tmp_path, ffmpeg):
    ffmpeg(*PICTURE, tmp_path / "1.mp4")
    for name in ("caf\udce9.mp4", "two\nlines.mp4"):
        (tmp_path / "1.mp4").rename(tmp_path / name)
        assert probe_clip(tmp_path / name).problem is None
        (tmp_path / name).rename(tmp_path / "1.mp4")
