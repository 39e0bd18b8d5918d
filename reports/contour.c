#include "reports/contour.h"

#include <math.h>
#include <stdbool.h>

#include "base/invariant.h"

struct grid {
	const double *number;
	int columns, rows;
};

/* The grid goes on by one beyond its edges, with the numbers there. */
static double at(const struct grid *grid, int column, int row)
{
	int c = column < 0 ? 0 : column < grid->columns ? column : grid->columns - 1;
	int r = row < 0 ? 0 : row < grid->rows ? row : grid->rows - 1;

	return grid->number[r * grid->columns + c];
}

/* Where that column or row is drawn: its middle; what lies beyond the edge, on it. */
static double place(int index, int count)
{
	return fmin(fmax(index + 0.5, 0), count);
}

struct corner {
	double x, y, over; /* by so much its number is above the level */
};

/* Where the level lies between two corners: in proportion. */
static void write_crossing(FILE *out, const struct corner *a, const struct corner *b, bool starts)
{
	double share = a->over / (a->over - b->over);

	CHECK(share >= 0 && share <= 1);
	fprintf(out, "%s%.2f %.2f", starts ? "M" : "L", a->x + share * (b->x - a->x),
		a->y + share * (b->y - a->y));
}

/* Around a square the level is crossed not at all, twice, or on all four sides; of four, the first
 * and second are joined, and the third and fourth. */
static int march(FILE *out, const struct grid *grid, int column, int row, double level)
{
	static const int around[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
	struct corner corner[4];
	int crossings = 0;

	for (int i = 0; i < 4; i++) {
		int c = column + around[i][0], r = row + around[i][1];

		corner[i] = (struct corner){place(c, grid->columns), place(r, grid->rows),
					    at(grid, c, r) - level};
		if (isnan(corner[i].over))
			return 0;
	}
	for (int i = 0; i < 4; i++) {
		const struct corner *a = &corner[i], *b = &corner[(i + 1) % 4];

		if ((a->over < 0) != (b->over < 0))
			write_crossing(out, a, b, crossings++ % 2 == 0);
	}
	CHECK(crossings % 2 == 0);
	return crossings / 2;
}

int contour_path(FILE *out, const double *number, int columns, int rows, double level)
{
	struct grid grid = {number, columns, rows};
	int pieces = 0;

	CHECK(columns >= 1 && rows >= 1);
	CHECK(!isnan(level)); /* of which any number would be above */
	for (int row = -1; row < rows; row++)
		for (int column = -1; column < columns; column++)
			pieces += march(out, &grid, column, row, level);
	return pieces;
}

/* To two digits. */
static double rounded(double number)
{
	CHECK(isfinite(number) && fabs(number) > 0);
	double step = pow(10, floor(log10(fabs(number))) - 1);

	return round(number / step) * step;
}

int contour_levels(const double *number, int count, double *level)
{
	double least = INFINITY, most = -INFINITY;
	int levels = 0;

	for (int i = 0; i < count; i++) {
		least = fmin(least, number[i]); /* NAN is no number to fmin */
		most = fmax(most, number[i]);
	}
	if (!(least < most))
		return 0;
	for (int i = 1; i <= CONTOUR_LEVELS; i++) {
		double share = (double)i / (CONTOUR_LEVELS + 1), wanted;

		/* Of what spans more than a power of ten, equal ratios. */
		if (least > 0 && most > 10 * least)
			wanted = least * pow(most / least, share);
		else
			wanted = least + share * (most - least);
		wanted = wanted > 0 || wanted < 0 ? rounded(wanted) : 0;
		if (wanted > least && wanted < most && (!levels || wanted > level[levels - 1]))
			level[levels++] = wanted;
	}
	return levels;
}
