"""What comes out of a decoder, against FFmpeg's own conversion of the same picture."""

from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from edge.capture.decoder import Picture
from edge.capture.decoding import VideoSource
from edge.capture.ffmpeg_decoder import FFmpegPicture
from models.detector.raster import Colours, Matrix, Planes
from tests.rendered_clip import render_clip

ROUNDED = 4  # FFmpeg's integers against our floats, in what the network sees


def ramp(height: int, width: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns * 255 // width, rows * 255 // height, 255 - columns * 255 // width], axis=2).astype(
        np.uint8
    )


@pytest.mark.parametrize(("space", "matrix"), [(Colorspace.ITU709, "bt709"), (Colorspace.ITU601, "bt601")])
@pytest.mark.parametrize("full", [False, True], ids=["video range", "full range"])
@pytest.mark.parametrize("width", [640, 630])
def test_the_colours_are_those_of_the_stream(space: Colorspace, matrix: Matrix, full: bool, width: int) -> None:
    span = ColorRange.JPEG if full else ColorRange.MPEG
    frame = av.VideoFrame.from_ndarray(ramp(360, width), format="bgr24")
    frame = frame.reformat(format="yuv420p", dst_colorspace=space, dst_color_range=span)
    frame.colorspace, frame.color_range = space, span
    picture = Picture(0.0, FFmpegPicture(frame))
    pixels = picture.pixels()
    assert isinstance(pixels, Planes)
    assert pixels.colours == Colours(matrix, full)
    raster = picture.raster()
    assert (raster.width, raster.height) == (width, 360)
    reference = frame.to_ndarray(format="bgr24")
    assert np.array_equal(raster.bgr(), reference), "evidence is what FFmpeg decodes, to the bit"
    assert np.abs(raster.scaled(width, 360).astype(int) - reference).max() <= ROUNDED
    assert np.abs(raster.scaled(width, 360).astype(int) - ramp(360, width)).mean() < ROUNDED


@pytest.mark.parametrize("pixel_format", ["yuv422p", "yuv444p", "yuv420p10le"])
def test_other_formats_keep_their_detail(pixel_format: str, tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=3, fps=10, pixel_format=pixel_format)
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        (picture,) = islice(source.pictures(), 1)
        pixels = picture.pixels()
    assert isinstance(pixels, np.ndarray)
    assert isinstance(picture.decoded, FFmpegPicture)
    assert np.array_equal(pixels, picture.decoded.frame.to_ndarray(format="bgr24"))


def test_a_frame_outlives_its_decoder_and_the_pictures_after_it(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=40, fps=10, b_frames=2)
    rasters, copies = [], []
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        for picture in source.pictures():
            raster = picture.raster()
            rasters.append(raster)
            assert isinstance(picture.decoded, FFmpegPicture)
            copies.append(picture.decoded.frame.to_ndarray(format="gray").copy())
    for raster, copy in zip(rasters, copies, strict=True):
        grey = raster.bgr().mean(axis=2)
        assert np.abs(grey - copy).mean() < 12  # gray is the luma in full range: not the mean of colours, but near it
