"""`evaluate` as a user runs it: numbers against NumPy's own on pictures, what a clip must score by construction, and refusals."""

import json
import os
import re
import resource

import numpy as np
import probes
import program
import pytest
from PIL import Image
from safetensors.numpy import save_file

SLIM = [("0", 3, 1), ("11", 4, 3), ("12", 4, 3), ("21", 5, 3), ("22", 5, 3), ("31", 6, 3), ("32", 6, 3), ("33", 6, 3), ("34", 6, 3),
        ("41", 7, 3), ("42", 7, 3), ("43", 7, 3), ("44", 7, 3), ("51", 8, 3)]
NORMALISED = [("0", 3, 1), ("2", 4, 3), ("5", 4, 3), ("9", 5, 3), ("12", 5, 3), ("16", 6, 3)]


def random_weights(layers, prefix, seed):
    generator = np.random.default_rng(seed)
    tensors, inputs = {}, 3
    for name, outputs, kernel in layers:
        bound = np.sqrt(6 / (inputs * kernel**2))
        tensors[f"{prefix}{name}.weight"] = generator.uniform(-bound, bound, (outputs, inputs, kernel, kernel)).astype(np.float32)
        tensors[f"{prefix}{name}.bias"] = generator.uniform(-0.1, 0.1, outputs).astype(np.float32)
        inputs = outputs
    return tensors


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Small random loss networks under the real ones' names: folder, and the tensors of each."""
    folder = tmp_path_factory.mktemp("weights")
    slim, normalised = random_weights(SLIM, "conv", 1), random_weights(NORMALISED, "", 2)
    save_file(slim, folder / "vgg19-slim.safetensors")
    save_file(normalised, folder / "vgg19-normalised-conv3_1.safetensors")
    return folder, slim, normalised


@pytest.fixture(scope="module")
def evaluate(weights, tmp_path_factory):
    environment = {**os.environ, "CLIPMORPH_WEIGHTS": str(weights[0]), "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}

    def run(*arguments, **options):
        return program.run("evaluate", *arguments, env=environment, **options)

    return run


def picture(path, seed, size=(160, 120)):
    """Soft coloured blobs."""
    small = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    Image.fromarray(small).resize(size, Image.BICUBIC).save(path)
    return path


def clip(path, frames=6, speed=2, flash=0, size=(128, 96), codec=("-c:v", "ffv1", "-pix_fmt", "bgr0")):
    """A textured picture that moves to the left; every other frame is brighter by `flash` levels."""
    width, height = size
    whole = np.asarray(Image.fromarray(np.random.default_rng(5).integers(30, 200, (24, 64, 3), dtype=np.uint8)).resize(
        (width * 4, height), Image.BICUBIC)).astype(int)
    pictures = [np.clip(whole[:, n * speed : n * speed + width] + flash * (n % 2), 0, 255).astype(np.uint8) for n in range(frames)]
    probes.tool("ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "25", "-i", "-",
                *codec, path, stdin=b"".join(p.tobytes() for p in pictures))
    return path


# The same numbers by NumPy.


def convolve(x, weight, bias):
    """x [C, H, W], reflected at the edges, by [C', C, k, k]."""
    k = weight.shape[2]
    if k > 1:
        x = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, weight, optimize=True) + bias[:, None, None]


