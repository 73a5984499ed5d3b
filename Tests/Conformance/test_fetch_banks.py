"""Banks of photographs: what is in a zip file, interruptions while it is unpacked, disks that fill up."""

import os
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import program
import pytest
from banks import SYMLINK, make_zip, pictures
from fetching import arguments, assert_bank, coco, environment, events, fetch, start, wait_for
from program import BAD_DATA, IO_ERROR


def test_both_parts_of_visual_genome(server, folder):
    one, two = pictures(5, 3000, folder="VG_100K"), pictures(6, 3000, seed=2, folder="VG_100K_2")
    first, second = server.add("/x.zip", make_zip(one), drop=10_000), server.add("/y.zip", make_zip(two), drop=10_000)
    result = fetch(folder, "visual-genome", "--from", first, "--from", second, "--json").ok()
    assert [event["pictures"] for event in events(result) if event["event"] == "fetched"] == [5, 6]
    assert_bank(folder / "visual-genome", one | two)
    assert server.sent() == len(make_zip(one)) + len(make_zip(two))


def test_zip64_and_nested_folders(server, folder):
    content = {"a/b/c/d.jpg": b"1" * 5000, "e.PNG": b"2" * 5000, "f/g.jpeg": b""}
    coco(folder, server.add("/a.zip", make_zip(content, zip64=True))).ok()
    assert_bank(folder / "bank", content)


def test_only_pictures_within_the_folder_are_unpacked(server, folder):
    good = {"train/a.jpg": b"good"}
    others = {"../out.jpg": b"bad", "train/../../out2.jpg": b"bad", "/tmp/clipmorph-out.jpg": b"bad", "train/run.sh": b"bad",
              ".hidden.jpg": b"bad", "link.jpg": SYMLINK, "linked": SYMLINK, "linked/in.txt": b"bad"}  # fmt: skip
    result = coco(folder, server.add("/a.zip", make_zip(good | others))).ok()
    assert_bank(folder / "bank", good)
    assert sorted(path.name for path in folder.iterdir()) == ["bank"]
    assert not Path("/tmp/clipmorph-out.jpg").exists()
    assert "2 links" in result.err and "3 entries with unsafe names" in result.err


def test_a_damaged_picture_is_told_and_nothing_is_lost(server, folder):
    content = pictures(10, 5000)
    broken = bytearray(make_zip(content, stored=True))
    place = broken.find(content["train/000005.jpg"])
    broken[place + 100] ^= 1
    address = server.add("/a.zip", bytes(broken))
    result = coco(folder, address, "--quiet")
    program.assert_refused(result, BAD_DATA, "000005.jpg")
    assert "CRC" in result.err and "--overwrite" in result.err
    found = {f"train/{path.name}" for path in (folder / "bank" / "train").iterdir()}
    assert found == {f"train/{n:06}.jpg" for n in range(5)}, "a damaged picture was written, or good ones were lost"
    server.add("/a.zip", make_zip(content, stored=True))
    coco(folder, address, "--overwrite").ok()
    assert_bank(folder / "bank", content)


@pytest.mark.parametrize("content, words", [
    (b"<html>please log in</html>" * 50, "no zip file"), (b"", "no zip file"), (make_zip({"a.txt": b"1"}), "no pictures"),
    (make_zip(pictures(9, 3000))[:20_000], "no zip file")])  # fmt: skip
def test_what_is_no_bank_is_told(server, folder, content, words):
    result = coco(folder, server.add("/a.zip", content), "--quiet")
    program.assert_refused(result, (BAD_DATA,), words)
    assert not list((folder / "bank").glob("*.jpg"))


