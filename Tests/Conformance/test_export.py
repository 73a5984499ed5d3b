"""Exported styles, read by ONNX Runtime: the same paintings as the program's own."""

import json

import numpy
import onnxruntime
import program
import pytest
import style_files
from PIL import Image
from picture_sources import image, pixels, texture

SIZES = [(48, 36), (64, 96)]


@pytest.fixture(scope="module")
def exported_styles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    files = {
        "transformer-net": style_files.write_small_network(folder / "transformer-net.safetensors"),
        "compact": style_files.write_compact(folder / "compact.safetensors"),
        "original": style_files.write_original(folder / "original.safetensors"),
    }
    files["dense"] = folder / "dense.safetensors"
    program.run("export", "starry-night", "--tier", "fast", "--dense", "-o", files["dense"], "--quiet").ok()
    result = {}
    for name, style in files.items():
        model = folder / f"{name}.onnx"
        program.run("export", style, "--format", "onnx", "-o", model, "--quiet").ok()
        result[name] = (style, model)
    return result


@pytest.mark.parametrize("name", ["transformer-net", "compact", "original", "dense"])
def test_onnx_runtime_paints_alike(name, exported_styles, folder):
    style, model = exported_styles[name]
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, made.name, made.type) == ("photograph", "tensor(float)", "painting", "tensor(float)")
    assert given.shape == made.shape == ["batch", 3, "height", "width"]
    for index, (width, height) in enumerate(SIZES):
        source = folder / f"{index}.png"
        image(width, height).save(source)
        x = pixels(source).astype(numpy.float32).transpose(2, 0, 1)[None] / 255
        # Two at once, the second upside down.
        y = session.run(None, {"photograph": numpy.concatenate([x, x[:, :, ::-1]])})[0]
        assert y.shape == (2, 3, height, width) and y.min() >= 0 and y.max() <= 1
        for engine in ("torch", "openvino"):
            painting = folder / f"{index}.{engine}.png"
            program.stylize(source, style, painting, "--precision", "f32", "--engine", engine)
            expected = pixels(painting).astype(float)
            assert expected.std() > 5
            assert numpy.abs(y[0].transpose(1, 2, 0) * 255 - expected).max() <= 0.5 + 255e-3


def test_model_is_opset_17_and_carries_the_card(exported_styles):
    _, model = exported_styles["compact"]
    meta = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"]).get_modelmeta()
    assert meta.producer_name == "ClipMorph"
    assert meta.custom_metadata_map["clipmorph.name"] == "compact"
    assert json.loads(meta.custom_metadata_map["clipmorph.card"])["name"] == "compact"
    data = model.read_bytes()
    # ir_version 8 (field 1) at the start, and somewhere the operator set: field 8, two bytes long, version (field 2) 17.
    assert data[:2] == b"\x08\x08" and b"\x42\x02\x10\x11" in data


def test_a_shipped_style_is_exported_by_its_name(folder):
    program.run("export", "starry-night", "-o", folder / "starry.onnx", "--quiet").ok()
    session = onnxruntime.InferenceSession(str(folder / "starry.onnx"), providers=["CPUExecutionProvider"])
    x = texture(64, 64).astype(numpy.float32).transpose(2, 0, 1)[None] / 255
    assert session.run(None, {"photograph": x})[0].std() > 0.05


def moved(picture, by):
    return numpy.roll(picture, -by, axis=1)


def test_a_dense_network_paints_what_has_moved_as_before(folder, exported_styles):
    # A pattern that repeats every 32 pixels, so that a picture that has moved holds the same.
    pattern = numpy.tile(texture(32, 32), (6, 6, 1))
    paintings = {}
    for name, style in (("dense", exported_styles["dense"][0]), ("fast", "starry-night")):
        for by in (0, 2):
            Image.fromarray(moved(pattern, by)).save(folder / "in.png")
            painting = folder / f"{name}.{by}.png"
            program.stylize(folder / "in.png", style, painting, *(["--tier", "fast"] if name == "fast" else []))
            paintings[name, by] = pixels(painting).astype(float)
    unsteady = {
        name: ((moved(paintings[name, 0], 2) - paintings[name, 2])[64:-64, 64:-64] ** 2).mean() for name in ("dense", "fast")
    }
    assert unsteady["dense"] < unsteady["fast"] / 3
    card = program.run("styles", exported_styles["dense"][0]).ok().text
    assert "dense" in card and "score" not in card and "sample" not in card, "what was measured of the compact network"


def test_a_strain_is_kept_on_the_card(exported_styles, folder):
    style, _ = exported_styles["compact"]
    assert "strain" not in program.run("styles", style).ok().text
    program.run("export", style, "--strain", "0.5", "-o", folder / "a.safetensors", "--quiet").ok()
    program.run("export", folder / "a.safetensors", "--store", "f16", "-o", folder / "b.safetensors", "--quiet").ok()
    assert any(line.split() == ["strain", "0.5"] for line in program.run("styles", folder / "b.safetensors").ok().text.splitlines())
    for strain in ("0.09", "10.5", "-1", "nan"):
        result = program.run("export", style, f"--strain={strain}", "-o", folder / "c.safetensors")
        assert result.status == program.USAGE and "from 0.1 to 10" in result.err, result.err
    result = program.run("export", style, "--strain", "1", "-o", folder / "c.onnx")
    assert result.status == program.USAGE and "--format safetensors" in result.err, result.err
    assert not (folder / "c.safetensors").exists() and not (folder / "c.onnx").exists()


def test_only_compact_networks_become_dense(folder):
    result = program.run("export", "starry-night", "--tier", "original", "--dense", "-o", folder / "a.safetensors")
    program.assert_refused(result, program.BAD_STYLE, "compact")
    assert not list(folder.iterdir())


def test_refusals(exported_styles, folder):
    style, _ = exported_styles["compact"]
    program.assert_refused(program.run("export", "no-such-style", "-o", folder / "a.onnx"), program.BAD_STYLE, "no style")
    program.assert_refused(program.run("export", style, "-o", folder / "a.pth"), program.CANNOT_CREATE, ".onnx", "onnx")
    (folder / "a.onnx").write_text("mine")
    program.assert_refused(program.run("export", style, "-o", folder / "a.onnx"), program.CANNOT_CREATE, "--overwrite")
    assert (folder / "a.onnx").read_text() == "mine"
    program.run("export", style, "-o", folder / "a.onnx", "--overwrite", "--quiet").ok()
    assert (folder / "a.onnx").stat().st_size > 1000
    program.assert_refused(program.run("export", style, "-o", folder / "none" / "a.onnx"), program.CANNOT_CREATE, "none")
