"""What the documentation shows: its commands and snippets, and a folder with the files that they name."""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import checkpoints
import clip_sources
import program
import style_files
import test_evaluate
from clip_sources import AAC, FFMPEG, H264, tone
from probes import tool
from safetensors.numpy import save_file
from test_train import picture

ROOT = program.REPOSITORY
# `fast` on a small painting and small photographs.
SMALL_RECIPE = {"base": "fast", "style": {"size": 64}, "photographs": {"size": 64, "batch": 1}}
SHELLS = ("sh", "bash", "zsh", "shell", "console")


def pages() -> list[Path]:
    """Every page whose commands are run."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return found + [page for name in ("examples", "Recipes", "Styles") for page in sorted((ROOT / name).glob("README.md"))]


def blocks(page: Path):
    """Fenced blocks: (number of the first line, language, text)."""
    fence, language, first, lines = None, "", 0, []
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        mark = re.match(r"\s*(`{3,}|~{3,})\s*([^\s`]*)", line)
        if fence is None and mark:
            fence, language, first, lines = mark[1], mark[2], number + 1, []
        elif fence is not None and mark and mark[1].startswith(fence) and not mark[2]:
            yield first, language, "\n".join(lines)
            fence = None
        elif fence is not None:
            lines.append(line)
    assert fence is None, f"{page}: a block is not closed"


def lines(text: str) -> list[str]:
    """Commands of a block, one a line, continued lines joined; prompts and comments are left out."""
    joined = re.sub(r"\\\n\s*", "", text)
    stripped = (re.sub(r"\s#\s.*$", "", line.strip().removeprefix("$ ")).strip() for line in joined.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def commands() -> dict[str, str]:
    """Each command once, with where it stands first."""
    found: dict[str, str] = {}
    for page in pages():
        for first, language, text in blocks(page):
            if language in SHELLS:
                for command in lines(text):
                    found.setdefault(command, f"{page.relative_to(ROOT)}:{first}")
    return found


def unmarked() -> list[str]:
    """Commands in blocks that do not say that they are a shell's."""
    looks = re.compile(r"^(\$ |\./|(sudo|clipmorph|swift|Scripts/\S+|git|brew|apt-get|pip|python3?) (?! ))", re.M)
    return [
        f"{page.relative_to(ROOT)}:{first}"
        for page in pages()
        for first, language, text in blocks(page)
        if not language and looks.search(text)
    ]


def snippets() -> list[tuple[str, str]]:
    """Swift of the pages: (where, text)."""
    return [
        (f"{page.relative_to(ROOT)}:{first}", text)
        for page in pages()
        for first, language, text in blocks(page)
        if language == "swift"
    ]


def words(command: str) -> list[str]:
    return shlex.split(command, comments=True)


def outputs(command: str) -> list[str]:
    """Files and folders that a command says it writes."""
    parts = words(command)
    flags = {"-o", "--output", "--html", "--report", "--contact-sheet", "--to"} | ({"--sample"} if "styles" in parts else set())
    named = [after for flag, after in zip(parts, parts[1:], strict=False) if flag in flags and after != "-"]
    if parts and (parts[0] == "swift" or parts[0].startswith("$BUILD/")):
        named.append(parts[-1])  # an example
    if "train" in parts:
        named += [name.removesuffix(".safetensors") + ".run" for name in named]
    return named


def clip(path: Path, seconds: str, rate: str = "5") -> Path:
    tool(*FFMPEG, *clip_sources.picture("96x64", rate, seconds), *tone(seconds=seconds), *H264, *AAC, "-shortest", path)
    return path


