// SPDX-License-Identifier: GPL-2.0
/*
 * Programs as a compiler makes them. Prints a line "name value" for each. Compiled for the guest
 * (no libc; write and exit by ecall) and for the host: same source, same output.
 */
#include "program.h"

/* ---- sort: quicksort with function pointers, of structs -------------------------------------- */

struct item {
	int32_t key;
	uint16_t tag;
	uint8_t bytes[3];
};

static int by_key(const struct item *a, const struct item *b)
{
	return a->key != b->key ? (a->key < b->key ? -1 : 1) : a->tag - b->tag;
}

static int by_tag(const struct item *a, const struct item *b)
{
	return b->tag - a->tag;
}

static void quicksort(struct item *v, int n, int (*cmp)(const struct item *, const struct item *))
{
	struct item pivot = v[n / 2], t;
	int i = 0, j = n - 1;

	if (n < 2)
		return;
	for (;;) {
		while (cmp(&v[i], &pivot) < 0)
			i++;
		while (cmp(&v[j], &pivot) > 0)
			j--;
		if (i >= j)
			break;
		t = v[i];
		v[i++] = v[j];
		v[j--] = t;
	}
	quicksort(v, i, cmp);
	quicksort(v + i, n - i, cmp);
}

static uint64_t prog_sort(void)
{
	static struct item v[400];
	uint64_t sum = 0;
	int i;

	for (i = 0; i < 400; i++)
		v[i] = (struct item){ (int32_t)rng() % 97, i, { i, i >> 4, i ^ 7 } };
	quicksort(v, 400, by_key);
	for (i = 0; i < 400; i++)
		sum = sum * 31 + v[i].key + v[i].tag * v[i].bytes[2];
	quicksort(v, 400, by_tag);
	for (i = 0; i < 400; i++)
		sum = sum * 31 + v[i].key;
	return sum;
}

/* ---- sha256 (FIPS 180-4); constants from the cube and square roots, computed here ----------- */

static uint32_t root_bits(uint32_t prime, int cube)
{
	/* fraction of the root, 32 bits: largest x, x^2 <= prime << 64 (x^3 <= prime << 96) */
	unsigned __int128 x = 0;
	int bit;

	for (bit = 36; bit >= 0; bit--) {
		unsigned __int128 t = x | (unsigned __int128)1 << bit;

		if (cube ? t * t * t <= (unsigned __int128)prime << 96 :
			   t * t <= (unsigned __int128)prime << 64)
			x = t;
	}
	return x;
}

static uint32_t ror(uint32_t v, int n)
{
	return v >> n | v << (32 - n);
}

