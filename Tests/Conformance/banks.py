"""Banks of photographs as zip files, of bytes that no compression shrinks."""

import io
import random
import zipfile

# Stands for the content of an entry that is a symbolic link.
SYMLINK = object()


def pictures(count: int, size: int, seed: int = 1, folder: str = "train") -> dict[str, bytes]:
    generator = random.Random(seed)
    return {f"{folder}/{number:06}.jpg": generator.randbytes(size) for number in range(count)}


def make_zip(entries: dict, stored: bool = False, zip64: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            information = zipfile.ZipInfo(name)
            information.compress_type = archive.compression
            information.external_attr = 0o100644 << 16
            if content is SYMLINK:
                information.external_attr = 0o120777 << 16
                content = b"/etc"
            with archive.open(information, "w", force_zip64=zip64) as file:
                file.write(content)
    return buffer.getvalue()
