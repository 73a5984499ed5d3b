#include <string.h>

#include "lanes.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef float floats16 __attribute__((vector_size(64)));
typedef uint32_t words16 __attribute__((vector_size(64)));

INLINE void levels(const uint8_t *from, int32_t count, float *pixels) {
  int32_t at = 0;
  // Four pixels are twelve bytes, and sixteen are read.
  for (; at + 6 <= count; at += 4) {
    const bytes16 none = {0};
    bytes16 read;
    memcpy(&read, from + (ptrdiff_t)at * 3, sizeof read);
    const bytes16 apart = __builtin_shufflevector(read, none, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11, 16);
    const floats16 values = __builtin_convertvector(apart, floats16);
    memcpy(pixels + (ptrdiff_t)at * 4, &values, sizeof values);
  }
  for (; at < count; at++) {
    for (int channel = 0; channel < 3; channel++) pixels[at * (ptrdiff_t)4 + channel] = from[at * (ptrdiff_t)3 + channel];
    pixels[at * (ptrdiff_t)4 + 3] = 0;
  }
}

// Adding 2^23 rounds, and leaves the integer in the lowest bits.
INLINE void samples(const float *pixels, int32_t count, uint8_t *to) {
  int32_t at = 0;
  for (; at + 6 <= count; at += 4) {
    floats16 values;
    memcpy(&values, pixels + (ptrdiff_t)at * 4, sizeof values);
    const bytes16 apart = __builtin_convertvector((words16)(values + 0x1p23f), bytes16);
    const bytes16 together = __builtin_shufflevector(apart, apart, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 12, 13, 14, 14);
    // The last four are written over.
    memcpy(to + (ptrdiff_t)at * 3, &together, sizeof together);
  }
  for (; at < count; at++) {
    for (int channel = 0; channel < 3; channel++) {
      const float rounded = pixels[at * (ptrdiff_t)4 + channel] + 0x1p23f;
      uint32_t bits;
      memcpy(&bits, &rounded, sizeof bits);
      to[at * (ptrdiff_t)3 + channel] = (uint8_t)bits;
    }
  }
}

// Where a pixel at half the size has come from, and how far it is led, between two rows.
INLINE pixel way(cs_ways ways, int32_t column) {
  const float *one = ways.upper + (ptrdiff_t)column * 2, *two = ways.lower + (ptrdiff_t)column * 2;
  const pixel above = {2 * one[0], 2 * one[1], ways.led_upper[column], 0}, below = {2 * two[0], 2 * two[1], ways.led_lower[column], 0};
  return above + (below - above) * ways.share;
}

INLINE void places(cs_ways ways, int32_t columns, int32_t y, float *to) {
  pixel here = way(ways, 0), left = here, own = {0, (float)y, 0, 0};
  for (int32_t column = 0; column < columns; column++, own[0] += 2) {
    const pixel right = way(ways, column + 1 < columns ? column + 1 : column);
    float *two = to + (ptrdiff_t)column * 8;
    *(pixel *)two = own + (left + here * 3) * 0.25f;
    *(pixel *)(two + 4) = own + (pixel){1, 0, 0, 0} + (here * 3 + right) * 0.25f;
    left = here;
    here = right;
  }
}

COMPILED_TWICE(cs_levels, levels, (const uint8_t *from, int32_t count, float *pixels), from, count, pixels)

COMPILED_TWICE(cs_samples, samples, (const float *pixels, int32_t count, uint8_t *to), pixels, count, to)

COMPILED_TWICE(cs_places, places, (cs_ways ways, int32_t columns, int32_t y, float *to), ways, columns, y, to)
