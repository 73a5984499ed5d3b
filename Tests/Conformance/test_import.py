"""Published checkpoints become style files."""

import checkpoints
import numpy
import program
import pytest
import style_files
from picture_sources import image, pixels, text, zeros
from safetensors import safe_open
from safetensors.numpy import load_file

FIXTURES = program.REPOSITORY / "Tests/StyleNetworksTests/Fixtures"
CONTAINERS = {"zip": checkpoints.write_zip, "legacy": checkpoints.write_legacy}


@pytest.fixture(scope="module")
def state():
    return style_files.transformer_net_state()


@pytest.mark.parametrize("container", CONTAINERS)
def test_import_keeps_every_tensor(container, state, folder):
    checkpoint, style = CONTAINERS[container](folder / "net.pth", state), folder / "net.safetensors"
    program.run("import", checkpoint, "-o", style, "--quiet").ok()
    imported = load_file(style)
    assert sorted(imported) == sorted(state)
    for name, value in state.items():
        assert imported[name].dtype == numpy.float32 and imported[name].shape == value.shape
        assert imported[name].tobytes() == value.tobytes(), f"{name} changed"
    with safe_open(style, "numpy") as file:
        assert file.metadata()["format"] == "clipmorph-style"
    assert sorted(program.snapshot(folder)) == ["net.pth", "net.safetensors"]


def test_names_of_older_checkpoints(state, folder):
    """`module.` of DataParallel goes, and so do the running statistics that old PyTorch versions stored."""
    older = {f"module.{name}": value for name, value in state.items()}
    older["module.in1.running_mean"] = numpy.zeros(8, numpy.float32)
    older["module.in1.running_var"] = numpy.ones(8, numpy.float32)
    style = folder / "net.safetensors"
    program.run("import", checkpoints.write_zip(folder / "net.pth", older), "-o", style, "--quiet").ok()
    assert {name: value.tobytes() for name, value in load_file(style).items()} == {
        name: value.tobytes() for name, value in state.items()
    }


def test_both_containers_paint_alike(state, folder):
    image(40, 30).save(folder / "a.png")
    # Outputs are in 0…255: weights that fill the range, so that there is something to compare.
    state = state | {
        "deconv3.conv2d.weight": state["deconv3.conv2d.weight"] * 64,
        "deconv3.conv2d.bias": state["deconv3.conv2d.bias"] + 128,
    }
    for container, write in CONTAINERS.items():
        style = folder / f"{container}.safetensors"
        program.run("import", write(folder / f"{container}.pth", state), "-o", style, "--quiet").ok()
        program.stylize(folder / "a.png", style, folder / f"{container}.png", "--precision", "f32")
    first, second = pixels(folder / "zip.png"), pixels(folder / "legacy.png")
    assert (first == second).all() and first.shape == (30, 40, 3) and first.std() > 1


@pytest.mark.skipif(not list(FIXTURES.glob("*.pth")), reason=f"no checkpoints in {FIXTURES.relative_to(program.REPOSITORY)}")
def test_checkpoints_of_the_unit_tests(folder):
    """Every checkpoint that torch itself wrote is imported and paints, or is refused in one sentence."""
    image(40, 30).save(folder / "a.png")
    imported = 0
    for checkpoint in sorted(FIXTURES.glob("*.pth")):
        style, output = folder / f"{checkpoint.stem}.safetensors", folder / f"{checkpoint.stem}.png"
        result = program.run("import", checkpoint, "-o", style, "--quiet")
        if result.status:
            program.assert_refused(result, (program.BAD_DATA, program.BAD_STYLE))
            assert not style.exists()
            continue
        program.stylize(folder / "a.png", style, output)
        assert pixels(output).shape == (30, 40, 3)
        imported += 1
    assert imported, "not one of them could be imported"


def refused(checkpoint, folder, *words):
    before = program.snapshot(folder)
    result = program.run("import", checkpoint, "-o", folder / "out.safetensors", "--quiet")
    program.assert_refused(result, (program.BAD_DATA, program.BAD_STYLE), *words)
    assert program.snapshot(folder) == before


def test_nothing_in_a_checkpoint_is_executed(folder):
    victim = folder / "victim"
    refused(checkpoints.write_harmful(folder / "net.pth", victim), folder, "os.system", "os system", "system")
    assert not victim.exists()


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("damage", ["shape", "missing", "extra", "cut"])
def test_checkpoint_that_does_not_fit(damage, container, state, folder):
    state = dict(state)
    name = "res3.conv1.conv2d.weight"
    if damage == "shape":
        state[name] = state[name][:, :-1].copy()
    elif damage == "missing":
        del state[name]
    elif damage == "extra":
        name = "res3.conv9.weight"
        state[name] = numpy.zeros((2, 2), numpy.float32)
    checkpoint = CONTAINERS[container](folder / "net.pth", state)
    if damage == "cut":
        checkpoint.write_bytes(checkpoint.read_bytes()[: checkpoint.stat().st_size // 2])
    refused(checkpoint, folder, *([name] if damage != "cut" else []))
    refused(checkpoint, folder, "net.pth")


@pytest.mark.parametrize("make", [text, zeros, lambda path: path.touch()], ids=["text", "zeros", "empty"])
def test_a_file_that_is_no_checkpoint(make, folder):
    make(folder / "net.pth")
    refused(folder / "net.pth", folder, "net.pth")


def test_a_checkpoint_that_does_not_exist(folder):
    result = program.run("import", folder / "net.pth", "-o", folder / "out.safetensors", "--quiet")
    program.assert_refused(result, program.NO_INPUT, "net.pth")
    assert program.snapshot(folder) == {}


def test_import_does_not_overwrite(state, folder):
    checkpoint, style = checkpoints.write_zip(folder / "net.pth", state), folder / "net.safetensors"
    style.write_text("a letter")
    result = program.run("import", checkpoint, "-o", style, "--quiet")
    program.assert_refused(result, program.CANNOT_CREATE, "--overwrite")
    assert style.read_text() == "a letter"


@pytest.mark.parametrize("output", ["-", "net.png", "net"])
def test_an_output_that_is_no_style_file(output, state, folder):
    checkpoint = checkpoints.write_zip(folder / "net.pth", state)
    result = program.run("import", checkpoint, "-o", output, cwd=folder)
    program.assert_refused(result, program.CANNOT_CREATE, "safetensors")
    assert program.snapshot_names(folder) == ["net.pth"]


def test_a_folder_that_is_not_there(state, folder):
    checkpoint = checkpoints.write_zip(folder / "net.pth", state)
    result = program.run("import", checkpoint, "-o", folder / "nowhere/net.safetensors")
    program.assert_refused(result, program.CANNOT_CREATE, "no such file or directory")


def test_an_empty_checkpoint_is_called_neither_picture_nor_clip(folder):
    (folder / "net.pth").touch()
    result = program.run("import", folder / "net.pth", "-o", folder / "net.safetensors")
    program.assert_refused(result, program.BAD_DATA, "net.pth is empty")
    assert "picture" not in result.err and "clip " not in result.err
