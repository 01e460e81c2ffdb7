/* SPDX-License-Identifier: MIT */
/*
 * Rectangles of PEs on the grid: first fit in row-major order of the top-left corner, so that the
 * same history of launches always lands on the same PEs. Disabled PEs are never handed out.
 */
#ifndef MTIA_FW_SUBGRID_H
#define MTIA_FW_SUBGRID_H

#include <stdbool.h>
#include <stdint.h>

struct subgrid {
	unsigned int rows, cols; /* of the chip, 1 .. 8 each */
	uint64_t enabled;	 /* bit row * 8 + col */
	uint64_t used;
};

struct subgrid_rect {
	uint8_t row, col, rows, cols;
};

/* As MTIA_SG_RECT. */
static inline uint32_t subgrid_rect_word(const struct subgrid_rect *rect)
{
	return rect->row | (uint32_t)rect->col << 8 | (uint32_t)rect->rows << 16 |
	       (uint32_t)rect->cols << 24;
}

void subgrid_init(struct subgrid *grid, unsigned int rows, unsigned int cols, uint64_t enabled);
uint64_t subgrid_mask(const struct subgrid_rect *rect);
/* Could a rows x cols rectangle be placed if the grid were empty? */
bool subgrid_can_ever_fit(const struct subgrid *grid, unsigned int rows, unsigned int cols);
/* Take the first free rectangle; false if there is none now. */
bool subgrid_alloc(struct subgrid *grid, unsigned int rows, unsigned int cols,
		   struct subgrid_rect *rect);
unsigned int subgrid_count(uint64_t pes);
void subgrid_free(struct subgrid *grid, const struct subgrid_rect *rect);

#endif /* MTIA_FW_SUBGRID_H */
