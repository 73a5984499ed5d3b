#include "lanes.h"

// Floats of a row that are treated together.
#define BLOCK 256

// Of so many rows one is looked at for what areas have: an odd number, which does not go with what networks paint in every second or fourth.
#define LOOKED_AT 3

#define AT(floats, index) (*(const eight *)((floats) + (index)))

// A part of a row: what it is made of, and how far each float is led and stands still. What is neither is taken from the painting, which saves reading it.
typedef struct block {
  int32_t start, count;
  const float *painting, *led, *still;
  float led_shares[BLOCK], still_shares[BLOCK], left_shares[BLOCK];
  int left;
} block;

// Each share twice: for the two floats of a pair.
INLINE void doubled(const float *row, int32_t columns, int32_t first, int32_t count, float *to) {
  const int32_t inside = least_of(count / 2, columns - first);
  for (int32_t at = 0; at < inside; at++) to[2 * at] = to[2 * at + 1] = row[first + at];
  for (int32_t at = 2 * inside; at < count; at++) to[at] = 0;
}

// Linear between the shares of two rows and of their columns.
INLINE void widened(const float *near, const float *far, int32_t columns, int32_t first, int32_t count, float *to) {
  float mean[BLOCK / 2 + 2];
  const int32_t half = count / 2;
  if (first > 0 && first + half < columns) {
    for (int32_t at = 0; at < half + 2; at++) mean[at] = 0.75f * near[first - 1 + at] + 0.25f * far[first - 1 + at];
  } else {
    for (int32_t at = 0; at < half + 2; at++) {
      const int32_t column = within(first - 1 + at, columns);
      mean[at] = 0.75f * near[column] + 0.25f * far[column];
    }
  }
  for (int32_t at = 0; at < half; at++) {
    to[2 * at] = 0.25f * mean[at] + 0.75f * mean[at + 1];
    to[2 * at + 1] = 0.75f * mean[at + 1] + 0.25f * mean[at + 2];
  }
}

// In luma shares are widened, where each float counts for itself, or as they are.
INLINE int taken(const cs_plane *plane, const float *shares, int32_t y, int32_t start, int32_t count, int wide, float *to) {
  const int luma = plane->cell_rows == CS_CELL;
  const int32_t near = luma ? least_of(y / 2, plane->share_rows - 1) : y;
  const float *row = shares + (ptrdiff_t)near * plane->share_columns;
  if (luma && wide) {
    const float *far = shares + (ptrdiff_t)within(near + (y % 2 ? 1 : -1), plane->share_rows) * plane->share_columns;
    widened(row, far, plane->share_columns, start / 2, count, to);
  } else {
    doubled(row, plane->share_columns, start / 2, count, to);
  }
  for (int32_t at = plane->floats - start; at < count; at++) to[at] = 0;
  eight most = {0};
  for (int32_t at = 0; at < count; at += 8) most = __builtin_elementwise_max(most, AT(to, at));
  return __builtin_reduce_max(most) > 0;
}

INLINE int begin(block *block, const cs_plane *plane, int32_t y, int32_t start, int wide) {
  const ptrdiff_t offset = (ptrdiff_t)y * plane->stride + start;
  block->start = start;
  block->count = least_of(BLOCK, plane->stride - start);
  const int led = taken(plane, plane->led_shares, y, start, block->count, wide, block->led_shares);
  const int still = taken(plane, plane->still_shares, y, start, block->count, wide, block->still_shares);
  block->left = plane->left_shares && taken(plane, plane->left_shares, y, start, block->count, wide, block->left_shares);
  block->painting = plane->painting + offset;
  block->led = led ? plane->led + offset : block->painting;
  block->still = still ? plane->still + offset : block->painting;
  return led || still || block->left;
}

// Two rows of cells, and how far a row lies from the upper to the lower, whose values are linear between the cells' centres.
typedef struct cells {
  const float *upper, *lower;
  float share;
  int32_t columns, is_luma;
} cells;

INLINE cells cells_at(const cs_plane *plane, const float *values, int32_t y) {
  const int32_t columns = plane->stride / CS_CELL, rows = (plane->rows + plane->cell_rows - 1) / plane->cell_rows;
  const float last = (float)(rows - 1), at = ((float)y + 0.5f) / (float)plane->cell_rows - 0.5f;
  const float place = at > 0 ? (at < last ? at : last) : 0;
  const int32_t first = (int32_t)place;
  const float *upper = values + (ptrdiff_t)first * columns * 4;
  return (cells){upper, first + 1 < rows ? upper + (ptrdiff_t)columns * 4 : upper, place - (float)first, columns, plane->cell_rows == CS_CELL};
}

