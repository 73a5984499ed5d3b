"""Blends of styles: the network whose weights are the mean of theirs."""

import json

import numpy
import program
import pytest
import style_files
from picture_sources import image, pixels
from safetensors import safe_open
from safetensors.numpy import load_file


@pytest.fixture
def photograph(folder):
    image(60, 40).save(folder / "a.png")
    return folder / "a.png"


def seeded(path, seed):
    layers, _ = style_files.small_network()
    return style_files.write_style(path, "transformer-net", layers, style_files.seeded(layers, seed=seed))


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    return seeded(folder / "one.safetensors", 1), seeded(folder / "other.safetensors", 2)


# Between a picture and its inverse: 0.75 v + 0.25 (255 - v), whatever the shares add up to.
@pytest.mark.parametrize("shares", [("0.75", "0.25"), ("3", "1"), ("1.5", "0.5")])
def test_shares(shares, photograph, identity, invert, folder):
    blend = f"{identity}:{shares[0]},{invert}:{shares[1]}"
    program.stylize(photograph, blend, folder / "b.png", "--precision", "f32")
    before = pixels(photograph)
    assert abs(0.5 * before + 0.25 * 255 - pixels(folder / "b.png")).max() <= 1


def test_without_shares_all_count_alike(photograph, identity, invert, folder):
    program.stylize(photograph, f"{identity},{invert}", folder / "b.png")
    assert abs(pixels(folder / "b.png") - 127.5).max() <= 1


def test_names_and_tiers(photograph, folder, monkeypatch):
    """Names of the library, in the tier that both have; files among them."""
    library = folder / "library"
    library.mkdir()
    style_files.write_identity(library / "plain.safetensors")
    style_files.write_identity(library / "plain.fast.safetensors")
    style_files.write_invert(library / "dark.fast.safetensors")
    monkeypatch.setenv("CLIPMORPH_STYLES", str(library))
    program.stylize(photograph, "plain:1,dark:1", folder / "b.png")
    assert abs(pixels(folder / "b.png") - 127.5).max() <= 1
    program.stylize(photograph, f"plain:1,{library}/dark.fast.safetensors:3", folder / "c.png")
    assert abs(255 * 0.75 - 0.5 * pixels(photograph) - pixels(folder / "c.png")).max() <= 1
    result = program.run("stylize", photograph, "-s", "plain,dark", "--tier", "balanced", "-o", folder / "d.png")
    program.assert_refused(result, program.BAD_STYLE, "dark has no network balanced")


def test_a_file_chooses_the_tier(photograph, folder, monkeypatch):
    """What is taken for pictures has another network than the file."""
    layers, tensors = style_files.small_network()
    style_files.write_style(folder / "plain.still.safetensors", "small", layers, tensors)
    style_files.write_identity(folder / "plain.fast.safetensors")
    own = style_files.write_invert(folder / "dark.safetensors")
    monkeypatch.setenv("CLIPMORPH_STYLES", str(folder))
    program.stylize(photograph, f"plain:1,{own}:3", folder / "b.png")
    assert abs(255 * 0.75 - 0.5 * pixels(photograph) - pixels(folder / "b.png")).max() <= 1


def test_a_blend_bears_the_mean_strain(two, folder):
    one, other = two
    kept = folder / "kept.safetensors"

    def strain(blend):
        program.run("export", blend, "--format", "safetensors", "-o", kept, "--overwrite", "--quiet").ok()
        with safe_open(kept, "numpy") as file:
            return json.loads(file.metadata()["card"]).get("strain")

    program.run("export", one, "--strain", "0.45", "-o", folder / "short.safetensors", "--quiet").ok()
    assert strain(f"{one}:1,{other}:1") is None
    # One without a strain bears 1.15.
    assert abs(strain(f"{folder}/short.safetensors:3,{other}:1") - (0.75 * 0.45 + 0.25 * 1.15)) < 1e-9


def test_a_blend_can_be_kept(two, photograph, folder):
    one, other = two
    program.run("export", f"{one}:1,{other}:1", "--format", "safetensors", "-o", folder / "kept.safetensors", "--quiet").ok()
    a, b, kept = load_file(one), load_file(other), load_file(folder / "kept.safetensors")
    assert all(numpy.array_equal(kept[name], ((a[name].astype(float) + b[name]) / 2).astype(numpy.float32)) for name in a)
    with safe_open(folder / "kept.safetensors", "numpy") as file:
        assert "one+other" in file.metadata()["card"]
    program.stylize(photograph, f"{one},{other}", folder / "b.png", "--precision", "f32")
    program.stylize(photograph, folder / "kept.safetensors", folder / "c.png", "--precision", "f32")
    assert (pixels(folder / "b.png") == pixels(folder / "c.png")).all()


def test_outputs_are_named_by_all(photograph, identity, invert, folder):
    program.run("stylize", photograph, "-s", f"{identity}:1,{invert}:1", "--quiet", cwd=folder).ok()
    assert "a-identity+invert.png" in program.snapshot(folder)


def test_a_colon_in_a_files_name(photograph, folder):
    style = style_files.write_invert(folder / "dark:0.5")
    program.stylize(photograph, style, folder / "b.png")
    assert abs(255 - pixels(photograph) - pixels(folder / "b.png")).max() <= 1
    plain = style_files.write_identity(folder / "plain,1:2.safetensors")
    program.stylize(photograph, plain, folder / "c.png")
    assert abs(pixels(photograph) - pixels(folder / "c.png")).max() <= 1
    colon = style_files.write_identity(folder / "plain:2.safetensors")
    program.stylize(photograph, f"{colon}:1,{style}:1", folder / "d.png")
    assert abs(pixels(folder / "d.png") - 127.5).max() <= 1


@pytest.mark.parametrize(
    "style, words",
    [
        ("{identity}:much,{invert}:1", ("much",)),
        ("{identity}:-1,{invert}:1", ("-1",)),
        ("{identity}:nan,{invert}:1", ("nan",)),
        ("{identity}:0,{invert}:0", ("share 0",)),
        ("{identity}:1,", ("name is missing",)),
        ("{identity}:1,no-such-style:1", ("no-such-style",)),
        ("{identity}:1,{network}:1", ("cannot be blended",)),
        ("{identity}:1,/nowhere/a.safetensors", ("/nowhere/a.safetensors",)),
    ],
)
def test_refusals(style, words, photograph, identity, invert, network, folder):
    style = style.format(identity=identity, invert=invert, network=network)
    result = program.run("stylize", photograph, "-s", style, "-o", folder / "b.png")
    program.assert_refused(result, program.BAD_STYLE, *words)
    assert not (folder / "b.png").exists()
