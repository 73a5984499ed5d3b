#include "lanes.h"

// Pixels of a row that are treated together.
#define BLOCK 128

typedef int32_t four_integers __attribute__((vector_size(16)));

// A plane: how many pixels it has, how many floats each and each row, and how many pixels it is read from each way.
typedef struct plane {
  const float *floats;
  int32_t width, height, channels, taps;
  ptrdiff_t stride;
} plane;

// Where to read, and how far what is there is led.
typedef struct places { float x[BLOCK], y[BLOCK], led[BLOCK]; } places;

// The weights for places between pixels.
typedef struct kernel {
  const float *weights;
  int32_t phases;
} kernel;

// The first of the pixels that a place is read from, and their weights in either direction.
typedef struct taps {
  int32_t left, top;
  const float *across, *down;
} taps;

// What is read, as sums that are yet to be added: of all four for one channel, of even and of odd ones for two.
INLINE four read(plane from, taps at) {
  const float *row = from.floats + at.top * from.stride + (ptrdiff_t)at.left * from.channels;
  const eight shares = *(const eight *)at.across;
  // Two sums, which do not wait for one another.
  eight first = {0}, second = {0}, sum;
  four rest = {0};
  if (from.channels == 1) {
    four third = {0}, fourth = {0};
    for (int tap = 0; tap < CS_LUMA_TAPS; tap += 2, row += 2 * from.stride) {
      const float *next = row + from.stride;
      first += *(const eight *)row * at.down[tap];
      third += *(const four *)(row + 8) * at.down[tap];
      second += *(const eight *)next * at.down[tap + 1];
      fourth += *(const four *)(next + 8) * at.down[tap + 1];
    }
    sum = (first + second) * shares;
    rest = (third + fourth) * *(const four *)(at.across + 8);
  } else {
    for (int tap = 0; tap < CS_CHROMA_TAPS; tap++, row += from.stride) {
      first += *(const eight *)row * at.down[tap];
      second += *(const eight *)(row + 8) * at.down[tap];
    }
    sum = first * __builtin_shufflevector(shares, shares, 0, 0, 1, 1, 2, 2, 3, 3) +
          second * __builtin_shufflevector(shares, shares, 4, 4, 5, 5, 6, 6, 7, 7);
  }
  return __builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7) + rest;
}

// Reads four places; what is not led is nothing.
INLINE void read_four(plane from, const places *places, int32_t at, kernel kernel, four sums[4]) {
  const four led = *(const four *)(places->led + at), none = {0, 0, 0, 0};
  const four right = none + (float)(from.width - 1), bottom = none + (float)(from.height - 1);
  // A place that is no number is 0.
  const four x = __builtin_elementwise_min(__builtin_elementwise_max(*(const four *)(places->x + at), none), right);
  const four y = __builtin_elementwise_min(__builtin_elementwise_max(*(const four *)(places->y + at), none), bottom);
  const four_integers column = __builtin_convertvector(x, four_integers), line = __builtin_convertvector(y, four_integers);
  const four_integers across = __builtin_convertvector((x - __builtin_convertvector(column, four)) * (float)kernel.phases + 0.5f, four_integers);
  const four_integers down = __builtin_convertvector((y - __builtin_convertvector(line, four)) * (float)kernel.phases + 0.5f, four_integers);
  const four_integers left = column - (from.taps / 2 - 1), top = line - (from.taps / 2 - 1);
#pragma clang loop unroll(full)
  for (int32_t pixel = 0; pixel < 4; pixel++) {
    const taps taps = {left[pixel], top[pixel], kernel.weights + across[pixel] * from.taps, kernel.weights + down[pixel] * from.taps};
    sums[pixel] = led[pixel] > 0 ? read(from, taps) : none;
  }
}

INLINE four added(four a, four b) { return __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7); }

// A row's way at half the size, between the flow's rows; `upper` and `lower` are where these begin. A flow at half the size has half the length.
typedef struct way { float x[BLOCK / 2 + 2], y[BLOCK / 2 + 2], led[BLOCK / 2 + 2]; } way;

INLINE void set_way(way *to, int32_t at, cs_ways ways, ptrdiff_t upper, ptrdiff_t lower) {
  to->x[at] = 1.5f * ways.flow[2 * upper] + 0.5f * ways.flow[2 * lower];
  to->y[at] = 1.5f * ways.flow[2 * upper + 1] + 0.5f * ways.flow[2 * lower + 1];
  to->led[at] = 0.75f * ways.led[upper] + 0.25f * ways.led[lower];
}

