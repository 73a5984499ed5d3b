"""Training as a user runs it: tiny networks and pictures, a tiny loss network with random weights, so that 60 steps take seconds."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import checkpoints
import fetching
import numpy as np
import program
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

STEPS = 60
RECIPE = {
    "base": "balanced",
    "network": {"family": "compact", "widths": [4, 5], "blocks": 1},
    "lossNetwork": "vgg19-slim",
    "content": {"tap": "relu3_1"},
    "style": {"taps": ["relu1_1", "relu2_1", "relu3_1"], "size": 64},
    "tiles": {"taps": ["relu1_1", "relu2_1"]},
    "photographs": {"size": 64, "batch": 2},
    "finish": {"from": 0.5, "tap": "relu2_1", "content": 1, "tiles": 1, "regularity": 5, "margin": 2},
}


def picture(path, seed, size=(96, 80)):
    """Soft coloured blobs."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(small).resize(size, Image.BICUBIC).save(path)
    return path


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A painting, photographs, a recipe, and the folder of the loss network's weights."""
    folder = tmp_path_factory.mktemp("workshop")
    picture(folder / "painting.png", 1)
    (folder / "photographs" / "more").mkdir(parents=True)
    for index in range(7):
        picture(folder / "photographs" / ("more" if index % 2 else ".") / f"{index}.jpg", 10 + index, (100 + 9 * index, 90))
    (folder / "recipe.json").write_text(json.dumps(RECIPE))
    (folder / "weights").mkdir()
    generator = np.random.default_rng(0)
    tensors, inputs = {}, 3
    for name, outputs, kernel in [("0", 3, 1), ("11", 4, 3), ("12", 4, 3), ("21", 6, 3), ("22", 6, 3), ("31", 8, 3)]:
        bound = np.sqrt(6 / (inputs * kernel**2))
        tensors[f"conv{name}.weight"] = generator.uniform(-bound, bound, (outputs, inputs, kernel, kernel)).astype(np.float32)
        tensors[f"conv{name}.bias"] = generator.uniform(-0.1, 0.1, outputs).astype(np.float32)
        inputs = outputs
    save_file(tensors, folder / "weights" / "vgg19-slim.safetensors")
    return folder


def arguments(workshop, output, *more, photos=None):
    return ["train", "--style", workshop / "painting.png", "--photos", photos or workshop / "photographs", "-o", output, "--recipe",
            workshop / "recipe.json", "--seed", 3, "--threads", 1, "--precision", "f32", *more]


def environment(workshop):
    return {**os.environ, "CLIPMORPH_WEIGHTS": str(workshop / "weights"), "XDG_CACHE_HOME": str(workshop / "nothing")}


def train(workshop, output, *more, photos=None):
    return program.run(*arguments(workshop, output, *more, photos=photos), env=environment(workshop))


@pytest.fixture(scope="module")
def undisturbed(workshop):
    """A run of 60 steps: its style file."""
    output = workshop / "undisturbed.safetensors"
    train(workshop, output, "--iterations", STEPS, "--checkpoint-every", 7, "--preview-every", 20, "--quiet").ok()
    return output


def log(output):
    """What the run's log says of each step."""
    lines = map(json.loads, (output.with_suffix(".run") / "tracking.jsonl").read_text().splitlines())
    rows = [line for line in lines if line["type"] == "row"]
    losses = [{name.removeprefix("loss/"): value for name, value in row["scalars"].items() if name.startswith("loss/")} for row in rows]
    rates = [row["scalars"]["learning_rate"] for row in rows]
    return [{"step": row["step"], "total": terms.pop("total"), "losses": terms, "learningRate": rate}
            for row, terms, rate in zip(rows, losses, rates)]  # fmt: skip


