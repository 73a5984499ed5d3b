"""Pictures that the tests make themselves, and how they are read back."""

import struct
import zlib
from pathlib import Path

import numpy
from PIL import Image, ImageCms

ARTIST, DATE_TIME, ORIENTATION = 0x013B, 0x0132, 0x0112
EXIF_FOLDER, DATE_TIME_ORIGINAL = 0x8769, 0x9003


def texture(width, height, channels=3, low=0, high=255, seed=0) -> numpy.ndarray:
    """Smooth waves that differ per channel and are symmetric in no direction; 8 bit, [height, width, channels]."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = []
    for channel in range(channels):
        fx, fy = random.uniform(0.02, 0.09, 2)
        wave = numpy.sin(x * fx + channel) + numpy.cos(y * fy * (channel + 1))
        wave = wave + 0.8 * x / max(width - 1, 1) - 0.5 * y / max(height - 1, 1)
        planes.append((wave + 2.5) / 5.3)
    values = numpy.clip(numpy.stack(planes, axis=2), 0, 1) * (high - low) + low
    return numpy.rint(values).astype(numpy.uint8)


def image(width=48, height=30, mode="RGB", **options) -> Image.Image:
    """The texture in a mode of Pillow's."""
    rgb = Image.fromarray(texture(width, height, **options))
    if mode in ("RGBA", "LA"):
        alpha = Image.fromarray(texture(width, height, 1, seed=9)[:, :, 0])
        base = rgb if mode == "RGBA" else rgb.convert("L")
        return Image.merge(mode, (*base.split(), alpha))
    if mode == "P":
        return rgb.quantize(64)
    return rgb.convert(mode)


def exif(orientation=None, **fields) -> Image.Exif:
    """EXIF with an artist, two dates and, where given, an orientation."""
    data = Image.Exif()
    data[ARTIST] = "Hokusai"
    data[DATE_TIME] = "1831:05:06 07:08:09"
    data.get_ifd(EXIF_FOLDER)[DATE_TIME_ORIGINAL] = "1831:01:02 03:04:05"
    if orientation:
        data[ORIENTATION] = orientation
    return data


def icc(space="RGB ") -> bytes:
    """A profile that no library writes by itself; `space` is the colour space that its header names."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[16:20] = space.encode()
    data[24:36] = struct.pack(">6H", 1999, 12, 31, 23, 59, 58)
    return bytes(data)


def pixels(path, mode="RGB") -> numpy.ndarray:
    """The stored pixels as signed numbers; orientation is not applied."""
    with Image.open(path) as picture:
        return numpy.asarray(picture.convert(mode)).astype(int)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png16(path, values: numpy.ndarray) -> Path:
    """Writes 16 bit values [height, width, 1…4] as PNG, which Pillow cannot."""
    height, width, channels = values.shape
    rows = values.astype(">u2").reshape(height, -1)
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    Path(path).write_bytes(
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(body)) + _chunk(b"IEND", b"")
    )
    return Path(path)


def png_depth(path) -> int:
    return Path(path).read_bytes()[24]


def read_png16(path) -> numpy.ndarray:
    """Values of a PNG of any depth on the scale of 16 bits, [height, width, 1…4]; palettes are not read."""
    data, at, body = Path(path).read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[at + 8 : at + 18])
        if kind == b"IDAT":
            body += data[at + 8 : at + 8 + length]
        at += length + 12
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    size = channels * depth // 8
    raw = numpy.frombuffer(zlib.decompress(body), numpy.uint8).reshape(height, 1 + width * size)
    rows = numpy.zeros((height + 1, (width + 1) * size), int)
    for y in range(height):
        kind, above, row = raw[y, 0], rows[y], rows[y + 1]
        for x in range(size, (width + 1) * size):
            left, up, corner = row[x - size], above[x], above[x - size]
            if kind == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
            predicted = (0, left, up, (left + up) // 2, near[2] if kind == 4 else 0)[kind]
            row[x] = (raw[y, 1 + x - size] + predicted) & 255
    bytes_ = rows[1:, size:].astype(numpy.uint8).reshape(height, width, size)
    if depth == 8:
        return bytes_.astype(int) * 257
    return bytes_.reshape(height, width, channels, 2).view(">u2")[..., 0].astype(int)


def chroma(rgb: numpy.ndarray) -> numpy.ndarray:
    """Cb and Cr of BT.601, full range, around 0."""
    r, g, b = numpy.moveaxis(numpy.asarray(rgb, float), -1, 0)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return numpy.stack([(b - luma) / 1.772, (r - luma) / 1.402], axis=-1)


def noise_picture(path, width=80, height=60) -> Path:
    """A picture that does not compress: a cut takes a part of every format's data."""
    values = numpy.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=numpy.uint8)
    Image.fromarray(values).save(path)
    return Path(path)


def write_tiff(path, values: numpy.ndarray, tile=0) -> Path:
    """An uncompressed TIFF of 8 or 16 bits in strips, or in tiles, which Pillow does not write; with a tag that few programs know."""
    height, width, channels = values.shape
    down, across = (tile, tile) if tile else (8, width)
    padded = numpy.pad(values, ((0, -height % tile if tile else 0), (0, -width % across), (0, 0)))
    depth = values.dtype.itemsize
    parts = [padded[y : y + down, x : x + across].tobytes() for y in range(0, height, down) for x in range(0, width, across)]
    entries, extra, count = [], b"", 12 if tile else 11
    start = 8 + 2 + count * 12 + 4

    def entry(tag, kind, *numbers):
        nonlocal extra
        data = struct.pack(f"<{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(data) > 4:
            data, extra = struct.pack("<I", start + len(extra)), extra + data
        entries.append(struct.pack("<HHI", tag, kind, len(numbers)) + data.ljust(4, b"\0"))

    first = start + 2 * channels * (channels > 2) + 8 * len(parts)
    starts = [first + sum(map(len, parts[:n])) for n in range(len(parts))]
    sizes = [len(part) for part in parts]
    strips = [(273, 4, starts), (277, 3, [channels]), (278, 4, [down]), (279, 4, sizes), (284, 3, [1])]
    tiles = [(277, 3, [channels]), (284, 3, [1]), (322, 4, [across]), (323, 4, [down]), (324, 4, starts), (325, 4, sizes)]
    for tag, kind, numbers in (
        (256, 4, [width]), (257, 4, [height]), (258, 3, [8 * depth] * channels), (259, 3, [1]), (262, 3, [2 if channels > 2 else 1]),
        *(tiles if tile else strips), (33000, 4, [7]),
    ):  # fmt: skip
        entry(tag, kind, *numbers)
    assert len(entries) == count and start + len(extra) == first
    Path(path).write_bytes(b"II*\0" + struct.pack("<IH", 8, count) + b"".join(entries) + bytes(4) + extra + b"".join(parts))
    return Path(path)


def overwrite_middle(path):
    """Puts the same byte over a fifth of a file: the directory stays whole, the picture does not."""
    data = bytearray(Path(path).read_bytes())
    data[len(data) * 2 // 5 : len(data) * 3 // 5] = b"\xa7" * (len(data) * 3 // 5 - len(data) * 2 // 5)
    Path(path).write_bytes(bytes(data))


# Files that are not what their names say.


def cut(path, share):
    """Keeps the first part of a file."""
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: int(len(data) * share)])


def text(path):
    Path(path).write_text("Dear diary,\ntoday I painted a bridge.\n" * 40)


def zeros(path):
    Path(path).write_bytes(bytes(4096))