// Where a block of a row of the whole size was: linear between the flow's rows and columns.
INLINE void place_luma(cs_ways ways, int32_t y, int32_t start, int32_t count, places *to) {
  const int32_t near = least_of(y / 2, ways.rows - 1), far = within(near + (y % 2 ? 1 : -1), ways.rows);
  const int32_t half = (count + 1) / 2, first = start / 2 - 1;
  way way;
  const ptrdiff_t upper = (ptrdiff_t)near * ways.columns + first, lower = (ptrdiff_t)far * ways.columns + first;
  const int32_t inside = least_of(half + 2, ways.columns - first);
  for (int32_t at = first < 0 ? 1 : 0; at < inside; at++) set_way(&way, at, ways, upper + at, lower + at);
  if (first < 0) set_way(&way, 0, ways, upper + 1, lower + 1);
  for (int32_t at = inside; at < half + 2; at++) set_way(&way, at, ways, upper + inside - 1, lower + inside - 1);
  for (int32_t at = 0; at < half; at++) {
    const float here = (float)(start + 2 * at);
    to->x[2 * at] = here + 0.25f * way.x[at] + 0.75f * way.x[at + 1];
    to->x[2 * at + 1] = here + 1 + 0.75f * way.x[at + 1] + 0.25f * way.x[at + 2];
    to->y[2 * at] = (float)y + 0.25f * way.y[at] + 0.75f * way.y[at + 1];
    to->y[2 * at + 1] = (float)y + 0.75f * way.y[at + 1] + 0.25f * way.y[at + 2];
    to->led[2 * at] = 0.25f * way.led[at] + 0.75f * way.led[at + 1];
    to->led[2 * at + 1] = 0.75f * way.led[at + 1] + 0.25f * way.led[at + 2];
  }
  for (int32_t at = count; at < (count + 3) / 4 * 4; at++) to->led[at] = to->x[at] = to->y[at] = 0;
}

INLINE void place_chroma(cs_ways ways, int32_t y, int32_t start, int32_t count, places *to) {
  const float *flow = ways.flow + 2 * ((ptrdiff_t)y * ways.columns + start), *led = ways.led + (ptrdiff_t)y * ways.columns + start;
  for (int32_t at = 0; at < count; at++) {
    to->x[at] = (float)(start + at) + flow[2 * at];
    to->y[at] = (float)y + flow[2 * at + 1];
    to->led[at] = led[at];
  }
  for (int32_t at = count; at < (count + 3) / 4 * 4; at++) to->led[at] = to->x[at] = to->y[at] = 0;
}

// Puts a border around a plane, which is as at the edge: places are read with pixels around them.
INLINE plane bordered(plane from, float *memory) {
  const ptrdiff_t stride = from.stride + 2 * CS_BORDER, floats = (ptrdiff_t)from.width * from.channels;
  float *to = memory;
  for (int32_t y = -CS_BORDER_ROWS; y < from.height + CS_BORDER_ROWS; y++, to += stride) {
    const float *row = from.floats + within(y, from.height) * from.stride;
    for (int32_t at = 0; at < CS_BORDER; at++) to[at] = row[at % from.channels];
    memcpy(to + CS_BORDER, row, (size_t)floats * sizeof(float));
    for (ptrdiff_t at = floats; at < stride - CS_BORDER; at++) to[CS_BORDER + at] = row[floats - from.channels + at % from.channels];
  }
  return (plane){memory + CS_BORDER_ROWS * stride + CS_BORDER, from.width, from.height, from.channels, from.taps, stride};
}

INLINE void move(plane whole, cs_ways ways, kernel kernel, float *memory, float *to) {
  const plane from = bordered(whole, memory);
  for (int32_t y = 0; y < from.height; y++, to += whole.stride) {
    for (int32_t start = 0; start < from.width; start += BLOCK) {
      const int32_t count = least_of(BLOCK, from.width - start);
      places places;
      if (from.channels == 1) place_luma(ways, y, start, count, &places);
      else place_chroma(ways, y, start, count, &places);
      // Beyond the row's end nothing is led: its padding stays 0.
      for (int32_t at = 0; at < count; at += 4) {
        four sums[4];
        read_four(from, &places, at, kernel, sums);
        float *pixels = to + (start + at) * from.channels;
        const four one = added(sums[0], sums[1]), two = added(sums[2], sums[3]);
        if (from.channels == 1) {
          *(four *)pixels = __builtin_shufflevector(one, two, 0, 1, 4, 5) + __builtin_shufflevector(one, two, 2, 3, 6, 7);
          continue;
        }
        for (int32_t pixel = 0; pixel < 4; pixel++) {
          pixels[2 * pixel] = sums[pixel][0] + sums[pixel][2];
          pixels[2 * pixel + 1] = sums[pixel][1] + sums[pixel][3];
        }
      }
    }
  }
}

INLINE void move_luma(const float *from, cs_form form, cs_ways ways, const float *weights, int32_t phases, float *memory, float *to) {
  move((plane){from, form.width, form.height, 1, CS_LUMA_TAPS, form.luma_stride}, ways, (kernel){weights, phases}, memory, to);
}

INLINE void move_chroma(const float *from, cs_form form, cs_ways ways, const float *weights, int32_t phases, float *memory, float *to) {
  move((plane){from, (form.width + 1) / 2, (form.height + 1) / 2, 2, CS_CHROMA_TAPS, form.chroma_stride}, ways, (kernel){weights, phases}, memory, to);
}

COMPILED_TWICE(cs_move_luma, move_luma,
               (const float *from, cs_form form, cs_ways ways, const float *weights, int32_t phases, float *memory, float *to), from, form, ways,
               weights, phases, memory, to)

COMPILED_TWICE(cs_move_chroma, move_chroma,
               (const float *from, cs_form form, cs_ways ways, const float *weights, int32_t phases, float *memory, float *to), from, form, ways,
               weights, phases, memory, to)