def test_a_run_leaves_what_it_promises(workshop, undisturbed):
    run = undisturbed.with_suffix(".run")
    assert [entry["step"] for entry in log(undisturbed)] == list(range(1, STEPS + 1))
    entry = log(undisturbed)[0]
    assert set(entry["losses"]) == {"content", "tone", "warmth", "palette", "style", "tiles", "lattice", "total_variation", "range", "temporal"}
    # Half of the steps are the run's last part, which compares one thing more.
    assert [n for n, entry in enumerate(log(undisturbed), 1) if "regularity" in entry["losses"]] == list(range(31, STEPS + 1))
    rows = [json.loads(line) for line in (run / "tracking.jsonl").read_text().splitlines()]
    shares = [row["scalars"] for row in rows if row["type"] == "row"]
    assert all(share["weighted/regularity"] == pytest.approx(5 * share["loss/regularity"]) for share in shares[30:])
    assert "weighted/regularity" not in shares[29]
    assert json.loads((run / "config.json").read_text())["recipe"]["photographs"]["size"] == 64
    previews = sorted(path.name for path in (run / "previews").iterdir())
    assert previews == [f"step-{n:06}.png" for n in (1, 20, 40, 60)]
    assert Image.open(run / "previews" / "step-000060.png").size == (128, 4 * 64)
    first, last = (np.mean([e["total"] for e in part]) for part in (log(undisturbed)[:5], log(undisturbed)[-5:]))
    assert last < 0.8 * first, "nothing was learnt"
    with safe_open(undisturbed, "np") as file:
        card = json.loads(file.metadata()["card"])
        assert file.metadata()["format"] == "clipmorph-style"
    assert card["recipe"]["steps"] == str(STEPS) and len(card["recipe"]["painting_sha256"]) == 64


def test_the_style_can_be_used_at_once(undisturbed, workshop, folder):
    program.stylize(workshop / "photographs" / "0.jpg", undisturbed, folder / "out.png")
    assert Image.open(folder / "out.png").size == (100, 90)


def test_the_same_seed_gives_the_same_bits(workshop, undisturbed, folder):
    train(workshop, folder / "undisturbed.safetensors", "--iterations", STEPS, "--quiet").ok()
    assert (folder / "undisturbed.safetensors").read_bytes() == undisturbed.read_bytes()


def test_another_seed_gives_others(workshop, undisturbed, folder):
    train(workshop, folder / "undisturbed.safetensors", "--iterations", STEPS, "--quiet", "--seed", 4).ok()
    assert (folder / "undisturbed.safetensors").read_bytes() != undisturbed.read_bytes()


def test_killed_twenty_times_and_resumed_it_ends_with_the_same_bits(workshop, undisturbed, folder):
    """SIGKILL at random moments of the run, twenty times; where a run got to its end before its kill, a new one begins."""
    random.seed(5)
    output = folder / "undisturbed.safetensors"
    run = output.with_suffix(".run")
    options = ["--iterations", STEPS, "--checkpoint-every", 7, "--preview-every", 20, "--quiet"]
    began = time.monotonic()
    probe = folder / "probe.safetensors"
    train(workshop, probe, *options).ok()
    whole = time.monotonic() - began
    kills = resumed = 0
    while kills < 20:
        going_on = (run / "checkpoint.safetensors").exists()
        process = program.start(*arguments(workshop, output, *options, "--resume" if going_on else "--overwrite"),
                                env=environment(workshop), stderr=subprocess.PIPE)
        time.sleep(random.uniform(0.02, 0.9) * whole)
        if process.poll() is None:
            process.kill()
            kills += 1
            resumed += going_on
        _, err = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), err.decode()
        if process.returncode == 0:
            assert output.read_bytes() == undisturbed.read_bytes()
            for path in run.glob("*.safetensors"):
                path.unlink()
    if (run / "checkpoint.safetensors").exists():
        train(workshop, output, *options, "--resume").ok()
    else:
        train(workshop, output, *options, "--overwrite").ok()
    assert resumed >= 3, "the kills came too early to test anything"
    assert output.read_bytes() == undisturbed.read_bytes()
    assert [entry["step"] for entry in log(output)] == list(range(1, STEPS + 1))
    assert [entry["total"] for entry in log(output)] == [entry["total"] for entry in log(undisturbed)]