INLINE four cell(cells cells, int32_t column) {
  const ptrdiff_t at = (ptrdiff_t)within(column, cells.columns) * 4;
  const four upper = *(const four *)(cells.upper + at);
  return upper + (*(const four *)(cells.lower + at) - upper) * cells.share;
}

// The cells' values for eight floats, half a cell: the first pair of each, and the second.
typedef struct spread { eight first, second; } spread;
INLINE spread spread_to(cells cells, int32_t start) {
  const int32_t before = start / 8 % 2 ? start / CS_CELL : start / CS_CELL - 1;
  const four one = cell(cells, before), two = cell(cells, before + 1);
  // In chroma both floats of a pixel lie in one place.
  const eight own = cells.is_luma ? (eight){0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f} : (eight){1, 1, 3, 3, 5, 5, 7, 7};
  const eight share = own * (1.f / CS_CELL) + (start / 8 % 2 ? 0.f : 0.5f);
  const eight a = __builtin_shufflevector(one, one, 0, 1, 0, 1, 0, 1, 0, 1), b = __builtin_shufflevector(two, two, 0, 1, 0, 1, 0, 1, 0, 1);
  const eight c = __builtin_shufflevector(one, one, 2, 3, 2, 3, 2, 3, 2, 3), d = __builtin_shufflevector(two, two, 2, 3, 2, 3, 2, 3, 2, 3);
  return (spread){a + (b - a) * share, c + (d - c) * share};
}

// What a row of cells has: the changes of areas, and the levels of what something has left.
typedef struct row_cells { cells areas, levels; } row_cells;
INLINE row_cells rows_at(const cs_plane *plane, const float *areas, int32_t y) {
  return (row_cells){cells_at(plane, areas, y), cells_at(plane, plane->levels ? plane->levels : areas, y)};
}

// What eight floats become: strokes that were led and what stood still, but for the share of their areas' levels that is the painting's own. What something
// has left has the level of what stands still around it.
INLINE eight shown(const cs_plane *plane, const block *block, int32_t at, row_cells row) {
  const spread areas = spread_to(row.areas, block->start + at);
  const eight painting = AT(block->painting, at), led = AT(block->led_shares, at), still = AT(block->still_shares, at);
  const eight becomes = painting + (AT(block->led, at) - painting - areas.first * plane->own_led) * led +
                        (AT(block->still, at) - painting - areas.second * plane->own_still) * still;
  return block->left ? becomes + spread_to(row.levels, block->start + at).first * AT(block->left_shares, at) : becomes;
}

// Adds up even floats, and odd ones.
INLINE void add_pairs(eight values, float *sums) {
  const four sum = __builtin_shufflevector(values, values, 0, 1, 2, 3) + __builtin_shufflevector(values, values, 4, 5, 6, 7);
  sums[0] += sum[0] + sum[2];
  sums[1] += sum[1] + sum[3];
}

INLINE float total(eight values) {
  float sums[2] = {0, 0};
  add_pairs(values, sums);
  return sums[0] + sums[1];
}

// Adds up what is led and what stands still, each with its shares: by how much they change the painting. Or, for levels, the painting where something has left it and what
// stands still, as they are.
INLINE void sum_two(const cs_plane *plane, int levels, float *sums) {
  const int32_t columns = plane->stride / CS_CELL;
  for (int32_t y = 0; y < plane->rows; y += LOOKED_AT) {
    for (int32_t start = 0; start < plane->stride; start += BLOCK) {
      block block;
      if (!begin(&block, plane, y, start, 0)) continue;
      float *to = sums + ((ptrdiff_t)(y / plane->cell_rows) * columns + start / CS_CELL) * 8;
      for (int32_t at = 0; at < block.count; at += CS_CELL, to += 8) {
        eight first = {0}, still = {0}, first_shares = {0}, still_shares = {0};
        for (int32_t half = at; half < at + CS_CELL; half += 8) {
          const eight painting = AT(block.painting, half), none = {0};
          const eight one = !levels ? AT(block.led_shares, half) : block.left ? AT(block.left_shares, half) : none;
          const eight two = AT(block.still_shares, half);
          first += (levels ? painting : AT(block.led, half) - painting) * one;
          still += (levels ? AT(block.still, half) : AT(block.still, half) - painting) * two;
          first_shares += one;
          still_shares += two;
        }
        add_pairs(first, to);
        to[2] += total(first_shares);
        add_pairs(still, to + 3);
        to[5] += total(still_shares);
      }
    }
  }
}

