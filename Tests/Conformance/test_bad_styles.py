"""Style files that cannot be used, and names that no style has."""

from pathlib import Path

import numpy
import program
import pytest
import style_files
from picture_sources import cut, noise_picture, text, zeros
from program import BAD_STYLE


def truncated(make, share=0.5):
    def apply(path):
        make(path)
        cut(path, share)

    return apply


def layers():
    return [style_files.convolution("conv", 3, 3, 1)]


def good_tensors():
    return {"conv.weight": numpy.eye(3).reshape(3, 3, 1, 1), "conv.bias": numpy.zeros(3)}


STYLES = {
    "missing-file": None,
    "empty": Path.touch,
    "text": text,
    "zeros": zeros,
    "truncated": truncated(style_files.write_small_network),
    "truncated-header": truncated(style_files.write_small_network, 0.02),
    "wrong-shape": lambda path: style_files.write_style(path, "identity", layers(), good_tensors() | {
        "conv.weight": numpy.eye(3).reshape(1, 9, 1, 1)}),
    "tensor-missing": lambda path: style_files.write_style(path, "identity", layers(), {
        "conv.weight": good_tensors()["conv.weight"]}),
    "tensor-too-many": lambda path: style_files.write_style(path, "identity", layers(), good_tensors() | {
        "other.weight": numpy.zeros(3)}),
    "no-architecture": lambda path: style_files.write_identity(path) and style_files.colour_style(
        path, numpy.eye(3), [0, 0, 0], architecture=None),
    "architecture-is-no-json": lambda path: style_files.colour_style(path, numpy.eye(3), [0, 0, 0], architecture="{"),
    "other-version": lambda path: style_files.colour_style(path, numpy.eye(3), [0, 0, 0], version="999"),
    "channels-do-not-meet": lambda path: style_files.write_style(
        path, "identity", [*layers(), style_files.convolution("next", 4, 3, 1)],
        good_tensors() | {"next.weight": numpy.zeros((3, 4, 1, 1)), "next.bias": numpy.zeros(3)}),
}  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_bad_style_file(name, folder):
    source, style = folder / "a.png", folder / "style.safetensors"
    noise_picture(source)
    if STYLES[name]:
        STYLES[name](style)
    before = program.snapshot(folder)
    result = program.run("stylize", source, "-s", style, "-o", folder / "out.png", "--quiet")
    program.assert_refused(result, BAD_STYLE, "style.safetensors", "conv", "next", "other")
    assert program.snapshot(folder) == before


@pytest.mark.parametrize("typed, meant", [("starry-nigth", "starry-night"), ("stary-night", "starry-night")])
def test_unknown_style_gets_the_nearest_name(typed, meant, folder):
    source = folder / "a.png"
    noise_picture(source)
    result = program.run("stylize", source, "-s", typed, "-o", folder / "out.png", "--quiet")
    program.assert_refused(result, BAD_STYLE, meant)
    assert typed in result.err
