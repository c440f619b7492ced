"""Files and expected values for the tests of Gradient.Data: images.npz, numpy.npz, transforms.npz.

    apt-get install -y python3-torch python3-pil
    /usr/bin/python3 tests/goldens/data_files.py

A file to be read is stored as its bytes (uint8) under "file/<name>", what it holds under "expected/<name>". PNGs are encoded here from
known samples, because Pillow writes neither interlaced ones nor all depths; Pillow must read them as the same samples. JPEGs are
written and read by Pillow (libjpeg). Transforms are PyTorch's, or the formulas in double precision.
"""

import colorsys
import io
import os
import struct
import zipfile
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, arrays):
    """savez_compressed with a fixed time, so that the same arrays make the same bytes."""
    with zipfile.ZipFile(os.path.join(HERE, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in arrays.items():
            content = io.BytesIO()
            np.save(content, np.asarray(array))
            archive.writestr(zipfile.ZipInfo(key + ".npy", (1980, 1, 1, 0, 0, 0)), content.getvalue(), zipfile.ZIP_DEFLATED)


def as_file(content):
    return np.frombuffer(content, np.uint8)


# --- PNG -------------------------------------------------------------------------------------------------------------------------

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def pack(row, depth):
    """A row of samples as bytes."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = "".join(format(int(s), f"0{depth}b") for s in row)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filtered(rows, step, rng):
    above = bytes(len(rows[0]))
    out = b""
    for row in rows:
        kind = int(rng.integers(5))
        line = bytearray()
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            line.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) & 255)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


def png(samples, colour, depth, interlaced, rng, palette=None, transparency=None, parts=1):
    height, width = samples.shape[:2]
    step = max(1, CHANNELS[colour] * depth // 8)
    data = b""
    for x, y, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size:
            data += filtered([pack(row.reshape(-1), depth) for row in part], step, rng)
    data = zlib.compress(data, 9)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    out += chunk(b"tEXt", b"Comment\0an ancillary chunk")
    if palette is not None:
        out += chunk(b"PLTE", palette.tobytes())
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    cut = [len(data) * i // parts for i in range(parts + 1)]
    for i in range(parts):
        out += chunk(b"IDAT", data[cut[i]:cut[i + 1]])
    return out + chunk(b"IEND", b"")


def check_with_pillow(content, expected):
    image = Image.open(io.BytesIO(content))
    if image.mode in ("I", "I;16"):
        seen = np.asarray(image).astype(np.float64)[..., None] / 65535
        assert np.abs(seen - expected).max() < 1e-6
        return
    has_alpha, colour = expected.shape[2] in (2, 4), expected.shape[2] >= 3
    seen = np.asarray(image.convert(("RGB" if colour else "L") + "A" * has_alpha)).astype(np.float64).reshape(expected.shape) / 255
    assert np.abs(seen - expected).max() <= 1.01 / 255, np.abs(seen - expected).max()  # Pillow cuts 16 bits to 8


def images():
    rng = np.random.default_rng(1)
    files, values = {}, {}

    def add(name, content, expected):
        files["file/" + name] = as_file(content)
        values["expected/" + name] = expected

    def add_png(name, samples, expected, *arguments, **options):
        content = png(samples, *arguments, rng=rng, **options)
        check_with_pillow(content, expected)
        add(name, content, expected.astype(np.float32))

    for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            for interlaced in (False, True):
                samples = rng.integers(0, 1 << depth, (11, 13, CHANNELS[colour]))
                add_png(f"png-{colour}-{depth}-{int(interlaced)}", samples, samples / ((1 << depth) - 1), colour, depth, interlaced)
    for depth in (1, 2, 4, 8):
        for interlaced in (False, True):
            palette = rng.integers(0, 256, (min(1 << depth, 50), 3)).astype(np.uint8)
            samples = rng.integers(0, len(palette), (9, 10, 1))
            alpha = rng.integers(0, 256, max(1, len(palette) // 2)).astype(np.uint8)
            add_png(f"png-3-{depth}-{int(interlaced)}", samples, palette[samples[..., 0]] / 255, 3, depth, interlaced, palette=palette, parts=3)
            rgba = np.concatenate([palette, np.append(alpha, [255] * (len(palette) - len(alpha)))[:, None]], 1)
            add_png(f"png-3-{depth}-{int(interlaced)}-alpha", samples, rgba[samples[..., 0]] / 255, 3, depth, interlaced,
                    palette=palette, transparency=alpha.tobytes())
    samples = rng.integers(0, 4, (6, 5, 1))
    add_png("png-0-8-0-alpha", samples, np.concatenate([samples / 255, samples != 2], 2), 0, 8, False, transparency=struct.pack(">H", 2))
    # Pillow compares the one transparent gray with samples that it has scaled to 8 bits already; RFC 2083, 4.2.9 does not.
    add("png-0-2-0-alpha", png(samples, 0, 2, False, rng, transparency=struct.pack(">H", 2)), np.concatenate([samples / 3, samples != 2], 2).astype(np.float32))
    samples = rng.integers(0, 2, (6, 5, 3)) * 255
    add_png("png-2-8-0-alpha", samples, np.concatenate([samples / 255, ~(samples == [255, 0, 255]).all(-1, keepdims=True)], 2),
            2, 8, False, transparency=struct.pack(">HHH", 255, 0, 255))
    for size in ((1, 1), (2, 3), (3, 1)):  # passes without pixels
        samples = rng.integers(0, 256, (*size, 3))
        add_png(f"png-2-8-1-{size[0]}x{size[1]}", samples, samples / 255, 2, 8, True)

    y, x = np.mgrid[0:37, 0:45]
    smooth = np.stack([x * 5, y * 6, 255 - (x + y) * 3], -1).astype(np.uint8)
    noisy = rng.integers(0, 256, (21, 19, 3)).astype(np.uint8)
    for name, array, options in (
            ("jpg-444", noisy, {"quality": 90, "subsampling": 0}), ("jpg-444-progressive", noisy, {"quality": 80, "subsampling": 0, "progressive": True}),
            ("jpg-gray", noisy[..., 0], {"quality": 90}), ("jpg-gray-progressive", noisy[..., 1], {"quality": 75, "progressive": True}),
            ("jpg-restart", noisy, {"quality": 90, "subsampling": 0, "restart_marker_blocks": 2}),
            ("jpg-420", smooth, {"quality": 90, "subsampling": 2}), ("jpg-422-progressive", smooth, {"quality": 90, "subsampling": 1, "progressive": True})):
        content = io.BytesIO()
        Image.fromarray(array).save(content, "JPEG", **options)
        seen = np.asarray(Image.open(io.BytesIO(content.getvalue())))
        add(name, content.getvalue(), (seen.reshape(*seen.shape[:2], -1) / 255).astype(np.float32))
    # Components that are red, green and blue, known by their names or by Adobe's marker (but not if there is a JFIF marker).
    content = io.BytesIO()
    Image.fromarray(noisy).save(content, "JPEG", quality=90, subsampling=0)
    jfif = content.getvalue()
    assert jfif[2:6] == b"\xff\xe0\0\x10"
    adobe = jfif[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0" + jfif[20:]
    frame, scan = jfif.index(b"\xff\xc0"), jfif.index(b"\xff\xda")
    named = bytearray(jfif)
    for i in range(3):
        named[frame + 10 + 3 * i] = named[scan + 5 + 2 * i] = b"RGB"[i]
    for name, file in (("jpg-rgb-named", bytes(named[:2] + named[20:])), ("jpg-rgb-adobe", adobe), ("jpg-named-but-jfif", bytes(named))):
        add(name, file, (np.asarray(Image.open(io.BytesIO(file))) / 255).astype(np.float32))
    assert np.abs(values["expected/jpg-rgb-named"] - values["expected/jpg-named-but-jfif"]).max() > 0.5
    content = io.BytesIO()
    Image.fromarray(np.concatenate([noisy, noisy[..., :1]], 2), "CMYK").save(content, "JPEG")
    files["file/refused-cmyk"] = as_file(content.getvalue())

    for name, array in (("ppm", noisy), ("pgm", noisy[..., 0])):
        content = io.BytesIO()
        Image.fromarray(array).save(content, "PPM")
        add(name, content.getvalue(), (array.reshape(21, 19, -1) / 255).astype(np.float32))
    gray = Image.fromarray(noisy).convert("L")
    values["expected/gray-of-ppm"] = np.asarray(gray).astype(np.float32)[..., None] / 255
    save("images.npz", files | values)


# --- NumPy -----------------------------------------------------------------------------------------------------------------------

def numpy_files():
    files = {}

    def npy(array, version=None):
        content = io.BytesIO()
        np.lib.format.write_array(content, np.asarray(array), version=version)
        return as_file(content.getvalue())

    for kind in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
        for byte_order in "<>":
            for order in "CF":
                values = np.arange(24).reshape(2, 3, 4)
                values = values % 2 if kind == "b1" else values - 7 if kind[0] in "if" else values + 120
                files[f"file/{kind}-{'le' if byte_order == '<' else 'be'}-{order}"] = npy(np.array(values, byte_order + kind, order=order))
    for version in ((2, 0), (3, 0)):
        files[f"file/version-{version[0]}"] = npy(np.arange(5, dtype="<f4"), version)
    files["file/scalar"] = npy(np.float64(2.5))
    files["file/empty"] = npy(np.zeros((0, 3), "<f4"))
    files["file/one-axis"] = npy(np.array([1, -2], "<i8"))
    files["file/rank-8"] = npy(np.arange(2, dtype="<i4").reshape((1,) * 7 + (2,)))
    files["file/u8-max"] = npy(np.array([2**64 - 1], "<u8"))
    files["file/refused-complex"] = npy(np.zeros(2, "c8"))
    files["file/refused-text"] = npy(np.array(["a", "bc"]))
    files["file/refused-fields"] = npy(np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    files["file/refused-rank-9"] = npy(np.zeros((1,) * 9, "<f4"))
    content = io.BytesIO()
    np.save(content, np.array([{}], object), allow_pickle=True)
    files["file/refused-objects"] = as_file(content.getvalue())
    content = io.BytesIO()
    np.savez(content, weight=np.arange(6, dtype="<f4").reshape(2, 3), label=np.array(7, "<i8"))
    files["file/stored.npz"] = as_file(content.getvalue())
    content = io.BytesIO()
    np.savez_compressed(content, weight=np.arange(6, dtype="<f4").reshape(2, 3), zeros=np.zeros((100, 100), "<f4"))
    files["file/deflated.npz"] = as_file(content.getvalue())
    save("numpy.npz", files)


# --- Transforms ------------------------------------------------------------------------------------------------------------------

def torch_resize(image, height, width):
    x = torch.from_numpy(image).double().permute(2, 0, 1)[None]
    return F.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=True)[0].permute(1, 2, 0).numpy()


def torch_rotate(image, degrees):
    height, width, _ = image.shape
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    # grid_sample's coordinates are -1 to 1 over both sides, so the rotation has to know the proportions.
    theta = torch.tensor([[[cos, -sin * height / width, 0], [sin * width / height, cos, 0]]], dtype=torch.float64)
    grid = F.affine_grid(theta, (1, 1, height, width), align_corners=False)
    x = torch.from_numpy(image).double().permute(2, 0, 1)[None]
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)[0].permute(1, 2, 0).numpy()


def adjust(image, kind, amount):
    x = image.astype(np.float64)
    gray = x @ [0.299, 0.587, 0.114]
    if kind == "brightness":
        return np.clip(x * amount, 0, 1)
    if kind == "contrast":
        return np.clip(amount * x + (1 - amount) * gray.mean(), 0, 1)
    if kind == "saturation":
        return np.clip(amount * x + (1 - amount) * gray[..., None], 0, 1)
    out = np.empty_like(x)
    for place in np.ndindex(x.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*x[place])
        out[place] = colorsys.hsv_to_rgb((h + amount) % 1, s, v)
    return out


def transforms():
    rng = np.random.default_rng(2)
    image = rng.random((13, 10, 3)).astype(np.float32)
    image[0, 0] = image[0, 1] = 0.5  # no hue
    image[0, 2], image[0, 3], image[0, 4] = [1, 0, 0], [0, 1, 0], [0, 0, 1]
    arrays = {"image": image}
    for height, width in ((26, 20), (5, 4), (13, 3), (40, 10), (1, 1), (7, 23)):
        arrays[f"resize/{height}/{width}"] = torch_resize(image, height, width)
    for degrees in (0, 10, -37.5, 90, 180):
        arrays[f"rotate/{degrees}"] = torch_rotate(image, degrees)
    eight = Image.fromarray(np.round(image * 255).astype(np.uint8))
    for kind, enhance in (("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast), ("saturation", ImageEnhance.Color), ("hue", None)):
        for amount in (0, 0.25, 0.5, -0.3) if enhance is None else (0, 0.4, 1, 1.7):
            result = arrays[f"{kind}/{amount}"] = adjust(image, kind, amount)
            if enhance is not None:  # Pillow computes in whole numbers
                assert np.abs(np.asarray(enhance(eight).enhance(amount)) / 255 - result).max() < 2.5 / 255, (kind, amount)
    save("transforms.npz", arrays)


images()
numpy_files()
transforms()
