// SPDX-License-Identifier: MIT
#include "subgrid.h"

#define STRIDE 8 /* bits a row, whatever the chip's width */

void subgrid_init(struct subgrid *grid, unsigned int rows, unsigned int cols, uint64_t enabled)
{
	struct subgrid_rect all = { .rows = (uint8_t)rows, .cols = (uint8_t)cols };

	grid->rows = rows;
	grid->cols = cols;
	grid->enabled = enabled & subgrid_mask(&all);
	grid->used = 0;
}

uint64_t subgrid_mask(const struct subgrid_rect *rect)
{
	uint64_t line = ((1ull << rect->cols) - 1) << rect->col;

	if (!rect->rows)
		return 0;
	/* The line once a row: a product of bits that do not meet. */
	return line * (0x0101010101010101ull >> (64 - rect->rows * STRIDE)) << rect->row * STRIDE;
}

static bool find(const struct subgrid *grid, uint64_t free_pes, unsigned int rows,
		 unsigned int cols, struct subgrid_rect *rect)
{
	if (!rows || !cols || rows > grid->rows || cols > grid->cols)
		return false;
	rect->rows = (uint8_t)rows;
	rect->cols = (uint8_t)cols;
	for (unsigned int row = 0; row + rows <= grid->rows; row++) {
		for (unsigned int col = 0; col + cols <= grid->cols; col++) {
			uint64_t mask;

			rect->row = (uint8_t)row;
			rect->col = (uint8_t)col;
			mask = subgrid_mask(rect);
			if ((mask & free_pes) == mask)
				return true;
		}
	}
	return false;
}

bool subgrid_can_ever_fit(const struct subgrid *grid, unsigned int rows, unsigned int cols)
{
	struct subgrid_rect rect;

	return find(grid, grid->enabled, rows, cols, &rect);
}

bool subgrid_alloc(struct subgrid *grid, unsigned int rows, unsigned int cols,
		   struct subgrid_rect *rect)
{
	if (!find(grid, grid->enabled & ~grid->used, rows, cols, rect))
		return false;
	grid->used |= subgrid_mask(rect);
	return true;
}

void subgrid_free(struct subgrid *grid, const struct subgrid_rect *rect)
{
	grid->used &= ~subgrid_mask(rect);
}

unsigned int subgrid_count(uint64_t pes)
{
	unsigned int n = 0;

	for (; pes; pes &= pes - 1)
		n++;
	return n;
}