@pytest.mark.parametrize("option", ["--overwrite", "--resume"])
def test_a_run_that_still_goes_on_is_left_alone(workshop, folder, option):
    output = folder / "undisturbed.safetensors"
    process = program.start(*arguments(workshop, output, "--iterations", 100 * STEPS, "--checkpoint-every", 1, "--json"),
                            env=environment(workshop), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "step" and event["step"] > 2:
                break
        program.assert_refused(train(workshop, output, "--iterations", 100 * STEPS, "--quiet", option), program.CANNOT_CREATE,
                               "has a run that still goes on; stop it first")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    steps = [entry["step"] for entry in log(output)]
    assert len(steps) > 2 and steps == list(range(1, len(steps) + 1))
    assert output.with_suffix(".run").joinpath("checkpoint.safetensors").exists()


def test_interrupted_it_keeps_its_state(workshop, undisturbed, folder):
    output = folder / "undisturbed.safetensors"
    process = program.start(*arguments(workshop, output, "--iterations", STEPS, "--json"), env=environment(workshop),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in process.stdout:
        if json.loads(line)["event"] == "step":
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert not output.exists()
    assert json.loads(out.splitlines()[-1])["event"] == "finished"
    train(workshop, output, "--iterations", STEPS, "--resume", "--quiet").ok()
    assert output.read_bytes() == undisturbed.read_bytes()


def test_a_terminal_that_closes_costs_no_state(workshop, folder):
    """It sends its signal more than once, and nothing can be told to it any more."""
    output = folder / "out.safetensors"
    reader, writer = os.pipe()
    process = program.start(*arguments(workshop, output, "--time-budget", "300s"), env=environment(workshop), stderr=writer)
    os.close(writer)
    os.close(reader)
    log = output.with_suffix(".run") / "tracking.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (log.exists() and log.read_text().count('"row"') >= 3):
        time.sleep(0.1)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.01)
    if process.poll() is None:
        process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=30) == 129
    assert (output.with_suffix(".run") / "checkpoint.safetensors").exists()


def test_events_that_nobody_reads_do_not_end_a_run(workshop, undisturbed, folder):
    output = folder / "undisturbed.safetensors"
    reader, writer = os.pipe()
    os.close(reader)
    process = program.start(*arguments(workshop, output, "--iterations", STEPS, "--json"), env=environment(workshop), stdout=writer,
                            stderr=subprocess.PIPE)  # fmt: skip
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert process.returncode == program.IO_ERROR and err.startswith(b"clipmorph: standard output cannot be written"), err
    assert output.read_bytes() == undisturbed.read_bytes()


def test_a_recipe_that_cannot_be_used_is_named(workshop, folder):
    (folder / "odd.json").write_text('{"base": "balanced", "colour": 1}')
    result = train(workshop, folder / "out.safetensors", "--recipe", folder / "odd.json")
    program.assert_refused(result, program.BAD_STYLE, "odd.json")


def test_the_style_to_start_from_is_not_overwritten(workshop, undisturbed, folder):
    style = folder / "a.safetensors"
    shutil.copy(undisturbed, style)
    result = train(workshop, style, "--init", style, "--iterations", 1, "--overwrite")
    program.assert_refused(result, program.CANNOT_CREATE, "a.safetensors is an input")
    assert program.snapshot_names(folder) == ["a.safetensors"]


def test_a_painting_in_the_runs_folder_is_not_overwritten(workshop, undisturbed, folder):
    run = shutil.copytree(undisturbed.with_suffix(".run"), folder / "a.run")
    before = program.snapshot(folder)
    result = train(workshop, folder / "a.safetensors", "--style", run / "style.png", "--iterations", 1, "--overwrite")
    program.assert_refused(result, program.CANNOT_CREATE, "style.png is an input")
    assert program.snapshot(folder) == before


def test_a_time_budget_is_kept(workshop, folder):
    began = time.monotonic()
    train(workshop, folder / "out.safetensors", "--time-budget", "4s", "--quiet").ok()
    assert 2.5 < time.monotonic() - began < 5.5
    rates = [entry["learningRate"] for entry in log(folder / "out.safetensors")]
    assert rates[-1] < 0.2 * max(rates), "the learning rate did not end low"


