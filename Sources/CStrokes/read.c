#include "lanes.h"

INLINE int32_t within(int32_t value, int32_t count) { return value < 0 ? 0 : value >= count ? count - 1 : value; }

INLINE float inside(float value, int32_t count) {
  const float last = (float)(count - 1);
  return value > 0 ? (value < last ? value : last) : 0;  // 0 where it is not a number
}

INLINE void read_row(const float *pixels, int32_t width, int32_t height, const float *places, int32_t count, const float *weights, int32_t phases,
                     float *out) {
  const ptrdiff_t row = (ptrdiff_t)width * 4;
  for (int32_t index = 0; index < count; index++) {
    const float *place = places + (ptrdiff_t)index * 4;
    pixel *result = (pixel *)(out + (ptrdiff_t)index * 4);
    if (!(place[2] > 0)) {
      *result = (pixel){0, 0, 0, 0};
      continue;
    }
    const float x = inside(place[0], width), y = inside(place[1], height);
    const int32_t column = (int32_t)x, line = (int32_t)y;
    const float *across = weights + (ptrdiff_t)(int32_t)((x - (float)column) * (float)phases + 0.5f) * CS_TAPS;
    const float *down = weights + (ptrdiff_t)(int32_t)((y - (float)line) * (float)phases + 0.5f) * CS_TAPS;
    const int32_t left = column - (CS_TAPS / 2 - 1), top = line - (CS_TAPS / 2 - 1);
    if (left >= 0 && top >= 0 && left + CS_TAPS <= width && top + CS_TAPS <= height) {
      // Columns first, two at a time: their sums do not wait for one another.
      pair columns[CS_TAPS / 2] = {{0}}, sum = {0};
      const float *from = pixels + top * row + (ptrdiff_t)left * 4;
      for (int tap = 0; tap < CS_TAPS; tap++, from += row) {
        for (int two = 0; two < CS_TAPS / 2; two++) columns[two] += ((const pair *)from)[two] * down[tap];
      }
      for (int two = 0; two < CS_TAPS / 2; two++) {
        const float a = across[2 * two], b = across[2 * two + 1];
        sum += columns[two] * (pair){a, a, a, a, b, b, b, b};
      }
      *result = (pixel){sum[0], sum[1], sum[2], sum[3]} + (pixel){sum[4], sum[5], sum[6], sum[7]};
    } else {
      pixel sum = {0, 0, 0, 0};
      for (int tap = 0; tap < CS_TAPS; tap++) {
        const float *from = pixels + within(top + tap, height) * row;
        pixel mean = {0, 0, 0, 0};
        for (int step = 0; step < CS_TAPS; step++) {
          mean += *(const pixel *)(from + (ptrdiff_t)within(left + step, width) * 4) * across[step];
        }
        sum += mean * down[tap];
      }
      *result = sum;
    }
  }
}

COMPILED_TWICE(cs_read_row, read_row,
               (const float *pixels, int32_t width, int32_t height, const float *places, int32_t count, const float *weights, int32_t phases,
                float *out),
               pixels, width, height, places, count, weights, phases, out)
