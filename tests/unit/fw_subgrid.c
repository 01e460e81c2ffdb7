// SPDX-License-Identifier: GPL-2.0
/* Sub-grid allocator against a plain search over a matrix of booleans. */
#include "subgrid.h"
#include "tap.h"

static bool used[8][8];

static bool rect_free(unsigned int row, unsigned int col, unsigned int rows, unsigned int cols)
{
	for (unsigned int r = row; r < row + rows; r++)
		for (unsigned int c = col; c < col + cols; c++)
			if (used[r][c])
				return false;
	return true;
}

static bool naive(unsigned int rows, unsigned int cols, struct subgrid_rect *out)
{
	for (unsigned int r = 0; r + rows <= 8; r++) {
		for (unsigned int c = 0; c + cols <= 8; c++) {
			if (rect_free(r, c, rows, cols)) {
				*out = (struct subgrid_rect){ r, c, rows, cols };
				return true;
			}
		}
	}
	return false;
}

static void paint(const struct subgrid_rect *rect, bool value)
{
	for (unsigned int r = 0; r < rect->rows; r++)
		for (unsigned int c = 0; c < rect->cols; c++)
			used[rect->row + r][rect->col + c] = value;
}

static uint32_t seed = 1;
static uint32_t rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static void check_history(uint64_t enabled, const char *name)
{
	struct subgrid grid;
	struct subgrid_rect held[64];
	unsigned int count = 0, placed = 0, refused = 0;
	bool same = true;

	subgrid_init(&grid, 8, 8, enabled);
	for (unsigned int pe = 0; pe < 64; pe++)
		used[pe / 8][pe % 8] = !(enabled >> pe & 1);
	for (unsigned int n = 0; n < 20000; n++) {
		if (count && rnd() % 5 < 2) {
			unsigned int i = rnd() % count;

			subgrid_free(&grid, &held[i]);
			paint(&held[i], false);
			held[i] = held[--count];
		} else {
			unsigned int rows = rnd() % 4 + 1, cols = rnd() % 4 + 1;
			struct subgrid_rect got, want;
			bool have = naive(rows, cols, &want);

			if (subgrid_alloc(&grid, rows, cols, &got) != have) {
				same = false;
				break;
			}
			if (!have) {
				refused++;
				continue;
			}
			same &= !memcmp(&got, &want, sizeof(got));
			held[count++] = got;
			paint(&got, true);
			placed++;
		}
	}
	tap_ok(same && placed > 1000 && refused > 100, "%s: %u placed, %u refused as expected", name,
	       placed, refused);
}

int main(void)
{
	struct subgrid grid;
	struct subgrid_rect rect;
	uint64_t no_row3 = ~(0xffull << 24);

	check_history(~0ull, "whole grid");
	check_history(~(1ull << 27), "one PE disabled");
	check_history(0x00ff3c3c3c3cff00ull, "odd shape");

	subgrid_init(&grid, 8, 8, no_row3);
	tap_ok(!subgrid_can_ever_fit(&grid, 5, 1), "5 rows never fit around a dead row 3");
	tap_ok(subgrid_can_ever_fit(&grid, 4, 8), "4 rows below it do");
	tap_ok(subgrid_alloc(&grid, 4, 8, &rect) && rect.row == 4, "and are placed there");
	tap_ok(!subgrid_alloc(&grid, 4, 1, &rect), "no 4 rows left");
	tap_ok(subgrid_alloc(&grid, 3, 8, &rect) && rect.row == 0, "3 rows above");
	tap_ok(!subgrid_can_ever_fit(&grid, 9, 1) && !subgrid_can_ever_fit(&grid, 1, 0),
	       "sizes beyond the chip or 0");
	subgrid_init(&grid, 4, 4, ~0ull);
	tap_ok(subgrid_count(grid.enabled) == 16 && !subgrid_can_ever_fit(&grid, 5, 1),
	       "a 4 x 4 chip");
	subgrid_init(&grid, 8, 8, ~0ull);
	tap_ok(subgrid_alloc(&grid, 8, 8, &rect) && subgrid_mask(&rect) == ~0ull, "all 64");
	return tap_done();
}