static uint64_t sha256(const uint8_t *data, size_t len, uint8_t out[32])
{
	uint32_t k[64], h[8], w[64], s[8], n = 0, p, i, t1, t2;
	uint8_t block[64];
	size_t pos, d;

	for (p = 2; n < 64; p++) {
		for (d = 2; d * d <= p && p % d; d++)
			;
		if (d * d <= p)
			continue;
		k[n] = root_bits(p, 1);
		if (n < 8)
			h[n] = root_bits(p, 0);
		n++;
	}
	for (pos = 0; pos < len + 9; pos += 64) {
		for (i = 0; i < 64; i++) {
			size_t at = pos + i;

			block[i] = at < len ? data[at] : at == len ? 0x80 : 0;
		}
		if (pos + 64 >= len + 9)
			for (i = 0; i < 8; i++)
				block[63 - i] = (uint64_t)len * 8 >> 8 * i;
		for (i = 0; i < 16; i++)
			w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 |
			       block[4 * i + 2] << 8 | block[4 * i + 3];
		for (; i < 64; i++)
			w[i] = w[i - 16] + w[i - 7] +
			       (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
			       (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
		memcpy(s, h, sizeof(s));
		for (i = 0; i < 64; i++) {
			t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
			     ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
			t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
			     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
			s[7] = s[6];
			s[6] = s[5];
			s[5] = s[4];
			s[4] = s[3] + t1;
			s[3] = s[2];
			s[2] = s[1];
			s[1] = s[0];
			s[0] = t1 + t2;
		}
		for (i = 0; i < 8; i++)
			h[i] += s[i];
	}
	for (i = 0; i < 32; i++)
		out[i] = h[i / 4] >> (24 - 8 * (i % 4));
	return (uint64_t)h[0] << 32 | h[1];
}

static uint64_t prog_sha256(void)
{
	uint8_t out[32], text[200];
	uint64_t sum;
	unsigned int i;

	if (sha256((const uint8_t *)"abc", 3, out) != UINT64_C(0xba7816bf8f01cfea))
		return 0;	/* the standard's own example */
	for (i = 0; i < sizeof(text); i++)
		text[i] = rng();
	sum = sha256(text, sizeof(text), out);
	return sum ^ sha256(out, 32, out);
}

/* ---- crc32 and crc64, by table and by bit --------------------------------------------------- */

static uint64_t prog_crc(void)
{
	static uint32_t table[256];
	uint32_t crc = ~0u, i, j;
	uint64_t crc64 = 0;

	for (i = 0; i < 256; i++) {
		uint32_t c = i;

		for (j = 0; j < 8; j++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		table[i] = c;
	}
	for (i = 0; i < 3000; i++) {
		uint8_t byte = rng();

		crc = table[(crc ^ byte) & 0xff] ^ crc >> 8;
		crc64 ^= (uint64_t)byte << 56;
		for (j = 0; j < 8; j++)
			crc64 = crc64 << 1 ^ (crc64 >> 63 ? UINT64_C(0x42f0e1eba9ea3693) : 0);
	}
	return crc64 ^ ~crc;
}

/* ---- strings: search, compare, reverse words, unaligned words ------------------------------- */

static size_t length(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

static const char *find(const char *hay, const char *needle)
{
	size_t n = length(needle), i;

	for (; *hay; hay++) {
		for (i = 0; i < n && hay[i] == needle[i]; i++)
			;
		if (i == n)
			return hay;
	}
	return NULL;
}

static uint64_t prog_string(void)
{
	static char buf[2048];
	static const char *const words[] = { "bag", "pool", "table", "row", "weight", "index" };
	uint64_t sum = 0, v;
	size_t n = 0, i;
	char *p;

	while (n < 1900) {
		const char *w = words[rng() % 6];

		for (i = 0; w[i]; i++)
			buf[n++] = rng() & 8 ? w[i] : w[i] - 32;
		buf[n++] = ' ';
	}
	buf[n] = 0;
	for (p = buf; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 32;
	for (i = 0; i < 6; i++) {
		const char *at = buf;

		while ((at = find(at, words[i]))) {
			sum = sum * 7 + (at - buf);
			at++;
		}
	}
	for (i = 0; i + 8 < n; i += 3) {
		memcpy(&v, buf + i, 8);
		sum += v ^ i;
		v = __builtin_bswap64(v);
		memcpy(buf + i, &v, 8);
	}
	return sum ^ length(buf);
}

/* ---- matrix: int8 x int8 -> int32, int64, transposes ---------------------------------------- */

static uint64_t prog_matrix(void)
{
	static int8_t a[24][40], b[40][28];
	static int32_t c[24][28];
	static int64_t d[24][24];
	uint64_t sum = 0;
	int i, j, k;

	for (i = 0; i < 24; i++)
		for (j = 0; j < 40; j++)
			a[i][j] = rng();
	for (i = 0; i < 40; i++)
		for (j = 0; j < 28; j++)
			b[i][j] = rng();
	for (i = 0; i < 24; i++)
		for (j = 0; j < 28; j++)
			for (c[i][j] = k = 0; k < 40; k++)
				c[i][j] += a[i][k] * b[k][j];
	for (i = 0; i < 24; i++)
		for (j = 0; j < 24; j++)
			for (d[i][j] = k = 0; k < 28; k++)
				d[i][j] += (int64_t)c[i][k] * c[j][k];
	for (i = 0; i < 24; i++)
		for (j = 0; j < 24; j++)
			sum = sum * 1099511628211u + d[i][j];
	return sum;
}

/* ---- division: every kind, with the corner cases -------------------------------------------- */

static uint64_t prog_divide(void)
{
	static const uint64_t corner[] = { 1, 2, 3, 7, 10, UINT64_MAX, INT64_MAX,
					   (uint64_t)INT64_MIN, INT32_MAX, 0x80000000u,
					   1000000007 };
	uint64_t sum = 0;
	unsigned int i, j;

	for (i = 0; i < 200; i++) {
		for (j = 0; j < 11; j++) {
			uint64_t a = i < 11 ? corner[i] : rng(), b = corner[j];
			int64_t sa = a, sb = b;
			uint32_t a32 = a, b32 = b;

			sum = sum * 31 + a / b + a % b;
			if (!(sa == INT64_MIN && sb == -1))
				sum = sum * 31 + sa / sb + sa % sb;
			if (b32)
				sum = sum * 31 + a32 / b32 + a32 % b32;
			if (b32 && !((int32_t)a32 == INT32_MIN && (int32_t)b32 == -1))
				sum = sum * 31 + (int32_t)a32 / (int32_t)b32 +
				      (int32_t)a32 % (int32_t)b32;
			sum += a / 10 + a % 1000 + (uint64_t)(sa / 7) + (uint64_t)(sa % 12345);
			sum ^= (uint64_t)(((unsigned __int128)a * b) >> 64);
			sum ^= (uint64_t)(((__int128)sa * sb) >> 64);
		}
	}
	return sum;
}

/* ---- bitfields, unions, switch, varargs, setjmp-free state ---------------------------------- */

struct fields {
	uint64_t a : 3, b : 17, c : 1, d : 40;
	int32_t e : 5, f : 11;
	int16_t g : 9;
};

static uint64_t prog_bitfields(void)
{
	struct fields f = { 0 };
	uint64_t sum = 0;
	int i;

	for (i = 0; i < 500; i++) {
		uint64_t r = rng();

		f.a += r;
		f.b ^= r >> 5;
		f.c = !f.c;
		f.d = f.d * 3 + (r >> 20);
		f.e = r >> 3;
		f.f -= f.e;
		f.g = f.g * 5 + f.f;
		sum = sum * 33 + f.a + f.b + f.c + f.d + f.e * 3 + f.f * 5 + f.g * 7;
	}
	return sum;
}

__attribute__((noinline)) static int64_t total(int n, ...)
{
	uint64_t sum = 0;
	va_list args;

	va_start(args, n);
	while (n--)
		sum = sum * 3 + (uint64_t)va_arg(args, int64_t);
	va_end(args);
	return sum;
}

__attribute__((noinline)) static int64_t interpret(const uint8_t *code, int64_t x)
{
	int64_t stack[16] = { 0 };
	int sp = 0;

	for (;;) {
		switch (*code++) {
		case 0:
			return stack[sp];
		case 1:
			stack[++sp] = x;
			break;
		case 2:
			stack[++sp] = (int8_t)*code++;
			break;
		case 3:
			sp--;
			stack[sp] = (int64_t)((uint64_t)stack[sp] + stack[sp + 1]);
			break;
		case 4:
			sp--;
			stack[sp] = (int64_t)((uint64_t)stack[sp] * stack[sp + 1]);
			break;
		case 5:
			stack[sp] = (int64_t)-(uint64_t)stack[sp];
			break;
		case 6:
			stack[sp] >>= 3;
			break;
		case 7:
			sp--;
			stack[sp] ^= stack[sp + 1];
			break;
		default:
			return -1;
		}
	}
}

static uint64_t prog_calls(void)
{
	static const uint8_t code[] = { 1, 2, 0x85, 4, 1, 1, 4, 3, 6, 5, 2, 77, 7, 1, 4, 0 };
	uint64_t sum = 0;
	int i;

	for (i = 0; i < 300; i++) {
		int64_t v = rng();

		sum += total(9, v, v >> 3, v >> 60, (int64_t)i, (int64_t)-i, (int64_t)7, v ^ i,
			     (int64_t)8, (int64_t)9) & INT64_MAX;
		sum ^= interpret(code, v >> 20);
	}
	return sum;
}

/* ---- atomics: the compiler's builtins become LR/SC loops and AMOs --------------------------- */

static uint64_t prog_atomics(void)
{
	static uint64_t word;
	static uint32_t half[2];
	static uint8_t byte;
	uint64_t sum = 0, want;
	int i;

	for (i = 0; i < 400; i++) {
		uint64_t r = rng();

		sum += __atomic_fetch_add(&word, r, __ATOMIC_SEQ_CST);
		sum ^= __atomic_fetch_xor(&half[i & 1], (uint32_t)r, __ATOMIC_RELAXED);
		sum += __atomic_exchange_n(&half[~i & 1], (uint32_t)(r >> 7), __ATOMIC_ACQ_REL);
		want = r & 1 ? word : r;
		sum += __atomic_compare_exchange_n(&word, &want, r * 3, 0, __ATOMIC_SEQ_CST,
						   __ATOMIC_RELAXED) + want;
		byte = r;
		sum += __atomic_fetch_or(&word, byte, __ATOMIC_RELEASE);
	}
	return sum;
}

/* ---- floating point: the same bits from the host's FPU, libgcc's code and the F registers ---- */

static uint64_t bits_of(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

static double number(void)
{
	return (double)(int64_t)rng() / 1048576.0;
}

/* Solve a dense system by elimination with pivoting, and refine. */
static uint64_t prog_solve(void)
{
	static double a[12][13], x[12];
	uint64_t sum = 0;
	int i, j, k, best;

	for (i = 0; i < 12; i++)
		for (j = 0; j < 13; j++)
			a[i][j] = number();
	for (k = 0; k < 12; k++) {
		best = k;
		for (i = k + 1; i < 12; i++) {
			double p = a[i][k] < 0 ? -a[i][k] : a[i][k];
			double q = a[best][k] < 0 ? -a[best][k] : a[best][k];

			if (p > q)
				best = i;
		}
		for (j = k; j < 13; j++) {
			double t = a[k][j];

			a[k][j] = a[best][j];
			a[best][j] = t;
		}
		for (i = k + 1; i < 12; i++) {
			double f = a[i][k] / a[k][k];

			for (j = k; j < 13; j++)
				a[i][j] -= f * a[k][j];
		}
	}
	for (k = 11; k >= 0; k--) {
		x[k] = a[k][12];
		for (j = k + 1; j < 12; j++)
			x[k] -= a[k][j] * x[j];
		x[k] /= a[k][k];
		sum = sum * 31 + bits_of(x[k]);
	}
	return sum;
}

/* float: a filter, a polynomial, conversions in both directions, comparisons. */
static uint64_t prog_float(void)
{
	float history[8] = { 0 }, y, peak = -1e30f, low = 1e30f;
	uint64_t sum = 0;
	uint32_t bits;
	int i, j;

	for (i = 0; i < 2000; i++) {
		history[i & 7] = (float)(int32_t)rng() * (1.0f / 65536);
		y = 0;
		for (j = 0; j < 8; j++)
			y += history[(i - j) & 7] * (1.0f / (float)(j + 3));
		y = ((y * 1e-5f + 0.25f) * y - 3.5f) * y + 1.0f;
		peak = y > peak ? y : peak;
		low = y < low ? y : low;
		memcpy(&bits, &y, sizeof(bits));
		sum = sum * 33 + bits + (uint64_t)(int64_t)(y * 1e-9f) + (uint32_t)(int32_t)(y * 1e-12f);
	}
	return sum ^ bits_of(peak) ^ bits_of((double)low * (double)peak);
}

/* Down into the subnormal numbers and up to infinity. */
static uint64_t prog_range(void)
{
	volatile double tiny = 1.0, huge = 1.0;
	volatile float small = 1.0f, large = 1.0f;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < 1200; i++) {
		tiny = tiny * (0.4 + (double)(rng() & 255) / 2048);
		huge = huge * (1.5 + (double)(rng() & 255) / 256);
		small = small * 0.7f;
		large = large / 0.55f;
		sum = sum * 7 + bits_of(tiny) + bits_of(huge) * 3 + bits_of((double)small) * 5 +
		      bits_of((double)large) * 11 + bits_of((float)tiny);
	}
	return sum;
}

int main(void)
{
	static const struct {
		const char *name;
		uint64_t (*run)(void);
	} programs[] = {
		{ "sort", prog_sort }, { "sha256", prog_sha256 }, { "crc", prog_crc },
		{ "string", prog_string }, { "matrix", prog_matrix }, { "divide", prog_divide },
		{ "bitfields", prog_bitfields }, { "calls", prog_calls },
		{ "atomics", prog_atomics }, { "solve", prog_solve }, { "float", prog_float },
		{ "range", prog_range },
	};
	unsigned int i;

	for (i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		rng_state = UINT64_C(88172645463325252) + i;
		print(programs[i].name, programs[i].run());
	}
	return 0;
}
