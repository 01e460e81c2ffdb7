#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the tables of SE's approximated functions (struct mtia_se_lut, uapi mtia/pe.h) as C source.

usage: lut.py >lut_tables.c

Segment k of a table covers [x_k, x_k + h_k); u = (x - x_k) / h_k. Its cubic takes the values of
the function at u = 0, 1/4, 3/4, 1 (so neighbours meet) and is rounded to FP32, coefficient by
coefficient. Where |f''''| <= F it is within F h^4 / 1536 of the function f. Values come from Decimal
at 50 digits: the same on every machine.

  exp          x in [-104, 89), 386 segments of 1/2; below 0, above infinity
  sigmoid      [-104, 16), 480 of 1/4; below 0, above 1
  tanh         odd; |x| in [2^-10, 16), 32 an octave; below x, above 1
  gelu         [-8, 8), 512 of 1/32; below 0, above x
  reciprocal   odd; |x| in [2^-24, 2^16), all finite FP16, 8 an octave; below infinity, above 0
  sqrt         x in [2^-24, 2^16), 8 an octave; below 0, above infinity, negative NaN
"""

import sys
from decimal import Decimal as D, getcontext
from fractions import Fraction

getcontext().prec = 50
CUBIC, LOG, ODD = 1, 2, 4
INF, NAN = 0x7F800000, 0x7FC00000


def dec(x):
    return D(x.numerator) / D(x.denominator)


def pi():
    """Machin's formula."""
    def arctan_inverse(n):
        total, power, k = D(0), D(1) / n, 0
        while abs(power) > D(10) ** -55:
            total += power / (2 * k + 1) * (-1 if k & 1 else 1)
            power /= n * n
            k += 1
        return total
    return 4 * (4 * arctan_inverse(D(5)) - arctan_inverse(D(239)))


PI = pi()


def erf(x):
    """2 / sqrt(pi) exp(-x^2) times the sum of 2^n x^(2n+1) / (2n+1)!!: no cancellation."""
    term = total = x
    n = 0
    while abs(term) > abs(total) * D(10) ** -48 and term:
        n += 1
        term = term * 2 * x * x / (2 * n + 1)
        total += term
    return 2 / PI.sqrt() * (-x * x).exp() * total


def sigmoid(x):
    return 1 / (1 + (-x).exp())


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def gelu(x):
    return x * (1 + erf(x / D(2).sqrt())) / 2


def f32_bits(x):
    """Decimal to binary32, nearest-even, subnormals kept."""
    sign, x = (0x80000000, -x) if x < 0 else (0, x)
    x = Fraction(x)
    if not x:
        return sign
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    if Fraction(2) ** exponent > x:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    whole = round(x / unit)  # ties to even
    bits = whole + ((max(exponent, -126) + 126) << 23)
    return sign | bits if bits < INF else sign | INF


def cubic(f, x, h):
    y0, y1, y2, y3 = (f(dec(x + h * t)) for t in (0, Fraction(1, 4), Fraction(3, 4), 1))
    # Newton's divided differences at 0, 1/4, 3/4, 1, expanded in u.
    d01, d12, d23 = (y1 - y0) * 4, (y2 - y1) * 2, (y3 - y2) * 4
    d012, d123 = (d12 - d01) * 4 / 3, (d23 - d12) * 4 / 3
    d = d123 - d012
    return y0, d01 - d012 / 4 + d * 3 / 16, d012 - d, d


def linear_table(f, low, high, step, below, above, slope_above=0):
    count = int((high - low) / step)
    head = [CUBIC, count, f32_bits(dec(Fraction(low))), f32_bits(dec(1 / step)), 0, 0, 0, below, 0,
            above, slope_above]
    return head, [cubic(f, low + k * step, step) for k in range(count)]


def log_table(f, flags, first, last, bits, negative, below, slope_below, above):
    """Octaves 2^first .. 2^last, each cut in 2^bits."""
    count = (last - first) << bits
    head = [CUBIC | LOG | flags, count, 0, 0, 23 - bits, (first + 127) << bits, negative, below,
            slope_below, above, 0]
    segments = []
    for octave in range(first, last):
        step = Fraction(2) ** octave / (1 << bits)
        segments += [cubic(f, Fraction(2) ** octave + k * step, step) for k in range(1 << bits)]
    return head, segments


ONE = f32_bits(D(1))
TABLES = {
    "exp": linear_table(D.exp, -104, 89, Fraction(1, 2), 0, INF),
    "sigmoid": linear_table(sigmoid, -104, 16, Fraction(1, 4), 0, ONE),
    "tanh": log_table(tanh, ODD, -10, 4, 5, 0, 0, ONE, ONE),
    "gelu": linear_table(gelu, -8, 8, Fraction(1, 32), 0, 0, ONE),
    "reciprocal": log_table(lambda x: 1 / x, ODD, -24, 16, 3, 0, INF, 0, 0),
    "sqrt": log_table(D.sqrt, 0, -24, 16, 3, NAN, 0, 0, INF),
}


def main():
    out = ["/* SPDX-License-Identifier: MIT */", "/* Made by lut.py, see there. */",
           '#include "lut.h"']
    for name, (head, segments) in TABLES.items():
        words = head + [0] * 5 + [f32_bits(c) for segment in segments for c in segment]
        out.append(f"const uint32_t mtia_lut_{name}[{len(words)}] = {{")
        for i in range(0, len(words), 8):
            out.append("\t" + " ".join(f"0x{word:08x}," for word in words[i:i + 8]))
        out.append("};")
    sys.stdout.write("\n".join(out) + "\n")


main()