def test_pictures_that_are_too_large_are_refused(server, folder):
    """A zip file of a megabyte and a half that says, and holds, 1.5 GB."""
    bomb = folder / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.jpg", "w", force_zip64=True) as entry:
        for _ in range(1500):
            entry.write(bytes(1_000_000))
    result = coco(folder, server.add("/a.zip", bomb.read_bytes()), "--quiet")
    program.assert_refused(result, BAD_DATA, "more than any picture")
    assert program.snapshot_names(folder / "bank") == ["train2017.zip"]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_unpacking_goes_on(server, folder, sent):
    content = pictures(4000, 6000)
    address = server.add("/a.zip", make_zip(content))
    target = folder / "bank"
    process = start(folder, "coco", "--from", address, "--to", target)
    wait_for(lambda: (target / "train").exists() and sum(1 for _ in os.scandir(target / "train")) > 200, process)
    process.send_signal(sent)
    _, err = process.communicate(timeout=10)
    assert process.returncode == (130 if sent == signal.SIGINT else -sent), err
    if sent == signal.SIGINT:
        assert b"of 4000 pictures are kept" in err
    done = {path.name: path.stat().st_mtime_ns for path in (target / "train").iterdir()}
    assert 200 < len(done) < 4000
    # One that is cut short is written again.
    cut = target / "train" / sorted(done)[0]
    cut.write_bytes(b"x")
    sent_before = server.sent()
    coco(folder, address).ok()
    assert server.sent() == sent_before, "the zip file was downloaded again"
    assert_bank(target, content)
    same = sum((target / "train" / name).stat().st_mtime_ns == then for name, then in done.items())
    assert same == len(done) - 1, "pictures that were there were written again"


def on_a_small_disk(folder, size, *commands):
    """Runs commands on a file system of `size`, in a mount of their own; the disk is larger for the last of them."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c"]
    tmpfs = f"mount -t tmpfs -o size={size} none '{disk}'"
    if not shutil.which("unshare") or subprocess.run([*mount, tmpfs], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    script = f"{tmpfs} || exit 99\n"
    for index, command in enumerate(commands):
        if index > 0 and index == len(commands) - 1:
            script += f"mount -o remount,size=50m '{disk}' || exit 98\n"
        quoted = " ".join(f"'{word}'" for word in [program.PROGRAM, *command])
        script += f"{quoted} 2>'{folder}/err{index}'; echo $? >'{folder}/status{index}'; ls -A '{disk}' >'{folder}/left{index}'\n"
    script += f"cd '{disk}' && find . -type f | wc -l >'{folder}/count'\n"
    subprocess.run([*mount, script], check=True, timeout=60, env=environment(folder), cwd=folder)
    return [
        (program.Result(int((folder / f"status{index}").read_text()), b"", (folder / f"err{index}").read_text()),
         (folder / f"left{index}").read_text().split())
        for index in range(len(commands))
    ]  # fmt: skip


def test_too_little_room_is_seen_before(server, bank, folder):
    address = server.add("/a.zip", bank[1], pace=500_000)
    (result, left), = on_a_small_disk(folder, "700k", arguments("coco", "--from", address, "--to", folder / "disk", "--quiet"))
    program.assert_refused(result, IO_ERROR, "too little room")
    assert left == [] and server.sent() < 300_000


def test_a_disk_that_fills_up_keeps_the_part(server, bank, folder):
    """Without a length the room cannot be checked before. With more room the same command goes on."""
    address = server.add("/a.zip", bank[1], length="none")
    command = arguments("coco", "--from", address, "--to", folder / "disk", "--quiet")
    (result, left), (second, done) = on_a_small_disk(folder, "200k", command, command)
    program.assert_refused(result, IO_ERROR, "disk is full")
    assert sorted(left) == ["train2017.zip.part", "train2017.zip.part.json"]
    assert "goes on from" in result.err
    second.ok()
    assert "train" in done and int((folder / "count").read_text()) == 25 + 1
    assert "Range" in server.requests[-1]["headers"]


def test_a_disk_that_is_too_small_for_the_pictures(server, folder):
    content = {f"train/{n}.jpg": bytes(50_000) for n in range(40)}
    address = server.add("/a.zip", make_zip(content))
    command = arguments("coco", "--from", address, "--to", folder / "disk", "--quiet")
    (result, left), (second, _) = on_a_small_disk(folder, "1m", command, command)
    program.assert_refused(result, IO_ERROR, "too little room")
    assert left == ["train2017.zip"]
    second.ok()
    assert int((folder / "count").read_text()) == 40 + 1
    assert len(server.requests) == 1