def test_bad_photographs_are_counted_and_skipped(workshop, folder):
    photos = folder / "photographs"
    photos.mkdir()
    for index in range(20):
        picture(photos / f"good{index}.jpg", index)
    whole = (photos / "good0.jpg").read_bytes()
    (photos / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "text.png").write_text("no picture")
    (photos / "empty.jpg").write_bytes(b"")
    Image.new("RGB", (1, 1)).save(photos / "one.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 90), dtype=np.uint8)).save(photos / "grey.jpg")
    Image.new("CMYK", (90, 80), (200, 30, 30, 0)).save(photos / "cmyk.jpg")
    picture(photos / "wide.jpg", 3, (20000, 1200))
    frames = [Image.fromarray(np.full((80, 80, 3), 40 * n, np.uint8)) for n in range(3)]
    frames[0].save(photos / "animated.gif", save_all=True, append_images=frames[1:])
    (photos / "notes.txt").write_text("not counted")
    result = train(workshop, folder / "out.safetensors", "--iterations", 30, "--json", photos=photos).ok()
    events = [json.loads(line) for line in result.text.splitlines()]
    assert events[0]["photographs"] == 28
    skipped = events[-1]["skipped"]
    assert skipped["tiny"] == 1 and skipped["grey"] == 1
    # Not a picture, empty, cut short, animated; a CMYK picture may be read or not.
    assert 4 <= skipped["unreadable"] <= 5
    assert sum(skipped.values()) <= 7


def test_photographs_of_no_use_are_told(workshop, folder):
    (folder / "empty").mkdir()
    program.assert_refused(
        train(workshop, folder / "out.safetensors", photos=folder / "empty"), program.BAD_DATA, "no file in it")
    (folder / "bad").mkdir()
    (folder / "bad" / "a.jpg").write_text("no picture")
    result = train(workshop, folder / "out.safetensors", "--quiet", photos=folder / "bad")
    program.assert_refused(result, program.BAD_DATA, "none of its 1 pictures")
    program.assert_refused(
        train(workshop, folder / "out.safetensors", photos=folder / "missing"), program.BAD_DATA, "not a folder")


@pytest.mark.parametrize("change, status, words", [
    (["--style", "{folder}/text.png"], program.BAD_DATA, "text.png"),
    (["--style", "{folder}/missing.png"], program.NO_INPUT, "missing.png"),
    (["--style-crop", "500x10+0+0"], program.BAD_DATA, "crop"),
    (["--recipe", "unknown"], program.NO_INPUT, "recipe"),
    (["--size", "30"], program.BAD_STYLE, "multiple of 4"),
    (["--loss-network", "vgg19", "--offline"], 69, "clipmorph fetch vgg19,"),
    (["-o", "{folder}/out.txt"], program.CANNOT_CREATE, "safetensors"),
    (["-o", "{folder}/missing/out.safetensors"], program.CANNOT_CREATE, "missing"),
    (["--resume"], program.CANNOT_CREATE, "no checkpoint"),
    (["--learning-rate", "7"], program.BAD_STYLE, "learningRate"),
])
def test_what_cannot_be_done_is_told(workshop, folder, change, status, words):
    (folder / "text.png").write_text("no picture")
    before = program.snapshot_names(folder)
    more = [text.format(folder=folder) for text in change]
    options = arguments(workshop, folder / "out.safetensors", "--quiet")
    for index in range(0, len(more) - 1, 2):
        if more[index] in options:
            options[options.index(more[index]) + 1] = more[index + 1]
            more = []
    result = program.run(*options, *more, env=environment(workshop))
    program.assert_refused(result, status, words)
    assert program.snapshot_names(folder) == before


def test_a_small_part_of_a_large_painting_is_enlarged_by_itself(workshop, folder):
    """The whole, enlarged as much, would have more pixels than anything holds."""
    generator = np.random.default_rng(5)
    part = picture(folder / "part.png", 3, (40, 40))
    large = Image.fromarray(generator.integers(0, 256, (32, 48, 3), dtype=np.uint8)).resize((6000, 4000), Image.NEAREST)
    large.paste(Image.open(part), (3000, 2000))
    large.save(folder / "large.png")
    recipe = {**RECIPE, "style": {**RECIPE["style"], "size": 512}}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    styles = []
    for name, painting, more in (("whole", part, []), ("crop", folder / "large.png", ["--style-crop", "40x40+3000+2000"])):
        options = arguments(workshop, folder / f"{name}.safetensors", "--quiet", "--iterations", 1, *more)
        options[options.index("--style") + 1] = painting
        options[options.index("--recipe") + 1] = folder / "recipe.json"
        program.run(*options, env=environment(workshop)).ok()
        styles.append(np.asarray(Image.open(folder / f"{name}.run" / "style.png"), dtype=int))
    assert styles[0].shape == styles[1].shape and abs(styles[0] - styles[1]).mean() < 3


@pytest.mark.parametrize("term, least", [("regularity", 32), ("palette", 32), ("coherence", 88)])
def test_a_painting_that_is_too_small_for_a_term_is_told(workshop, folder, term, least):
    recipe = {**RECIPE, "style": {**RECIPE["style"], "size": 24}, "photographs": {"size": least, "batch": 2}, "finish": {"from": 1},
              "palette": 0, "tone": 0, "warmth": 0, term: 100}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    result = train(workshop, folder / "out.safetensors", "--iterations", 2, "--quiet", "--recipe", folder / "recipe.json")
    program.assert_refused(result, program.BAD_DATA, "painting.png", "29x24", f"{term} wants {least}")


def without_weights(folder, server):
    return {**os.environ, "CLIPMORPH_WEIGHTS": "", "XDG_CACHE_HOME": str(folder / "cache"), "no_proxy": "*",
            "CLIPMORPH_MIRROR": server.base}


def test_missing_weights_are_fetched_first(workshop, server, folder):
    content = fetching.weights("vgg19-slim.pth", fetching.SLIM)
    server.add("/vgg19-slim.pth", content, drop=1_000_000)
    options = arguments(workshop, folder / "out.safetensors", "--iterations", 2)
    result = program.run(*options, env=without_weights(folder, server)).ok()
    assert f"fetching vgg19-slim from {server.base}/vgg19-slim.pth, about 3.9 MB" in result.err
    assert (folder / "cache" / "clipmorph" / "weights" / "vgg19-slim.pth").read_bytes() == content
    assert (folder / "out.safetensors").exists()
    requests = len(server.requests)
    program.run(*options, "--overwrite", env=without_weights(folder, server)).ok()
    assert len(server.requests) == requests


def test_wrong_weights_are_not_trained_with(workshop, server, folder):
    server.add("/vgg19-dcbb9e9d.pth", b"wrong")
    options = arguments(workshop, folder / "out.safetensors", "--quiet", "--loss-network", "vgg19")
    program.assert_refused(program.run(*options, env=without_weights(folder, server)), program.BAD_DATA, "dcbb9e9d…")
    program.assert_refused(
        program.run(*options, "--style", folder / "missing.png", env=without_weights(folder, server)), program.NO_INPUT, "missing")
    assert len(server.requests) == 1 and program.snapshot_names(folder) == []


@pytest.mark.parametrize("key, value, words", [("version", "1", "another version"), ("format", "x", "not a checkpoint")])
def test_another_versions_run_does_not_resume(workshop, undisturbed, folder, key, value, words):
    output = folder / "style.safetensors"
    shutil.copytree(undisturbed.with_suffix(".run"), output.with_suffix(".run"))
    checkpoint = output.with_suffix(".run") / "checkpoint.safetensors"
    with safe_open(checkpoint, "np") as file:
        metadata, tensors = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}
    save_file(tensors, checkpoint, metadata={**metadata, key: value})
    before = checkpoint.read_bytes()
    result = train(workshop, output, "--iterations", STEPS + 1, "--resume", "--quiet")
    program.assert_refused(result, program.IO_ERROR, "checkpoint.safetensors", words)
    assert checkpoint.read_bytes() == before and not output.exists()