class Workshop:
    """A folder with every file that the documentation names, all small, and the environment in which its commands run."""

    def __init__(self, folder: Path):
        self.folder = folder / "files"
        self.folder.mkdir()
        weights = folder / "weights"
        weights.mkdir()
        # Loss networks of a few channels, seeded.
        save_file(test_evaluate.random_weights(test_evaluate.SLIM, "conv", 1), weights / "vgg19-slim.safetensors")
        save_file(test_evaluate.random_weights(test_evaluate.NORMALISED, "", 2), weights / "vgg19-normalised-conv3_1.safetensors")
        launcher = folder / "bin" / "clipmorph"
        launcher.parent.mkdir()
        launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(str(program.PROGRAM))} "$@"\n')
        launcher.chmod(0o755)
        self.launcher = launcher
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CLIPMORPH", "WANDB"))}
        # On tensors this small, LibTorch's threads wait for each other most of the time.
        self.environment = inherited | {
            "OMP_NUM_THREADS": "1",
            "PATH": f"{launcher.parent}:{os.environ['PATH']}", "CLIPMORPH_WEIGHTS": str(weights), "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"), "no_proxy": "*",
        }  # fmt: skip
        self.pictures()
        self.clips()
        self.styles()
        self.runs()

    def clipmorph(self, *arguments):
        program.run(*arguments, cwd=self.folder, env=self.environment).ok()

    def pictures(self):
        names = ("portrait.jpg", "photograph.jpg", "background.png", "starry.jpg", "wave.jpg", "painting.png", "painted.jpg")
        for seed, name in enumerate(names):
            picture(self.folder / name, seed, (120, 96))
        for folder in ("photographs", "holiday", "holiday/beach"):
            (self.folder / folder).mkdir()
        for index in range(2):
            picture(self.folder / "photographs" / f"{index}.jpg", 10 + index, (104, 96))
        picture(self.folder / "holiday/beach/a.jpg", 20)
        picture(self.folder / "holiday/b.png", 21)

    def clips(self):
        short = clip(self.folder / "clip.mov", "0.8")
        for name in ("in.mov", "holiday/c.mp4"):
            shutil.copy(short, self.folder / name)
        (self.folder / "clips").mkdir()
        shutil.copy(short, self.folder / "clips" / "a.mov")
        # The documentation begins five seconds in.
        clip(self.folder / "ski.mov", "5.8")
        shutil.copy(self.folder / "ski.mov", self.folder / "painted.mp4")

    def styles(self):
        (self.folder / "Styles").symlink_to(ROOT / "Styles")
        for name in ("wave", "starry", "old", "new"):
            shutil.copy(ROOT / "Styles" / "starry-night.safetensors", self.folder / f"{name}.safetensors")
        state = style_files.transformer_net_state()
        checkpoints.write_zip(self.folder / "mosaic.pth", state)
        style_files.write_small_network(self.folder / "mosaic.safetensors")
        self.clipmorph("export", "starry-night", "--tier", "fast", "--sample", "portrait.jpg", "-o", "small.safetensors")
        shutil.copy(self.folder / "small.safetensors", self.folder / "finished.safetensors")

    def runs(self):
        (self.folder / "small.json").write_text(json.dumps(SMALL_RECIPE))
        self.clipmorph(
            "train", "--style", "starry.jpg", "--photos", "photographs/", "--recipe", "small.json", "--iterations", 2, "-o",
            "starry.safetensors", "--overwrite", "--quiet", "--track", "wandb,tensorboard")  # fmt: skip
        # Blends and warm starts want the shipped style's network.
        shutil.copy(ROOT / "Styles" / "starry-night.safetensors", self.folder / "starry.safetensors")
        shutil.copy(ROOT / "Styles" / "starry-night.still.safetensors", self.folder / "starry.still.safetensors")
        shutil.copytree(self.folder / "starry.run", self.folder / "wave.run")
        (self.folder / "styles").mkdir()
        shutil.copytree(self.folder / "starry.run", self.folder / "styles" / "starry.run")

    def prepare(self, folder: Path, command: str):
        """Fills a folder with the files, without those that the command makes."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        (folder / "clipmorph").symlink_to(self.launcher)
        for name in outputs(command):
            if name.endswith(".run") and "--resume" in command:
                continue
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def compiler_flags(products: Path) -> list[str]:
    """What swiftc needs to import the modules of a build."""
    maps = [part for map in sorted(products.glob("*.build/module.modulemap")) for part in ("-Xcc", f"-fmodule-map-file={map}")]
    ffmpeg = tool("pkg-config", "--cflags-only-I", "libavformat").decode().split()
    includes = [part for flag in ffmpeg for part in ("-Xcc", flag)]
    return ["-I", str(products / "Modules"), "-I", str(ROOT / "Sources" / "CFFmpeg"), *maps, *includes]


def as_function(text: str, number: int) -> str:
    """A snippet as a source file: its imports, and the rest in a function of its own."""
    imports = [line for line in text.splitlines() if line.startswith("import ")]
    body = [line for line in text.splitlines() if not line.startswith("import ")]
    return "\n".join([*imports, f"func snippet{number}() async throws {{", *body, "}", ""])


def json_blocks() -> list[tuple[str, dict]]:
    """JSON of the pages: (where, value)."""
    return [
        (f"{page.relative_to(ROOT)}:{first}", json.loads(text))
        for page in pages()
        for first, language, text in blocks(page)
        if language == "json"
    ]