def pool(x, up):
    height, width = x.shape[1] + (x.shape[1] % 2 if up else 0), x.shape[2] + (x.shape[2] % 2 if up else 0)
    padded = np.full((x.shape[0], height, width), -np.inf)
    padded[:, : x.shape[1], : x.shape[2]] = x
    padded = padded[:, : height // 2 * 2, : width // 2 * 2]
    return padded.reshape(x.shape[0], height // 2, 2, width // 2, 2).max((2, 4))


def features(x, slim, normalised):
    def layer(y, tensors, name, relu=True):
        y = convolve(y, tensors[name + ".weight"].astype(np.float64), tensors[name + ".bias"].astype(np.float64))
        return np.maximum(y, 0) if relu else y

    found, y = [], layer(x, normalised, "0", relu=False)
    for name in ("2", "5", "P", "9", "12", "P", "16"):
        y = pool(y, up=True) if name == "P" else layer(y, normalised, name)
        if name in ("2", "9", "16"):
            found.append(y)
    y = layer(x, slim, "conv0", relu=False)
    for name in "11 12 P 21 22 P 31 32 33 34 P 41 42 43 44 P 51".split():
        y = pool(y, up=False) if name == "P" else layer(y, slim, "conv" + name)
        if name in ("41", "51"):
            found.append(y)
    return found


def gram(f):
    flat = f.reshape(f.shape[0], -1)
    return flat @ flat.T / flat.shape[1]


def load(path):
    image = Image.open(path).convert("RGB")
    scale = 512 / min(image.size)
    image = image.resize((round(image.size[0] * scale), round(image.size[1] * scale)), Image.BICUBIC)
    return np.asarray(image).transpose(2, 0, 1) / 255.0


def structure(painting, photo):
    """Equation 10 of Wang et al. 2004 on luminance in areas of two and of four pixels."""
    def smoothed(x):
        for axis in (0, 1):
            x = sum(w * np.take(x, np.arange(k, k + x.shape[axis] - 4), axis) for k, w in enumerate((1, 4, 6, 4, 1))) / 16
        return x

    means = []
    for side in (2, 4):
        details = []
        for picture in (painting, photo):
            grey = np.tensordot([0.2126, 0.7152, 0.0722], picture, 1)
            rows, columns = (length // side for length in grey.shape)
            areas = grey[: rows * side, : columns * side].reshape(rows, side, columns, side).mean((1, 3))
            details.append(areas[2:-2, 2:-2] - smoothed(areas))
        a, b = details
        deviations = np.sqrt((smoothed(a * a) + 1e-6) * (smoothed(b * b) + 1e-6))
        means.append(((smoothed(a * b) + 4.5e-4) / (deviations + 4.5e-4)).mean())
    return np.mean(means)


def test_pictures_score_what_numpy_says(evaluate, weights, folder):
    style, photo, painting = picture(folder / "style.png", 1), picture(folder / "photo.png", 2), picture(folder / "painting.png", 3)
    result = evaluate("--json", "--style", style, "--pairs", photo, painting).ok()
    scores = json.loads(result.text)["cases"][0]["picture"]
    s, c, o = (features(load(path), *weights[1:]) for path in (style, photo, painting))
    relative = lambda a, b: ((gram(a) - gram(b)) ** 2).mean() / (gram(b) ** 2).mean()  # noqa: E731
    layers = [relative(a, b) for a, b in zip(o, s)]
    tiles = []
    for i in range(4):
        for j in range(4):
            cut = lambda t: t[:, t.shape[1] * i // 4 : t.shape[1] * (i + 1) // 4, t.shape[2] * j // 4 : t.shape[2] * (j + 1) // 4]  # noqa: E731, B023
            tiles.append(sum(relative(cut(a), b) for a, b in zip(o[:4], s[:4])) / 4)
    expected = {
        "style": np.mean(layers), "styleTiles": np.mean(sorted(tiles)[-4:]),
        "unstylized": np.mean([relative(a, b) for a, b in zip(c, s)]),
        "content": ((o[3] - c[3]) ** 2).mean() / c[3].var(ddof=1),
        "structure": structure(load(painting), load(photo)),
    }  # fmt: skip
    for name, value in expected.items():
        assert scores[name] == pytest.approx(value, rel=1e-3), name
    assert scores["styleLayers"] == pytest.approx(layers, rel=1e-3)


def test_an_unchanged_picture_costs_nothing_in_content(evaluate, folder):
    photo = picture(folder / "photo.png", 2)
    result = json.loads(evaluate("--json", "--pairs", photo, photo).ok().text)
    scores = result["cases"][0]["picture"]
    assert scores["content"] == 0 and "style" not in scores
    assert scores["structure"] == pytest.approx(1, abs=3e-3)  # variances have 1e-6 more


def test_a_flash_costs_its_energy(evaluate, folder):
    source, steady, flashing = clip(folder / "a.mkv"), clip(folder / "b.mkv"), clip(folder / "c.mkv", flash=12)
    result = json.loads(evaluate("--json", "--pairs", source, steady, source, flashing).ok().text)
    first, second = (case["clip"] for case in result["cases"])
    assert [case["output"] for case in result["cases"]] == [str(flashing), str(steady)], "not the worst first"
    assert second["warpError"] == second["sourceWarpError"] and second["excess"] == 0
    assert first["excess"] == pytest.approx((12 / 255) ** 2, rel=0.1)
    assert first["frames"] == 6 and len(first["steps"]) == 5


def test_a_model_is_judged_on_all_that_is_given(evaluate, folder, identity, invert):
    (folder / "photos").mkdir()
    picture(folder / "photos" / "one.png", 4)
    picture(folder / "photos" / "two.jpg", 5)
    source = clip(folder / "clip.mkv")
    pair = folder / "flow" / "shift"
    pair.mkdir(parents=True)
    whole = np.asarray(Image.open(picture(folder / "wide.png", 6, (96, 48))))
    Image.fromarray(whole[:, :80]).save(pair / "frame10.png")
    Image.fromarray(whole[:, 3:83]).save(pair / "frame11.png")
    flow = np.zeros((48, 80, 2), "<f4")
    flow[..., 0] = -3
    flow[0, 0] = 1e10
    (pair / "flow10.flo").write_bytes(b"PIEH" + np.array([80, 48], "<i4").tobytes() + flow.tobytes())
    report = folder / "report.html"
    result = evaluate(
        "--model", identity, "--model", invert, "--content", folder / "photos", "--clips", source, "--synthetic", "--middlebury",
        folder / "flow", "--frames", 4, "--report", report, "--precision", "f32", "--stabilize", "off", "--json", "--style", folder / "photos" / "one.png",
    ).ok()  # fmt: skip
    cases = json.loads(result.text)["cases"]
    kinds = [case["kind"] for case in cases]
    assert {kind: kinds.count(kind) for kind in kinds} == {"clip": 2, "synthetic": 12, "middlebury": 2, "picture": 4}
    for case in cases:
        if case["kind"] == "middlebury":
            assert case["clip"]["warpError"] < 1e-6, "an exact shift by whole pixels costs nothing"
            assert case["clip"]["trusted"] == pytest.approx((80 - 3) / 80, abs=1e-3)
        if case["kind"] == "synthetic":
            # Half a level is what rounding the frames differently may cost.
            assert case["clip"]["warpError"] == pytest.approx(case["clip"]["sourceWarpError"], abs=0.5 / 255)
        if case["kind"] == "clip":
            assert "style" in case["picture"] and case["clip"]["frames"] == 4
    page = report.read_text()
    assert "<script" not in page and not re.search(r"(src|href)=\"(?!data:)", page)
    assert page.count("data:image/jpeg;base64,") >= 20 and "<polyline" in page
    assert sorted(path.name for path in folder.iterdir()) == ["clip.mkv", "flow", "photos", "report.html", "wide.png"]


def test_one_frame_has_no_steadiness(evaluate, folder):
    source = clip(folder / "a.mkv", frames=1)
    result = evaluate("--pairs", source, source).ok()
    assert "nan" not in result.text.lower() and "e_warp" not in result.text
    case = json.loads(evaluate("--json", "--pairs", source, source).ok().text)["cases"][0]["clip"]
    assert case["frames"] == 1 and "warpError" not in case and case["steps"] == []


def test_sharpness_is_told_against_the_clip_before(evaluate, folder):
    source, output = clip(folder / "a.mkv"), folder / "b.mkv"
    probes.tool("ffmpeg", "-v", "error", "-i", source, "-vf", "gblur=sigma=2", "-c:v", "ffv1", "-pix_fmt", "bgr0", output)
    case = json.loads(evaluate("--json", "--pairs", source, output, "--unstabilized", source).ok().text)["cases"][0]["clip"]
    assert 0 < case["keptSharpness"] < 0.9


def test_what_is_no_pair_is_refused(evaluate, folder):
    photo, other = picture(folder / "photo.png", 1), picture(folder / "other.png", 1, (120, 160))
    long, short = clip(folder / "long.mkv"), clip(folder / "short.mkv", frames=4)
    small = clip(folder / "small.mkv", size=(128, 48))
    program.assert_refused(evaluate("--pairs", photo, long), program.BAD_DATA, "pair")
    program.assert_refused(evaluate("--pairs", photo, other), program.BAD_DATA, "160x120")
    program.assert_refused(evaluate("--pairs", long, short), program.BAD_DATA, "4 frames")
    program.assert_refused(evaluate("--pairs", short, long), program.BAD_DATA, "4 frames")
    program.assert_refused(evaluate("--pairs", long, small), program.BAD_DATA, "128x48")
    program.assert_refused(evaluate("--pairs", photo, folder / "none.png"), program.NO_INPUT, "none.png")
    program.assert_refused(evaluate("--pairs", photo, photo, "--style", folder / "none.jpg"), program.NO_INPUT, "none.jpg")
    # Both are as long as what is looked at.
    evaluate("--pairs", long, short, "--frames", 4).ok()


def test_others_go_on_where_one_fails(evaluate, folder):
    photo, source = picture(folder / "photo.png", 1), clip(folder / "a.mkv")
    result = evaluate("--json", "--pairs", photo, source, photo, photo)
    assert result.status == 1
    report = json.loads(result.text)
    assert len(report["cases"]) == 1 and "pair" in report["problems"][0]["reason"]
    result = evaluate("--json", "--pairs", folder / "none.mp4", source, photo, photo)
    assert result.status == 1
    report = json.loads(result.text)
    assert len(report["cases"]) == 1 and "none.mp4" in report["problems"][0]["reason"]


@pytest.mark.parametrize("report", ["nowhere/a.html", "."])
def test_a_report_that_cannot_be_written_is_told_before_the_work(evaluate, folder, report):
    photo = picture(folder / "photo.png", 1)
    result = evaluate("--pairs", photo, photo, photo, folder / "none.png", "--report", folder / report)
    # The missing file has not been met.
    assert result.status == program.CANNOT_CREATE and "none.png" not in result.err, result.err
    assert program.snapshot_names(folder) == ["photo.png"]


def test_flow_files_are_not_trusted(evaluate, folder, identity):
    pair = folder / "flow"
    pair.mkdir()
    for name in ("frame10.png", "frame11.png"):
        picture(pair / name, 1, (40, 30))
    for content in (b"", b"PIEH", b"PIEH" + b"\xff" * 8, b"PIEH" + np.array([2**30, 2**30], "<i4").tobytes(),
                    b"PIEH" + np.array([40, 30], "<i4").tobytes() + b"\0" * 99, b"PIEH" + np.array([4, 2], "<i4").tobytes() + b"\0" * 64):
        (pair / "flow10.flo").write_bytes(content)
        result = evaluate("--model", identity, "--middlebury", pair)
        program.assert_refused(result, (program.BAD_DATA, program.NO_INPUT), "flow10.flo")
    program.assert_refused(evaluate("--model", identity, "--middlebury", folder / "nowhere"), program.BAD_DATA, "no pairs")


@pytest.mark.parametrize("arguments", [
    [], ["--model", "x"], ["--pairs", "one"], ["--model", "x", "--pairs", "a", "b"], ["--model", "x", "--synthetic"],
    ["--pairs", "a", "b", "--content", "c"], ["--pairs", "a", "b", "--frames", "0"],
    ["--model", "x", "--model", "y", "--model", "z", "--content", "c"],
])  # fmt: skip
def test_usage(evaluate, arguments):
    result = evaluate(*arguments)
    assert result.status == program.USAGE
    assert result.out == b""


def test_a_report_that_exists_is_kept(evaluate, folder):
    photo = picture(folder / "photo.png", 1)
    report = folder / "report.html"
    report.write_text("mine")
    program.assert_refused(evaluate("--pairs", photo, photo, "--report", report), program.CANNOT_CREATE, "exists")
    assert report.read_text() == "mine"
    evaluate("--pairs", photo, photo, "--report", report, "--overwrite").ok()
    assert "<html" in report.read_text()


def test_missing_weights_are_named(folder):
    photo = picture(folder / "photo.png", 1)
    environment = {**os.environ, "CLIPMORPH_WEIGHTS": str(folder), "XDG_CACHE_HOME": str(folder)}
    program.assert_refused(program.run("evaluate", "--pairs", photo, photo, env=environment), 69, "clipmorph fetch")


def limited():
    """So that what should be refused cannot take a machine's memory."""
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def test_long_thin_pictures_are_refused(evaluate, folder, identity):
    thin, good = picture(folder / "thin.png", 1, (1, 5000)), picture(folder / "good.png", 2)
    result = evaluate("--model", identity, "--content", thin, preexec_fn=limited)
    program.assert_refused(result, program.BAD_DATA, "thin.png cannot be measured")
    result = evaluate("--model", identity, "--synthetic", "--content", thin, good, "--json", preexec_fn=limited)
    assert result.status == 1, result.err
    assert all("thin.png" in line for line in result.err.splitlines()), result.err
    measured = json.loads(result.text)
    assert "good.png" in result.text and len(measured["problems"]) == 4
    result = evaluate("--pairs", good, good, "--style", thin, preexec_fn=limited)
    program.assert_refused(result, program.BAD_DATA, "thin.png cannot be measured")


def test_advice_names_options_that_there_are(evaluate, folder, identity):
    (folder / "none").mkdir()
    result = evaluate("--model", identity, "--content", folder / "none")
    program.assert_refused(result, program.NO_INPUT, "none holds no pictures")
    assert "-r" not in result.err.split("none")[-1]
    result = evaluate("--pairs", picture(folder / "a.png", 1), folder / "a.png", "--report", folder / "nowhere/a.html")
    assert result.status == program.CANNOT_CREATE and "-o" not in result.err.split("a.html")[-1], result.err