def test_a_run_goes_on_at_a_lower_rate(workshop, undisturbed, folder):
    """What a run that diverged is told to do."""
    output = folder / "style.safetensors"
    shutil.copytree(undisturbed.with_suffix(".run"), output.with_suffix(".run"))
    train(workshop, output, "--iterations", STEPS + 10, "--resume", "--learning-rate", 0.0001, "--quiet").ok()
    rates = [entry["learningRate"] for entry in log(output)]
    assert len(rates) == STEPS + 10 and max(rates[STEPS:]) <= 0.0001 < max(rates[:STEPS])
    assert json.loads((output.with_suffix(".run") / "config.json").read_text())["recipe"]["learningRate"] == 0.0001


def test_a_budget_that_is_over_before_the_first_step_leaves_the_old_style(workshop, folder):
    output = folder / "style.safetensors"
    output.write_bytes(b"old")
    # Comparing with so large a painting takes a second before anything is learnt.
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, "style": {**RECIPE["style"], "size": 2200}}))
    options = arguments(workshop, output, "--time-budget", "1s", "--overwrite", "--quiet")
    options[options.index("--recipe") + 1] = folder / "recipe.json"
    program.assert_refused(program.run(*options, env=environment(workshop)), program.USAGE, "--time-budget")
    assert output.read_bytes() == b"old"


