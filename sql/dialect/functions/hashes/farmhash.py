"""Fingerprint64 of FarmHash (https://github.com/google/farmhash): what FARM_FINGERPRINT computes."""

import struct

K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
MASK = (1 << 64) - 1
SEED = 81


def fingerprint(data: bytes) -> int:
    """A signed 64-bit fingerprint."""
    value = _short(data) if len(data) <= 64 else _long(data)
    return value - (1 << 64) if value >> 63 else value


def _word(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<Q", data, at)[0])


def _half(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def _rotate(value: int, by: int) -> int:
    value &= MASK
    return (value >> by | value << (64 - by)) & MASK


def _mixed(value: int) -> int:
    value &= MASK
    return value ^ (value >> 47)


def _of_two(u: int, v: int, mul: int) -> int:
    a = _mixed((u ^ v) * mul)
    return _mixed((v ^ a) * mul) * mul & MASK


def _short(data: bytes) -> int:
    size = len(data)
    mul = K2 + size * 2
    if size > 32:
        return _to_64(data, mul)
    if size > 16:
        a, b, c, d = _word(data, 0) * K1, _word(data, 8), _word(data, size - 8) * mul, _word(data, size - 16) * K2
        return _of_two((_rotate(a + b, 43) + _rotate(c, 30) + d) & MASK, (a + _rotate(b + K2, 18) + c) & MASK, mul)
    if size >= 8:
        a, b = _word(data, 0) + K2, _word(data, size - 8)
        return _of_two((_rotate(b, 37) * mul + a) & MASK, (_rotate(a, 25) + b) * mul & MASK, mul)
    if size >= 4:
        return _of_two(size + (_half(data, 0) << 3), _half(data, size - 4), mul)
    if size:
        y, z = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return _mixed(y * K2 ^ z * K0) * K2 & MASK
    return K2


def _to_64(data: bytes, mul: int) -> int:
    size = len(data)
    a, b, c, d = _word(data, 0) * K2, _word(data, 8), _word(data, size - 8) * mul, _word(data, size - 16) * K2
    y = (_rotate(a + b, 43) + _rotate(c, 30) + d) & MASK
    z = _of_two(y, (a + _rotate(b + K2, 18) + c) & MASK, mul)
    e, f = _word(data, 16) * mul, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * mul, (z + _word(data, size - 24)) * mul
    return _of_two((_rotate(e + f, 43) + _rotate(g, 30) + h) & MASK, (e + _rotate(f + a, 18) + g) & MASK, mul)


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_word(data, at + i) for i in (0, 8, 16, 24))
    a += w
    b = _rotate(b + a + z, 21)
    c = a
    a += x + y
    b += _rotate(a, 44)
    return (a + z) & MASK, (b + c) & MASK


def _long(data: bytes) -> int:
    size = len(data)
    x, y = SEED, (SEED * K1 + 113) & MASK
    z = _mixed(y * K2 + 113) * K2 & MASK
    v, w = (0, 0), (0, 0)
    x = (x * K2 + _word(data, 0)) & MASK
    end = (size - 1) // 64 * 64
    for at in range(0, end, 64):
        x, y, z, v, w = _round(data, at, x, y, z, v, w, K1, 1)
    mul = K1 + ((z & 0xFF) << 1)
    w = (w[0] + (size - 1 & 63)) & MASK, w[1]
    v = (v[0] + w[0]) & MASK, v[1]
    w = (w[0] + v[0]) & MASK, w[1]
    x, y, z, v, w = _round(data, size - 64, x, y, z, v, w, mul, 9)
    return _of_two((_of_two(v[0], w[0], mul) + _mixed(y) * K0 + z) & MASK, (_of_two(v[1], w[1], mul) + x) & MASK, mul)


def _round(data: bytes, at: int, x: int, y: int, z: int, v: tuple[int, int], w: tuple[int, int], mul: int,
           by: int) -> tuple[int, int, int, tuple[int, int], tuple[int, int]]:
    x = _rotate(x + y + v[0] + _word(data, at + 8), 37) * mul
    y = _rotate(y + v[1] + _word(data, at + 48), 42) * mul
    x = (x ^ w[1] * by) & MASK
    y = (y + v[0] * by + _word(data, at + 40)) & MASK
    z = _rotate(z + w[0], 33) * mul & MASK
    v = _weak(data, at, v[1] * mul, x + w[0])
    w = _weak(data, at + 32, z + w[1], y + _word(data, at + 16))
    return z, y, x, v, w
