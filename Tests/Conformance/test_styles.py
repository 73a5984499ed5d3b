"""Styles as files: listed, shown, on one sheet, stored smaller, with a sample."""

import base64
import io
import json

import checkpoints
import numpy
import program
import pytest
import style_files
from picture_sources import image, pixels
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

SHIPPED = program.REPOSITORY / "Styles/starry-night.fast.safetensors"


@pytest.fixture
def library(folder, monkeypatch):
    """`plain` in two tiers, with a full card; `dark` without."""
    place = folder / "library"
    place.mkdir()
    card = {
        "name": "plain", "title": "Plain \u001b[31mAir", "artist": "Élise Ébauche", "year": "1901", "license": "CC0",
        "photographsLicense": "CC BY", "recipe": {"iterations": "900"}, "scores": {"style": 0.0412, "content": 0.58, "mood": 3},
    }  # fmt: skip
    style_files.write_identity(place / "plain.fast.safetensors")
    style_files.colour_style(place / "plain.safetensors", numpy.eye(3), [0, 0, 0], card=json.dumps(card))
    style_files.write_invert(place / "dark.fast.safetensors")
    monkeypatch.setenv("CLIPMORPH_STYLES", str(place))
    return place


def test_table(library):
    lines = program.run("styles").ok().text.splitlines()
    head = lines[0].split()
    assert head[:5] == ["NAME", "TIERS", "TITLE", "ARTIST", "YEAR"] and head[5:] == ["STYLE", "STYLE", "TILES", "CONTENT", "PERIOD4"]
    row = next(line for line in lines if line.startswith("plain "))
    assert "balanced, fast" in row and "1901" in row and "0.041" in row and "0.580" in row
    assert row.index("1901") == lines[0].index("YEAR") and row.index("0.041") == lines[0].index("STYLE")
    assert "\u001b" not in row, "a card must not steer the terminal"


def test_cards_that_ship_have_their_styles_names():
    files = sorted(SHIPPED.parent.glob("*.safetensors"))
    assert len(files) > 15
    for path in files:
        with safe_open(path, "np") as file:
            assert json.loads(file.metadata()["card"])["name"] == path.name.split(".")[0]


def test_card(library):
    text = program.run("styles", "plain").ok().text
    for word in ("Élise Ébauche", "1901", "CC0", "CC BY", "900", "0.0412", "mood", "identity, 12 parameters in f32", "KiB",
                 "also fast"):  # fmt: skip
        assert word in text, f"no {word} in\n{text}"
    assert "\u001b" not in text
    assert "Élise" not in program.run("styles", "plain", "--tier", "fast").ok().text


def places_of(wanted, sheet):
    """Where a picture lies on a sheet."""
    height, width = wanted.shape[:2]
    return [
        (y, x)
        for y in range(sheet.shape[0] - height + 1)
        for x in range(sheet.shape[1] - width + 1)
        if abs(sheet[y, x] - wanted[0, 0]).max() <= 1
        and abs(sheet[y : y + height : 17, x : x + width : 13] - wanted[::17, ::13]).max() <= 2
    ]


def test_contact_sheet(library, folder):
    source = folder / "a.png"
    image(200, 120).save(source)
    sheet = folder / "sheet.png"
    program.run("styles", "--contact-sheet", sheet, source, "--size", "200", "--quiet").ok()
    found = pixels(sheet)
    plain, dark = pixels(source), 255 - pixels(source)
    # The photograph, dark, plain, and what ships: each somewhere, with writing below.
    places = [places_of(plain, found), places_of(dark, found)]
    assert len(places[0]) == 2 and len(places[1]) == 1, places
    for y, x in places[0] + places[1]:
        label = found[y + 120 : y + 150, x : x + 200]
        assert (label < 60).any() and (label > 230).mean() > 0.5, "no label below a picture"
    result = program.run("styles", "--contact-sheet", sheet, source)
    program.assert_refused(result, program.CANNOT_CREATE, "--overwrite")
    balanced = folder / "balanced.png"
    program.run("styles", "--contact-sheet", balanced, source, "--size", "200", "--tier", "balanced", "--quiet").ok()
    found = pixels(balanced)
    assert len(places_of(plain, found)) == 2 and not places_of(dark, found), "dark has no balanced network"


