#include "CStrokes.h"

#include <stddef.h>

// Two pixels; read from wherever they are.
typedef float pair __attribute__((vector_size(32), aligned(4)));
// One.
typedef float pixel __attribute__((vector_size(16), aligned(4)));

static inline int32_t within(int32_t value, int32_t count) { return value < 0 ? 0 : value >= count ? count - 1 : value; }

static inline float inside(float value, int32_t count) {
  const float last = (float)(count - 1);
  return value > 0 ? (value < last ? value : last) : 0;  // 0 where it is not a number
}

// Written once, and compiled for processors with and without AVX2.
__attribute__((always_inline)) static inline void read_row(const float *pixels, int32_t width, int32_t height, const float *places,
                                                           int32_t count, const float *weights, int32_t phases, float *out) {
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
      pair w[CS_TAPS / 2], sum = {0, 0, 0, 0, 0, 0, 0, 0};
      for (int tap = 0; tap < CS_TAPS / 2; tap++) {
        const float a = across[2 * tap], b = across[2 * tap + 1];
        w[tap] = (pair){a, a, a, a, b, b, b, b};
      }
      const float *from = pixels + top * row + (ptrdiff_t)left * 4;
      for (int tap = 0; tap < CS_TAPS; tap++, from += row) {
        const pair *p = (const pair *)from;
        const pair mean = (p[0] * w[0] + p[1] * w[1]) + (p[2] * w[2] + p[3] * w[3]);
        sum += mean * down[tap];
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

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void read_row_avx2(const float *pixels, int32_t width, int32_t height, const float *places,
                                                              int32_t count, const float *weights, int32_t phases, float *out) {
  read_row(pixels, width, height, places, count, weights, phases, out);
}
#endif

void cs_read_row(const float *pixels, int32_t width, int32_t height, const float *places, int32_t count, const float *weights,
                 int32_t phases, float *out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    read_row_avx2(pixels, width, height, places, count, weights, phases, out);
    return;
  }
#endif
  read_row(pixels, width, height, places, count, weights, phases, out);
}
