"""No input is ever overwritten, by whatever name an output leads to it, `--overwrite` or not."""

import os

import checkpoints
import probes
import program
import pytest
import style_files
from clip_sources import FFMPEG, H264, picture
from picture_sources import image, pixels
from test_evaluate import evaluate, weights  # noqa: F401


def save(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    image(48, 30, seed=seed).save(path)
    return path


def refused(before, folder, *arguments, run=program.run, **options):
    program.assert_refused(run(*arguments, "--overwrite", **options), program.CANNOT_CREATE, "is an input")
    assert program.snapshot(folder) == before


def link(kind, path, name):
    if kind == "hard":
        os.link(path, name)
    else:
        name.symlink_to(path)
    return name


@pytest.mark.parametrize("kind", ["hard", "symbolic"])
def test_a_picture_by_another_name(kind, identity, folder):
    source = save(folder / "a.png")
    other = link(kind, source, folder / "b.png")
    refused(program.snapshot(folder), folder, "stylize", source, "-s", identity, "-o", other)


def test_a_clip_on_standard_input(identity, folder):
    source = folder / "a.y4m"
    probes.tool(*FFMPEG, *picture(seconds="0.2"), source)
    before = program.snapshot(folder)
    with open(source, "rb") as stream:
        process = program.start("stylize", "-", "-s", identity, "-o", source, "--overwrite", "--quiet", stdin=stream)
        assert process.wait(timeout=60) == program.CANNOT_CREATE
    assert program.snapshot(folder) == before


@pytest.mark.parametrize("kind", [None, "hard", "symbolic"])
def test_a_mask(kind, identity, folder):
    source, mask = save(folder / "a.png"), save(folder / "m.png", 1)
    output = link(kind, mask, folder / "b.png") if kind else mask
    refused(program.snapshot(folder), folder, "stylize", source, "-s", identity, "--mask", mask, "-o", output)


def test_a_folder_painted_onto_itself(identity, folder):
    """What comes out in another format gets a name that is free; what would replace itself is refused."""
    inputs = [save(folder / name, seed) for seed, name in enumerate(["a.bmp", "a.png"])]
    before = [path.read_bytes() for path in inputs]
    result = program.run("stylize", folder, "-s", identity, "-o", folder, "--overwrite", "--quiet")
    program.assert_refused(result, 1, "a.png is an input")
    assert [path.read_bytes() for path in inputs] == before
    (made,) = set(program.snapshot_names(folder)) - {"a.bmp", "a.png"}
    assert abs(pixels(folder / made) - pixels(inputs[0])).max() <= 1


def test_an_input_that_has_the_name_of_anothers_painting(identity, folder):
    inputs = [save(folder / name, seed) for seed, name in enumerate(["a.jpg", "a-identity.jpg"])]
    before = [path.read_bytes() for path in inputs]
    program.run("stylize", "a.jpg", "a-identity.jpg", "-s", identity, "--overwrite", "--quiet", cwd=folder).ok()
    assert [path.read_bytes() for path in inputs] == before
    assert len(program.snapshot_names(folder)) == 4


def test_a_mask_that_has_the_name_of_a_painting(identity, folder):
    inputs = [save(folder / "in" / name, seed) for seed, name in enumerate(["a.png", "b.png"])]
    mask = save(folder / "out/b.png", 7)
    before = mask.read_bytes()
    program.run("stylize", *inputs, "-s", identity, "--mask", mask, "-o", mask.parent, "--overwrite", "--quiet").ok()
    assert mask.read_bytes() == before and len(program.snapshot_names(folder / "out")) == 3


def test_a_contact_sheets_photograph(folder):
    photograph = save(folder / "p.png")
    refused(program.snapshot(folder), folder, "styles", "--contact-sheet", photograph, photograph)


def test_a_checkpoint(folder):
    checkpoint = checkpoints.write_zip(folder / "ok.pth", style_files.transformer_net_state())
    other = link("hard", checkpoint, folder / "ok.safetensors")
    refused(program.snapshot(folder), folder, "import", checkpoint, "-o", other)


def test_a_style_and_its_sample(folder):
    style = style_files.write_identity(folder / "e.safetensors")
    refused(program.snapshot(folder), folder, "export", style, "-o", style)
    photograph = link("hard", save(folder / "p.png"), folder / "p.safetensors")
    refused(program.snapshot(folder), folder, "export", style, "--sample", folder / "p.png", "-o", photograph)


def test_what_a_page_tells_of(evaluate, folder):
    photograph, style = save(folder / "photographs/p.png"), style_files.write_identity(folder / "e.safetensors")
    before = program.snapshot(folder)
    for page in (photograph, style):
        refused(before, folder, "--model", style, "--content", photograph.parent, "--report", page, run=evaluate)


def test_a_runs_own_files(folder):
    run = folder / "ok.run"
    run.mkdir()
    (run / "tracking.jsonl").write_text('{"type": "run", "time": 1, "name": "ok"}\n')
    (run / "config.json").write_text("{}")
    for name in ("config.json", "tracking.jsonl"):
        refused(program.snapshot(folder), folder, "runs", "show", run, "--html", run / name)