INLINE void sum_changes(const cs_plane *plane, float *sums) { sum_two(plane, 0, sums); }

INLINE void sum_levels(const cs_plane *plane, float *sums) { sum_two(plane, 1, sums); }

INLINE void sum_contrasts(const cs_plane *plane, const float *areas, float *sums) {
  const int32_t columns = plane->stride / CS_CELL;
  for (int32_t y = 0; y < plane->rows; y += LOOKED_AT) {
    const row_cells row = rows_at(plane, areas, y);
    for (int32_t start = 0; start < plane->stride; start += BLOCK) {
      block block;
      begin(&block, plane, y, start, 0);
      float *to = sums + ((ptrdiff_t)(y / plane->cell_rows) * columns + start / CS_CELL) * 8;
      for (int32_t at = 0; at < block.count; at += CS_CELL, to += 8) {
        eight was = {0}, was_square = {0}, now = {0}, now_square = {0};
        for (int32_t half = at; half < at + CS_CELL; half += 8) {
          const eight painting = AT(block.painting, half), becomes = shown(plane, &block, half, row);
          was += painting;
          was_square += painting * painting;
          now += becomes;
          now_square += becomes * becomes;
        }
        add_pairs(was, to);
        to[2] += total(was_square);
        to[3] += (float)least_of(CS_CELL, plane->floats - start - at);
        add_pairs(now, to + 4);
        to[6] += total(now_square);
      }
    }
  }
}

// The squares of second differences between six neighbours among eight floats.
INLINE eight fineness(eight floats) {
  const eight next = __builtin_shufflevector(floats, floats, 1, 2, 3, 4, 5, 6, 7, 7), third = __builtin_shufflevector(floats, floats, 2, 3, 4, 5, 6, 7, 7, 7);
  const eight bend = (floats - next - next + third) * (eight){1, 1, 1, 1, 1, 1, 0, 0};
  return bend * bend;
}

INLINE void hand_over(const cs_plane *plane, const float *areas, const float *contrasts, float least, float most, float *to, cs_finest *finest) {
  const eight lowest = {least, least, least, least, least, least, least, least}, highest = {most, most, most, most, most, most, most, most};
  for (int32_t y = 0; y < plane->rows; y++) {
    const row_cells colours = rows_at(plane, areas, y);
    const cells strokes = cells_at(plane, contrasts, y);
    const int looked_at = plane->cell_rows == CS_CELL && y % LOOKED_AT == 0;
    for (int32_t start = 0; start < plane->stride; start += BLOCK) {
      block block;
      float *row = to + (ptrdiff_t)y * plane->stride + start;
      eight painted = {0}, becoming = {0};
      if (!begin(&block, plane, y, start, 1)) {
        if (row != block.painting) memcpy(row, block.painting, (size_t)block.count * sizeof(float));
        continue;
      }
      for (int32_t at = 0; at < block.count; at += 8) {
        const eight becomes = shown(plane, &block, at, colours);
        const spread contrast = spread_to(strokes, start + at);
        const eight led = AT(block.led_shares, at);
        const eight stronger = becomes + (becomes - contrast.first) * ((contrast.second - 1) * led);
        if (looked_at) {
          // Before it is written over.
          painted += fineness(AT(block.painting, at)) * led;
          becoming += fineness(stronger) * led;
        }
        *(eight *)(row + at) = __builtin_elementwise_min(__builtin_elementwise_max(stronger, lowest), highest);
      }
      finest->painted += total(painted);
      finest->shown += total(becoming);
    }
  }
}

COMPILED_TWICE(cs_sum_changes, sum_changes, (const cs_plane *plane, float *sums), plane, sums)

COMPILED_TWICE(cs_sum_levels, sum_levels, (const cs_plane *plane, float *sums), plane, sums)

COMPILED_TWICE(cs_sum_contrasts, sum_contrasts, (const cs_plane *plane, const float *areas, float *sums), plane, areas, sums)

COMPILED_TWICE(cs_hand_over, hand_over,
               (const cs_plane *plane, const float *areas, const float *contrasts, float least, float most, float *shown, cs_finest *finest), plane,
               areas, contrasts, least, most, shown, finest)