def test_other_settings_do_not_resume(workshop, undisturbed):
    result = train(workshop, undisturbed, "--iterations", STEPS, "--resume", "--seed", 9, "--quiet")
    program.assert_refused(result, program.CANNOT_CREATE, "the seed")


def test_a_run_is_not_overwritten(workshop, folder):
    output = folder / "out.safetensors"
    train(workshop, output, "--iterations", 2, "--quiet").ok()
    output.unlink()
    program.assert_refused(train(workshop, output, "--iterations", 2, "--quiet"), program.CANNOT_CREATE, "--resume")


def test_a_run_that_diverges_stops_with_its_checkpoint(workshop, folder):
    output = folder / "out.safetensors"
    wild = {**RECIPE, "style": {**RECIPE["style"], "weight": 1e300}}
    (folder / "recipe.json").write_text(json.dumps(wild))
    result = train(workshop, output, "--iterations", 20, "--quiet", "--recipe", folder / "recipe.json")
    program.assert_refused(result, 70, "not finite at step")
    assert not output.exists()


def test_a_warm_start_goes_on_from_a_style(workshop, undisturbed, folder):
    output = folder / "warm.safetensors"
    train(workshop, output, "--iterations", 3, "--init", undisturbed, "--learning-rate", "1e-6", "--quiet").ok()
    warm, cold = log(output)[0]["total"], log(undisturbed)[0]["total"]
    assert warm < 0.9 * cold


