"""Every command of the documentation is run, on small files under the names that it uses; its Swift is type-checked, its JSON read.

A command that is neither run nor in one of the two tables fails, so a new one is noticed. Nothing is fetched from outside."""

import json
import re
import subprocess

import banks
import documentation
import fetching
import program
import pytest

# Run as they are: these subcommands. Run where a table has made them small: those. What may stand beside them in a line.
AS_THEY_ARE = {"stylize", "import", "export", "evaluate", "styles", "runs", "doctor"}
MADE_SMALL = {"train", "bench", "fetch"}
BESIDE = {"ffmpeg", "$BUILD/stylize-picture", "$BUILD/stylize-clip"}

# A part of a command, what stands for it here, and why. All that fit are applied, in this order.
STAND_INS = [
    (r" --time-budget \S+", "", "minutes to hours"),
    (r" --recipe \S+", "", "a step at the recipes' sizes takes seconds"),
    (r"(clipmorph train .*)", r"\1 --recipe small.json --iterations 3", "the recipe `fast` on small pictures"),
    (r"(clipmorph bench)(?: --reference \S+)?(.*?)(?: --size \S+)?$",
     r"\1\2 --reference off --tier fast --engine openvino --frames 4 --runs 1 --size 64x48", "all networks and engines at full size take minutes"),
    (r"(clipmorph fetch coco) --to /data/coco --from \S+", r"\1 --to data/coco --from $SERVER/train2017.zip", "a small bank on this machine"),
    (r"(clipmorph fetch .*)", r"\1 --retry-pause 0.02", "from a server on this machine, by CLIPMORPH_MIRROR"),
    (r"\| ffplay -", "| ffmpeg -v error -i - -f null -", "needs a screen"),
    (r"^swift run (\S+)", r"$BUILD/\1", "what ./test has built"),
]  # fmt: skip

# Not run here, and why.
NOT_RUN = {
    "./test": "it is what runs this",
    "./clipmorph fetch vgg19": "575 MB with a checksum that no smaller file has; test_fetch.py downloads under that name",
    "LIBTORCH=/path/to/site-packages/torch ./clipmorph doctor": "builds anew, against two gigabytes of another LibTorch",
    "tensorboard --logdir starry.run/tensorboard": "a server that does not end; test_tracking.py reads the folder with TensorBoard's own reader",
    "wandb sync starry.run/wandb/offline-run-*": "uploads; test_wandb_upload.py runs it against a server of its own",
}

COMMANDS = documentation.commands()
BUILD = program.REPOSITORY / ".build/debug"


def programs(command):
    """What a command runs: subcommands of the program, and other programs."""
    subcommands, others = set(), set()
    for part in re.split(r"\|\||&&|[;|&]", command):
        words = documentation.words(part) or ["nothing"]
        if words[0] in ("./clipmorph", "clipmorph"):
            subcommands.add(words[1])
        else:
            others.add(words[0])
    return subcommands, others


def stand_in(command):
    """The command that is run, and whether a table made it."""
    result = command
    for pattern, replacement, _ in STAND_INS:
        result = re.sub(pattern, replacement, result)
    return result, result != command


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return documentation.Workshop(tmp_path_factory.mktemp("documentation"))


@pytest.fixture
def mirror(server):
    """Banks of a few pictures, and the loss networks' real weights where they are at hand."""
    for name, folder in (("images.zip", "VG_100K"), ("images2.zip", "VG_100K_2"), ("train2017.zip", "train2017")):
        server.add(f"/{name}", banks.make_zip(banks.pictures(3, 2000, folder=folder)))
    return server


def add_weights(server):
    for name, digest in (("vgg19-slim.pth", fetching.SLIM), ("vgg19-normalised-conv3_1.pth", fetching.NORMALISED)):
        server.add(f"/{name}", fetching.weights(name, digest))


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in NOT_RUN])
def test_command(command, workshop, mirror, folder):
    where = COMMANDS[command]
    run, changed = stand_in(command)
    subcommands, others = programs(run)
    assert subcommands <= (AS_THEY_ARE | MADE_SMALL if changed else AS_THEY_ARE) and others <= BESIDE, (
        f"{where}: `{command}` is neither run nor in a table of test_documentation.py; say there what stands for it, or why it is not run"
    )
    if "$BUILD" in run and not (BUILD / "stylize-picture").exists():
        pytest.skip("the examples are not built; ./test builds them")
    environment = workshop.environment | {"SERVER": mirror.base, "BUILD": str(BUILD)}
    if "fetch" in subcommands:
        environment |= {"CLIPMORPH_MIRROR": mirror.base, "CLIPMORPH_WEIGHTS": "", "XDG_CACHE_HOME": str(folder / "cache")}
        if "vgg19-slim" in run:
            add_weights(mirror)
    workshop.prepare(folder, run)
    before = set(program.snapshot_names(folder))
    done = subprocess.run(
        ["bash", "-c", f"set -eo pipefail; {run}"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
    )
    assert done.returncode == 0, f"{where}: `{run}` ended with {done.returncode}\n{done.stderr.decode(errors='replace')}"
    for output in documentation.outputs(run):
        path = folder / output
        assert path.exists(), f"{where}: `{run}` left no {output}"
        assert any(path.iterdir()) if path.is_dir() else path.stat().st_size > 0, f"{where}: {output} is empty"
    made = set(program.snapshot_names(folder)) - before
    assert made or done.stdout or "| ffmpeg" in run, f"{where}: `{run}` wrote nothing"


def test_no_table_has_what_is_not_there():
    assert set(NOT_RUN) <= set(COMMANDS), "commands that are no longer in the documentation"
    for pattern, _, _ in STAND_INS:
        assert any(re.search(pattern, command) for command in COMMANDS), f"no command has {pattern}"


def test_commands_say_that_they_are_a_shells():
    assert documentation.unmarked() == []


def test_swift_is_type_checked(tmp_path):
    """Each snippet as a function, in one module, with the modules that the tests' build has made."""
    if not (BUILD / "Modules/Stylization.swiftmodule").exists():
        pytest.skip("there is no debug build; ./test makes one")
    files = []
    for number, (where, text) in enumerate(documentation.snippets()):
        if "import " not in text:
            assert text.startswith(".package("), f"{where}: Swift without imports that is no part of a manifest"
            continue
        path = tmp_path / f"snippet{number}.swift"
        path.write_text(f"// {where}\n" + documentation.as_function(text, number))
        files.append(path)
    assert files
    command = ["swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", *documentation.compiler_flags(BUILD), *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_json_is_what_the_program_takes(workshop, folder):
    """A recipe trains, a style's description runs."""
    recipes = networks = 0
    workshop.prepare(folder, "")
    for _, value in documentation.json_blocks():
        if "base" in value:
            (folder / "own.json").write_text(json.dumps(value))
            words = "train --style starry.jpg --photos photographs --recipe own.json --iterations 1 --size 64 --batch 1 --style-crop 64x64+0+0 -o own.safetensors --overwrite"
            program.run(*words.split(), cwd=folder, env=workshop.environment).ok()
            recipes += 1
        else:
            documentation.style_files.colour_style(
                folder / "own.safetensors", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0], architecture=json.dumps(value))  # fmt: skip
            program.stylize(folder / "portrait.jpg", folder / "own.safetensors", folder / "same.png")
            networks += 1
    assert recipes and networks
