"""Numbers from codes, written from Documentation/Quantization.md alone, with NumPy's arithmetic.

Usage: dequantize.py DIRECTORY. Each line of DIRECTORY/cases is a name, an element type, a quantizer and its numbers; NAME.codes are a
chunk's codes, NAME.restored what the program made of them. Names the cases that differ; exit status 1 if there are any.
"""

import pathlib
import sys

import numpy as np

SINGLE = {
    "exp2": "1 0x1.62e43p-1 0x1.ebfbep-3 0x1.c6aedp-5 0x1.3b29aap-7 0x1.5f4774p-10 0x1.448fa4p-13",
    "sine": "0x1.921fb4p+2 -0x1.4abba8p+5 0x1.465a52p+6 -0x1.2cf8aap+6",
    "cosine": "1 -0x1.3bd3ccp+4 0x1.03c1ep+6 -0x1.55c686p+6 0x1.da0016p+5",
}
DOUBLE = {
    "exp2": "1 0x1.62e42fefa39efp-1 0x1.ebfbdff82c5a6p-3 0x1.c6b08d704a0ccp-5 0x1.3b2ab6fb9faacp-7 0x1.5d87fe78a2b47p-10 "
    "0x1.430913103dee3p-13 0x1.ffcbfc748ab7dp-17 0x1.62bfc400c4f4bp-20 0x1.b524dc7bfcd45p-24 0x1.e62194fc1210cp-28 "
    "0x1.ea041c20f030ep-32",
    "sine": "0x1.921fb54442d18p+2 -0x1.4abbce625be0ap+5 0x1.466bc67755028p+6 -0x1.32d2ccdfe257dp+6 0x1.50782d540f138p+5 "
    "-0x1.e2fe6b129bcaep+3 0x1.e353887a21505p+1",
    "cosine": "1 -0x1.3bd3cc9be45dep+4 0x1.03c1f081b5ac4p+6 -0x1.55d3c7e3cbffap+6 0x1.e1f506891babbp+5 -0x1.a6d1f2a204a8cp+4 "
    "0x1.f9d38a3763cc3p+2 -0x1.b6e24f44b128fp+0 0x1.20c62c2f2d7f5p-2",
}


class Precision:
    def __init__(self, is_double):
        self.number = np.float64 if is_double else np.float32
        self.word = np.uint64 if is_double else np.uint32
        self.integer = np.int64 if is_double else np.int32
        self.mantissa_bits = 52 if is_double else 23
        self.bias = 1023 if is_double else 127
        self.coefficients = DOUBLE if is_double else SINGLE

    def polynomial(self, name, x):
        coefficients = [self.number(float.fromhex(c)) for c in self.coefficients[name].split()]
        value = np.full_like(x, coefficients[-1])
        for c in coefficients[-2::-1]:
            value = c + x * value
        return value


def within(codes, limit):
    """|code| <= limit. NumPy's absolute value of -2^63 is -2^63."""
    return (-limit <= codes) & (codes <= limit)


def grid_codes(codes, precision):
    codes = codes.astype(np.int64)
    return np.where(within(codes, 1 << (precision.mantissa_bits - 1)), codes, 0).astype(precision.number)


def grid(codes, precision, step, low, high):
    number = precision.number
    m = grid_codes(codes, precision)
    inverse = number(1) / step
    x = m * step
    x = np.where(m >= np.rint(high * inverse), high, x)
    return np.where(m <= np.rint(low * inverse), low, x)


def logarithm(codes, precision, kind, levels):
    number, integer = precision.number, precision.integer
    first, octaves = (-24, 40) if kind == "f16" else (1 - precision.bias, 2 * precision.bias)
    wide = codes.astype(np.int64)
    known = (wide != 0) & within(wide, octaves * levels)
    k = np.where(known, np.abs(wide) - 1, 0).astype(number)
    inverse = number(1) / number(levels)
    octave = np.rint(k * inverse)
    f = (k - octave * number(levels)) * inverse
    bits = precision.polynomial("exp2", f).view(integer) + ((octave.astype(integer) + first) << precision.mantissa_bits)
    x = np.where(known, bits.view(number), number(0))
    return np.where(known & (wide < 0), -x, x)


def direction(p, bits, precision):
    quarter = (p + ((1 << bits) >> 3)) >> (bits - 2)
    f = (p - (quarter << (bits - 2))).astype(precision.number) * precision.number(2.0**-bits)
    g = f * f
    c, s = precision.polynomial("cosine", g), f * precision.polynomial("sine", g)
    turn = quarter & 3
    return np.choose(turn, [c, -s, -c, s]), np.choose(turn, [s, c, -s, -c])


def phase(codes, precision, bits, *grid_numbers):
    words = codes.view(precision.word).reshape(-1, 2)
    p = words[:, 1].astype(np.int64) & ((1 << bits) - 1)
    if grid_numbers:
        offset, step = grid_numbers
        a = grid_codes(codes.reshape(-1, 2)[:, 0], precision) * step + offset
    else:
        infinity = precision.word((2 * precision.bias + 1) << precision.mantissa_bits)
        a = np.where(words[:, 0] < infinity, words[:, 0], precision.word(0)).view(precision.number)
    a = np.where(a > 0, a, precision.number(0))
    c, s = direction(p, bits, precision)
    zero = precision.number(0)
    return np.stack([a * c + zero, a * s + zero], axis=1).reshape(-1)


def to_words(x, kind):
    if kind == "f16":
        return x.astype(np.float16)
    if kind == "bf16":
        bits = x.view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return x


def restore(codes, kind, quantizer, numbers):
    precision = Precision(kind in ("f64", "c128"))
    codes = np.frombuffer(codes, {2: np.int16, 4: np.int32, 8: np.int64}[2 if "16" in kind else 8 if precision.bias > 127 else 4])
    values = [precision.number(float.fromhex(n)) for n in numbers]
    if quantizer == "grid":
        x = grid(codes, precision, *values)
    elif quantizer == "logarithm":
        x = logarithm(codes, precision, kind, int(numbers[0], 16))
    else:
        x = phase(codes, precision, int(numbers[0], 16), *values[1:])
    return to_words(x, kind).tobytes()


def main(directory):
    np.seterr(all="ignore")
    differing = []
    for line in (directory / "cases").read_text().splitlines():
        name, kind, quantizer, *numbers = line.split()
        expected = (directory / f"{name}.restored").read_bytes()
        if restore((directory / f"{name}.codes").read_bytes(), kind, quantizer, numbers) != expected:
            differing.append(line)
    print("\n".join(differing) or "all the same")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