def test_training_starts_from_starry_night_unless_told_otherwise(workshop, undisturbed, folder):
    """Where it has the recipe's network, as it is or to be made dense; `none` starts from nothing, and so does the original's recipe."""
    (folder / "styles").mkdir()
    started = folder / "styles" / "starry-night.fast.safetensors"
    shutil.copy(undisturbed, started)
    dense = {**RECIPE, "network": {**RECIPE["network"], "family": "dense"}}
    other = {**RECIPE, "network": {**RECIPE["network"], "widths": [4, 6]}}
    original = {**RECIPE, "form": "absolute"}
    for name, recipe in [("own", {**RECIPE, "base": "fast"}), ("dense", {**dense, "base": "fast"}), ("other", other), ("original", original)]:
        (folder / f"{name}.json").write_text(json.dumps(recipe))

    def begun(name, *options):
        output = folder / f"{name}.safetensors"
        words = ("--iterations", 1, "--overwrite", "--json", "--recipe", folder / f"{name}.json")
        styles = {**environment(workshop), "CLIPMORPH_STYLES": str(folder / "styles")}
        result = program.run(*arguments(workshop, output, *words, *options), env=styles).ok()
        with safe_open(output, "np") as file:
            facts = json.loads(file.metadata()["card"])["recipe"]
        return json.loads(result.text.splitlines()[0]).get("initialStyle"), (json.loads(facts["settings"])["learningRate"], facts.get("init_sha256"))

    digest, rate = hashlib.sha256(undisturbed.read_bytes()).hexdigest(), 0.003
    assert begun("own") == (str(started), (pytest.approx(rate * 2 / 3), digest))
    assert begun("dense") == (str(started), (pytest.approx(rate * 2 / 3), digest))
    assert begun("own", "--learning-rate", 0.001) == (str(started), (0.001, digest))
    assert begun("own", "--init", "none") == (None, (rate, None))
    # A run goes on as it began, without being told again how.
    more = ("--recipe", folder / "own.json", "--resume", "--iterations", 2)
    styles = {**environment(workshop), "CLIPMORPH_STYLES": str(folder / "styles")}
    program.run(*arguments(workshop, folder / "own.safetensors", *more), env=styles).ok()
    assert begun("own") == (str(started), (pytest.approx(rate * 2 / 3), digest))
    program.run(*arguments(workshop, folder / "own.safetensors", *more), env=styles).ok()
    program.assert_refused(program.run(*arguments(workshop, folder / "own.safetensors", *more, "--init", "none"), env=styles), program.CANNOT_CREATE,
                           "the style to start from")
    for name in ("other", "original"):
        assert begun(name) == (None, (rate, None)), name


def test_a_start_from_another_network_is_said(workshop, undisturbed, folder):
    output = folder / "warm.safetensors"
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, "network": {"family": "compact", "widths": [4, 6], "blocks": 1}}))
    same = train(workshop, output, "--iterations", 1, "--init", undisturbed)
    assert "would have" not in same.ok().err
    other = train(workshop, output, "--iterations", 1, "--init", undisturbed, "--recipe", folder / "recipe.json", "--overwrite")
    assert re.search(r"undisturbed\.safetensors has a network of \d+ parameters \(compact\), and the recipe's would have \d+", other.ok().err)


def test_a_dense_network_goes_on_from_a_compact_one(workshop, undisturbed, folder):
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, "network": {"family": "dense", "widths": [4, 5], "blocks": 1}}))
    output = folder / "dense.safetensors"
    result = train(workshop, output, "--iterations", 3, "--init", undisturbed, "--recipe", folder / "recipe.json", "--learning-rate", "1e-6")
    assert "would have" not in result.ok().err
    with safe_open(output, "np") as file:
        assert json.loads(file.metadata()["architecture"])["family"] == "dense"
        blur = file.get_tensor("up1.blur.weight")
    assert blur.shape == (5, 1, 5, 5) and abs(blur.sum() - 5) < 1e-3
    assert log(output)[0]["total"] < 0.9 * log(undisturbed)[0]["total"]


def test_a_dense_network_begins_with_a_blur(workshop, folder):
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, "network": {"family": "dense", "widths": [4, 5], "blocks": 1}}))
    output = folder / "dense.safetensors"
    train(workshop, output, "--iterations", 1, "--recipe", folder / "recipe.json", "--learning-rate", "1e-9").ok()
    with safe_open(output, "np") as file:
        assert json.loads(file.metadata()["architecture"])["family"] == "dense"
        blur = file.get_tensor("up1.blur.weight")
    row = np.array([1, 3, 3, 1, 0]) / 8
    np.testing.assert_allclose(blur, np.broadcast_to(np.outer(row, row), (5, 1, 5, 5)), atol=1e-6)


def test_a_cache_changes_nothing_but_speed(workshop, folder):
    for name in ("one", "two"):
        train(workshop, folder / f"{name}.safetensors", "--iterations", 4, "--cache", folder / "cache", "--quiet").ok()
    assert len(list((folder / "cache").iterdir())) >= 5
    assert [e["total"] for e in log(folder / "one.safetensors")] == [e["total"] for e in log(folder / "two.safetensors")]


