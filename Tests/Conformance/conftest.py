"""Fixtures shared by the conformance tests: the program, styles of known effect, generated clips."""

import shutil

import banks
import clip_sources
import file_server
import program
import pytest
import style_files


@pytest.fixture(scope="session", autouse=True)
def tools():
    """The tests judge with FFmpeg's own tools."""
    for tool in ("ffmpeg", "ffprobe"):
        assert shutil.which(tool), f"{tool} is not installed"


@pytest.fixture(scope="session", autouse=True)
def needs_program(request):
    """Stops with one clear message where the program has not been built."""
    modules = {item.module.__name__ for item in request.session.items}
    if modules != {"test_helpers"} and not program.PROGRAM.exists():
        pytest.exit(f"{program.PROGRAM} does not exist; build it or set CLIPMORPH", returncode=4)


@pytest.fixture(scope="session")
def styles(tmp_path_factory):
    return tmp_path_factory.mktemp("styles")


@pytest.fixture(scope="session")
def identity(styles):
    """Gives the picture back as it is."""
    return style_files.write_identity(styles / "identity.safetensors")


@pytest.fixture(scope="session")
def invert(styles):
    """Turns every value v of 0…1 into 1 - v."""
    return style_files.write_invert(styles / "invert.safetensors")


@pytest.fixture(scope="session")
def network(styles):
    """A small network with strides, instance normalisation and a residual block; seeded random weights."""
    return style_files.write_small_network(styles / "network.safetensors")


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """The folder of generated clips."""
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def stylized(clips, identity, tmp_path_factory):
    """Gives (source, output, stderr) of a named clip, made and stylized with `identity` on first use."""
    folder, done = tmp_path_factory.mktemp("stylized"), {}

    def get(name):
        if name not in done:
            source = clip_sources.make_clip(name, clips)
            output = folder / f"{name}.{clip_sources.CLIPS[name].target}"
            # What the media path keeps is looked at here, not how flicker is taken away.
            result = program.run("stylize", source, "-s", identity, "-o", output, "--stabilize", "off")
            done[name] = (source, output, result)
        source, output, result = done[name]
        result.ok()
        assert output.exists(), f"exit status 0, but no {output.name}"
        return source, output, result.err

    return get


@pytest.fixture
def folder(tmp_path):
    """An empty folder for a test's inputs and outputs (pytest's own folder keeps nothing else in it)."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture
def server():
    """A web server without pages."""
    server = file_server.FileServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def bank():
    """Half a megabyte of pictures, and the zip file that holds them."""
    content = banks.pictures(25, 20_000)
    return content, banks.make_zip(content)
