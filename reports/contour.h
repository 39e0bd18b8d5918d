/* Lines of one value over a grid of numbers (marching squares), as the path of an SVG. */
#ifndef REPORTS_CONTOUR_H
#define REPORTS_CONTOUR_H

#include <stdio.h>

enum { CONTOUR_LEVELS = 3 };

/*
 * Columns x rows numbers, row by row; number (c, r) lies in the middle of the square from (c, r) to
 * (c + 1, r + 1), and a line goes straight on from the outermost ones to the edge. Where any corner
 * is NAN there is no line. Writes "M x y L x y ...", nothing if there is none, and returns how many
 * pieces that were.
 */
int contour_path(FILE *out, const double *number, int columns, int rows, double level);

/* Round levels within the numbers' range, ascending: at most CONTOUR_LEVELS; returns how many. */
int contour_levels(const double *number, int count, double *level);

#endif