def test_full_disk_keeps_the_last_checkpoint(workshop, undisturbed, folder):
    """Previews fill a small disk: one sentence; with room made, the run goes on from its checkpoint to the same bits."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    tmpfs = f"mount -t tmpfs -o size=1m none '{disk}'"
    if not shutil.which("unshare") or subprocess.run([*mount, tmpfs], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    output = disk / "undisturbed.safetensors"
    first = arguments(workshop, output, "--iterations", STEPS, "--checkpoint-every", 2, "--preview-every", 1, "--quiet")
    second = arguments(workshop, output, "--iterations", STEPS, "--checkpoint-every", 7, "--preview-every", 0, "--quiet", "--resume")
    words = " ".join(f"'{word}'" for word in [program.PROGRAM, *first])
    again = " ".join(f"'{word}'" for word in [program.PROGRAM, *second])
    script = (
        f"{tmpfs} || exit 99\n{words}\nstatus=$?\nls '{disk}/undisturbed.run' > '{folder}/left'\n"
        f"rm '{disk}'/undisturbed.run/previews/*\n{again} 2>'{folder}/again' && cp '{output}' '{folder}/'\nexit $status"
    )
    done = subprocess.run([*mount, script], capture_output=True, timeout=120, env=environment(workshop))
    result = program.Result(done.returncode, done.stdout, done.stderr.decode())
    program.assert_refused(result, program.IO_ERROR, "space", "full")
    left = (folder / "left").read_text().split()
    assert "checkpoint.safetensors" in left and not [name for name in left if "tmp" in name or name.startswith(".")], left
    assert (folder / "again").read_text() == ""
    assert (folder / "undisturbed.safetensors").read_bytes() == undisturbed.read_bytes()


def test_the_original_recipe_reads_vgg19_as_torchvision_ships_it(workshop, folder):
    """A legacy file with the names and shapes of vgg19-dcbb9e9d.pth's features, seeded values, and something of its classifier."""
    generator = np.random.default_rng(4)
    state, inputs, index = {}, 3, 0
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0):
        if width:
            bound = np.float32(np.sqrt(6 / (inputs * 9)))
            state[f"features.{index}.weight"] = generator.random((width, inputs, 3, 3), np.float32) * 2 * bound - bound
            state[f"features.{index}.bias"] = np.zeros(width, np.float32)
            inputs = width
        index += 2 if width else 1
    assert index == 37 and len(state) == 32
    state["classifier.6.bias"] = np.zeros(1000, np.float32)
    weights = folder / "weights"
    weights.mkdir()
    checkpoints.write_legacy(weights / "vgg19-dcbb9e9d.pth", state)
    recipe = {"base": "original", "network": {"widths": [4, 6, 8], "blocks": 1}, "style": {"size": 64},
              "photographs": {"size": 64, "batch": 2}}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    output = folder / "out.safetensors"
    words = ["train", "--style", workshop / "painting.png", "--photos", workshop / "photographs", "-o", output, "--recipe",
             folder / "recipe.json", "--iterations", 3, "--offline", "--quiet"]
    program.run(*words, env={**os.environ, "CLIPMORPH_WEIGHTS": str(weights)}).ok()
    entries = log(output)
    assert [entry["step"] for entry in entries] == [1, 2, 3]
    for entry in entries:
        assert set(entry["losses"]) == {"content", "style", "total_variation", "temporal"}
        assert all(np.isfinite(value) and value > 0 for value in entry["losses"].values())
        weighted = [1e5, 4e10, 1e-6, 1e3]
        names = ["content", "style", "total_variation", "temporal"]
        assert abs(entry["total"] - sum(w * entry["losses"][n] for w, n in zip(weighted, names))) <= 1e-3 * entry["total"]
    # One tensor less, and it is said which.
    del state["features.5.weight"]
    checkpoints.write_legacy(weights / "vgg19-dcbb9e9d.pth", state)
    program.assert_refused(program.run(*words, "--overwrite", env={**os.environ, "CLIPMORPH_WEIGHTS": str(weights)}), 69, "features.5.weight")
