// SPDX-License-Identifier: GPL-2.0
/*
 * Integer code of the kind CoreMark measures, our own: a linked list (find, insert sort, reverse),
 * a small 16-bit matrix, a state machine over text, and a CRC over all results.
 */
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 2500
#endif

struct node {
	struct node *next;
	int16_t key;
	uint16_t data;
};

#define NODES	96
#define DIM	14

static struct node pool[NODES];
static int16_t ma[DIM][DIM], mb[DIM][DIM];
static int32_t mc[DIM][DIM];

static uint32_t rng_state = 0x2545f491;

static uint32_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 17;
	rng_state ^= rng_state << 5;
	return rng_state;
}

static uint16_t crc16(uint16_t crc, uint32_t v, int bits)
{
	while (bits--) {
		int carry = (crc ^ v) & 1;

		v >>= 1;
		crc >>= 1;
		if (carry)
			crc ^= 0xa001;
	}
	return crc;
}

static struct node *insert(struct node *head, struct node *n)
{
	struct node **p = &head;

	while (*p && (*p)->key < n->key)
		p = &(*p)->next;
	n->next = *p;
	*p = n;
	return head;
}

static uint16_t list_round(uint16_t crc)
{
	struct node *head = 0, *rev = 0, *n, *next;
	int i, found = 0;

	for (i = 0; i < NODES; i++) {
		pool[i].key = rng();
		pool[i].data = i;
		head = insert(head, &pool[i]);
	}
	for (n = head; n; n = next) {
		next = n->next;
		n->next = rev;
		rev = n;
	}
	for (i = 0; i < 16; i++) {
		uint16_t want = rng() % (NODES * 2);

		for (n = rev; n && n->data != want; n = n->next)
			;
		found += n ? n->key : -1;
	}
	return crc16(crc, found, 16);
}

static uint16_t matrix_round(uint16_t crc)
{
	int i, j, k;

	for (i = 0; i < DIM; i++)
		for (j = 0; j < DIM; j++) {
			ma[i][j] = rng();
			mb[i][j] = rng() & 0xff;
		}
	for (i = 0; i < DIM; i++)
		for (j = 0; j < DIM; j++) {
			int32_t sum = 0;

			for (k = 0; k < DIM; k++)
				sum += ma[i][k] * mb[k][j];
			mc[i][j] = sum;
		}
	for (i = 0; i < DIM; i++)
		crc = crc16(crc, mc[i][(i * 5) % DIM] >> 3, 16);
	return crc;
}

enum state { START, SIGN, INT, DOT, FRAC, EXP, BAD, NSTATES };

static enum state step(enum state s, char c)
{
	int digit = c >= '0' && c <= '9';

	switch (s) {
	case START:
		return digit ? INT : c == '+' || c == '-' ? SIGN : c == '.' ? DOT : BAD;
	case SIGN:
		return digit ? INT : c == '.' ? DOT : BAD;
	case INT:
		return digit ? INT : c == '.' ? FRAC : c == 'e' ? EXP : BAD;
	case DOT:
	case FRAC:
		return digit ? FRAC : c == 'e' ? EXP : BAD;
	case EXP:
		return digit || c == '-' ? EXP : BAD;
	default:
		return BAD;
	}
}

static uint16_t state_round(uint16_t crc)
{
	static const char text[] = "5012,1.234e-2,-874,+122,.5,35.54400,-110.700,+0.64400,T0.3e-1F,7-";
	uint32_t count[NSTATES] = { 0 };
	enum state s = START;
	const char *p;
	int pass;

	for (pass = 0; pass < 12; pass++) {
		for (p = text; *p; p++) {
			char c = *p ^ (rng() & 63 ? 0 : 1);

			s = c == ',' ? START : step(s, c);
			count[s]++;
		}
	}
	for (pass = 0; pass < NSTATES; pass++)
		crc = crc16(crc, count[pass], 16);
	return crc;
}

int main(void)
{
	uint16_t crc = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		crc = list_round(crc);
		crc = matrix_round(crc);
		crc = state_round(crc);
	}
	return crc;
}