def test_contact_sheet_refusals(library, folder):
    image().save(folder / "a.png")
    assert program.run("styles", "--contact-sheet", folder / "b.png").status == program.USAGE
    result = program.run("styles", "--contact-sheet", folder / "b.gif", folder / "a.png")
    program.assert_refused(result, program.CANNOT_CREATE, ".png")
    result = program.run("styles", "--contact-sheet", folder / "b.png", folder / "none.png")
    program.assert_refused(result, program.NO_INPUT, "none.png")
    assert not (folder / "b.png").exists()


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A shipped style with numbers that no half precision holds, and without its sample; and the same in f32, f16 and bf16."""
    folder = tmp_path_factory.mktemp("stored")
    random = numpy.random.default_rng(1)
    with safe_open(SHIPPED, "numpy") as file:
        about = {key: value for key, value in file.metadata().items() if key != "sample"}
    weights = {name: (value * random.uniform(0.999, 1.001, value.shape)).astype(numpy.float32) for name, value in load_file(SHIPPED).items()}
    save_file(weights, folder / "source.safetensors", metadata=about)
    for store in ("f32", "f16", "bf16"):
        flags = ["--format", "safetensors", "--store", store, "--quiet"]
        program.run("export", folder / "source.safetensors", *flags, "-o", folder / f"{store}.safetensors").ok()
    return folder


def test_half_the_numbers_half_the_size(stored):
    source = stored / "source.safetensors"
    whole = load_file(stored / "f32.safetensors")
    assert {name: value.tobytes() for name, value in whole.items()} == {name: value.tobytes() for name, value in load_file(source).items()}
    half = load_file(stored / "f16.safetensors")
    assert all(value.dtype == numpy.float16 and numpy.array_equal(value, whole[name].astype(numpy.float16)) for name, value in half.items())
    assert (stored / "f16.safetensors").stat().st_size < 0.52 * source.stat().st_size
    assert (stored / "bf16.safetensors").stat().st_size < 0.52 * source.stat().st_size
    with safe_open(stored / "f16.safetensors", "numpy") as file, safe_open(source, "numpy") as before:
        assert json.loads(file.metadata()["card"]) == json.loads(before.metadata()["card"])


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_paintings_from_f16_are_the_same_to_the_eye(engine, stored, folder):
    image(320, 240).save(folder / "a.png")
    paintings = {}
    for store in ("f32", "f16", "bf16"):
        program.stylize(folder / "a.png", stored / f"{store}.safetensors", folder / f"{store}.png", "--precision", "f32", "--engine", engine)
        paintings[store] = pixels(folder / f"{store}.png").astype(float)
    assert paintings["f32"].std() > 5

    def decibels(store):
        return 10 * numpy.log10(255**2 / max(1e-9, ((paintings[store] - paintings["f32"]) ** 2).mean()))

    assert abs(paintings["f16"] - paintings["f32"]).max() <= 1 and decibels("f16") > 50
    assert decibels("bf16") > 35


def test_import_stores_halves(folder):
    checkpoint = checkpoints.write_zip(folder / "net.pth", style_files.transformer_net_state())
    program.run("import", checkpoint, "-o", folder / "net.safetensors", "--store", "f16", "--quiet").ok()
    assert all(value.dtype == numpy.float16 for value in load_file(folder / "net.safetensors").values())


def test_sample_and_scores(invert, folder):
    image(640, 400).save(folder / "a.png")
    style = folder / "b.safetensors"
    flags = ["--format", "safetensors", "--sample", folder / "a.png", "--score", "style=0.041", "--score", "content=0.5", "--quiet"]
    program.run("export", invert, "-o", style, *flags).ok()
    with safe_open(style, "numpy") as file:
        metadata = file.metadata()
    jpeg = base64.b64decode(metadata["sample"], validate=True)
    assert len(jpeg) <= 24 * 1024
    assert json.loads(metadata["card"])["scores"] == {"style": 0.041, "content": 0.5}
    small = Image.open(io.BytesIO(jpeg))
    assert small.format == "JPEG" and max(small.size) <= 512
    wanted = numpy.asarray(Image.open(folder / "a.png").resize(small.size)).astype(int)
    assert abs(255 - wanted - numpy.asarray(small.convert("RGB")).astype(int)).mean() < 6, "it is not a painting of the photograph"
    program.run("styles", style, "--sample", folder / "c.jpg", "--quiet").ok()
    assert Image.open(folder / "c.jpg").size == small.size
    assert "0.041" in program.run("styles", style).ok().text
    # It stays where a file is written anew, and the style still paints.
    program.run("export", style, "-o", folder / "d.safetensors", "--store", "f16", "--quiet").ok()
    with safe_open(folder / "d.safetensors", "numpy") as file:
        assert file.metadata()["sample"] == metadata["sample"]
    program.stylize(folder / "a.png", folder / "d.safetensors", folder / "d.png")


@pytest.mark.parametrize("case", ["text", "long", "bomb", "no-jpeg"])
def test_samples_are_not_trusted(case, folder):
    image(64, 48).save(folder / "a.jpg")
    jpeg = (folder / "a.jpg").read_bytes()
    at = jpeg.index(b"\xff\xc0")
    bomb = jpeg[: at + 5] + b"\xff\xdc\xff\xdc" + jpeg[at + 9 :]
    sample = {
        "text": "<script>", "long": "A" * 1_000_000, "bomb": base64.b64encode(bomb).decode(),
        "no-jpeg": base64.b64encode(b"MZ" + bytes(100)).decode(),
    }[case]  # fmt: skip
    style = style_files.colour_style(folder / "b.safetensors", numpy.eye(3), [0, 0, 0], sample=sample)
    program.assert_refused(program.run("styles", style, "--sample", folder / "c.jpg"), program.BAD_STYLE, "sample")
    assert not (folder / "c.jpg").exists()


def test_a_sample_that_no_decoder_reads(folder):
    """Its markers are right and its pixels are not."""
    image(64, 48).save(folder / "a.jpg")
    jpeg = (folder / "a.jpg").read_bytes()
    at = jpeg.index(b"\xff\xc4")
    broken = jpeg[: at + 5] + bytes(8) + jpeg[at + 13 :]
    style = style_files.colour_style(folder / "b.safetensors", numpy.eye(3), [0, 0, 0], sample=base64.b64encode(broken).decode())
    program.assert_refused(program.run("styles", style, "--sample", folder / "c.jpg"), (program.BAD_DATA, program.BAD_STYLE), "sample")
    assert not (folder / "c.jpg").exists()


def test_refusals(identity, invert, folder):
    result = program.run("styles", invert, "--sample", folder / "c.jpg")
    program.assert_refused(result, program.BAD_STYLE, "no sample")
    for flags in (["--store", "f16"], ["--sample", "a.png"], ["--score", "a=1"]):
        assert program.run("export", identity, "-o", folder / "a.onnx", *flags).status == program.USAGE
    for score in ("style", "style=good", "=1", "style=inf"):
        assert program.run("export", identity, "-o", folder / "a.safetensors", "--score", score).status == program.USAGE
    result = program.run("export", identity, "-o", folder / "a.onnx", "--format", "safetensors")
    program.assert_refused(result, program.CANNOT_CREATE, ".safetensors", "safetensors")
    result = program.run("export", identity, "-o", folder / "a.safetensors", "--sample", folder / "none.png")
    program.assert_refused(result, program.NO_INPUT, "none.png")
    assert program.snapshot(folder) == {}
