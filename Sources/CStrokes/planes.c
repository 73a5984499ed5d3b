#include "lanes.h"

// Pixels that are treated together.
#define BLOCK 128

// Luma of a row's pixels, and how far blue and red are from it.
INLINE void split_row(const void *samples, int32_t bytes, cs_form form, int32_t count, float *luma, float *blue, float *red) {
  const float of_red = form.red, of_blue = form.blue, of_green = 1 - form.red - form.blue;
  if (bytes == 1) {
    const uint8_t *from = samples;
    for (int32_t x = 0; x < count; x++) {
      const float r = from[3 * x], g = from[3 * x + 1], b = from[3 * x + 2];
      luma[x] = of_red * r + of_green * g + of_blue * b;
      blue[x] = b - luma[x];
      red[x] = r - luma[x];
    }
  } else {
    const uint16_t *from = samples;
    for (int32_t x = 0; x < count; x++) {
      const float r = from[3 * x] / 257.f, g = from[3 * x + 1] / 257.f, b = from[3 * x + 2] / 257.f;
      luma[x] = of_red * r + of_green * g + of_blue * b;
      blue[x] = b - luma[x];
      red[x] = r - luma[x];
    }
  }
}

// What lies half-way between the second and the third of four: a cubic through them, which is sharper than a mean.
INLINE float between(float a, float b, float c, float d) { return (9.f / 16) * (b + c) - (1.f / 16) * (a + d); }

// Block by block, each from top to bottom: the last four rows' differences, at half the width, make a row of chroma.
INLINE void split(const void *samples, int32_t bytes, cs_form form, float *luma, float *chroma) {
  const uint8_t *from = samples;
  for (int32_t start = 0; start < form.width; start += BLOCK) {
    const int32_t count = least_of(BLOCK, form.width - start), half = (count + 1) / 2;
    // With a pixel more before the block, and two after it.
    const int32_t first = start > 0 ? start - 1 : 0, last = least_of(start + count + 1, form.width - 1);
    float rows[4][BLOCK];
    for (int32_t y = -1; y <= form.height + form.height % 2; y++) {
      // What would lie outside is as at the edge.
      const int32_t line = within(y, form.height);
      float light[BLOCK + 4], blue[BLOCK + 4], red[BLOCK + 4];
      const int32_t shift = first - start + 1;
      split_row(from + ((ptrdiff_t)line * form.width + first) * 3 * bytes, bytes, form, last - first + 1, light + shift, blue + shift, red + shift);
      if (shift > 0) blue[0] = blue[1], red[0] = red[1];
      for (int32_t at = last - start + 2; at < 2 * half + 2; at++) blue[at] = blue[at - 1], red[at] = red[at - 1];
      if (y == line) memcpy(luma + (ptrdiff_t)y * form.luma_stride + start, light + 1, (size_t)count * sizeof(float));
      float *row = rows[(y + 4) % 4];
      for (int32_t x = 0; x < half; x++) {
        row[2 * x] = between(blue[2 * x], blue[2 * x + 1], blue[2 * x + 2], blue[2 * x + 3]);
        row[2 * x + 1] = between(red[2 * x], red[2 * x + 1], red[2 * x + 2], red[2 * x + 3]);
      }
      if (y < 2 || y % 2 != 0) continue;
      const float *a = rows[(y + 1) % 4], *b = rows[(y + 2) % 4], *c = rows[(y + 3) % 4];
      float *to = chroma + (ptrdiff_t)(y / 2 - 1) * form.chroma_stride + start;
      for (int32_t at = 0; at < 2 * half; at++) to[at] = between(a[at], b[at], c[at], row[at]);
    }
  }
}

INLINE float bounded(float value) { return value < 0 ? 0 : value > 255 ? 255 : value; }

// Colours of a row's pixels, rounded.
INLINE void join_row(const float *luma, const float *blue, const float *red, cs_form form, int32_t count, int32_t bytes, void *samples) {
  const float green = 1 - form.red - form.blue, of_red = form.red / green, of_blue = form.blue / green;
  uint8_t *small = samples;
  uint16_t *large = samples;
  for (int32_t x = 0; x < count; x++) {
    const float r = bounded(luma[x] + red[x]), b = bounded(luma[x] + blue[x]);
    const float g = bounded(luma[x] - of_red * red[x] - of_blue * blue[x]);
    if (bytes == 1) {
      small[3 * x] = (uint8_t)(int32_t)(r + 0.5f);
      small[3 * x + 1] = (uint8_t)(int32_t)(g + 0.5f);
      small[3 * x + 2] = (uint8_t)(int32_t)(b + 0.5f);
    } else {
      large[3 * x] = (uint16_t)(int32_t)(r * 257 + 0.5f);
      large[3 * x + 1] = (uint16_t)(int32_t)(g * 257 + 0.5f);
      large[3 * x + 2] = (uint16_t)(int32_t)(b * 257 + 0.5f);
    }
  }
}

// Linear between the differences' places, which lie between four pixels.
INLINE void join(const float *luma, const float *chroma, cs_form form, int32_t bytes, void *samples) {
  const int32_t columns = (form.width + 1) / 2, rows = (form.height + 1) / 2;
  for (int32_t y = 0; y < form.height; y++) {
    const float *near = chroma + (ptrdiff_t)(y / 2) * form.chroma_stride;
    const float *far = chroma + (ptrdiff_t)within(y / 2 + (y % 2 ? 1 : -1), rows) * form.chroma_stride;
    for (int32_t start = 0; start < form.width; start += BLOCK) {
      const int32_t count = least_of(BLOCK, form.width - start), half = (count + 1) / 2;
      // The differences of this block, and one on each side.
      float mean[BLOCK + 4], blue[BLOCK], red[BLOCK];
      for (int32_t at = 0; at < 2 * half; at++) mean[2 + at] = 0.75f * near[start + at] + 0.25f * far[start + at];
      const int32_t before = within(start / 2 - 1, columns), after = within(start / 2 + half, columns);
      for (int32_t side = 0; side < 2; side++) {
        mean[side] = 0.75f * near[2 * before + side] + 0.25f * far[2 * before + side];
        mean[2 + 2 * half + side] = 0.75f * near[2 * after + side] + 0.25f * far[2 * after + side];
      }
      for (int32_t at = 0; at < half; at++) {
        const float *here = mean + 2 + 2 * at;
        blue[2 * at] = 0.25f * here[-2] + 0.75f * here[0];
        blue[2 * at + 1] = 0.75f * here[0] + 0.25f * here[2];
        red[2 * at] = 0.25f * here[-1] + 0.75f * here[1];
        red[2 * at + 1] = 0.75f * here[1] + 0.25f * here[3];
      }
      uint8_t *to = (uint8_t *)samples + ((ptrdiff_t)y * form.width + start) * 3 * bytes;
      join_row(luma + (ptrdiff_t)y * form.luma_stride + start, blue, red, form, count, bytes, to);
    }
  }
}

INLINE uint8_t coded(float value) { return (uint8_t)(int32_t)(bounded(value) + 0.5f); }

INLINE void code(const float *luma, const float *chroma, cs_form form, int32_t full_range, uint8_t *bytes) {
  const float least = full_range ? 0 : 16, scale = full_range ? 1 : 219.f / 255;
  for (int32_t y = 0; y < form.height; y++, luma += form.luma_stride, bytes += form.width) {
    for (int32_t x = 0; x < form.width; x++) bytes[x] = coded(luma[x] * scale + least);
  }
  const float span = full_range ? 1 : 224.f / 255, of_blue = span / (2 - 2 * form.blue), of_red = span / (2 - 2 * form.red);
  const int32_t columns = form.width / 2, rows = form.height / 2;
  uint8_t *blue = bytes, *red = bytes + (ptrdiff_t)columns * rows;
  for (int32_t y = 0; y < rows; y++, chroma += form.chroma_stride, blue += columns, red += columns) {
    for (int32_t x = 0; x < columns; x++) {
      blue[x] = coded(chroma[2 * x] * of_blue + 128);
      red[x] = coded(chroma[2 * x + 1] * of_red + 128);
    }
  }
}

INLINE void split_depth(const void *samples, int32_t bytes, cs_form form, float *luma, float *chroma) {
  if (bytes == 1) split(samples, 1, form, luma, chroma);
  else split(samples, 2, form, luma, chroma);
}

INLINE void join_depth(const float *luma, const float *chroma, cs_form form, int32_t bytes, void *samples) {
  if (bytes == 1) join(luma, chroma, form, 1, samples);
  else join(luma, chroma, form, 2, samples);
}

COMPILED_TWICE(cs_split, split_depth, (const void *samples, int32_t bytes, cs_form form, float *luma, float *chroma), samples, bytes, form, luma,
               chroma)

COMPILED_TWICE(cs_join, join_depth, (const float *luma, const float *chroma, cs_form form, int32_t bytes, void *samples), luma, chroma, form, bytes,
               samples)

COMPILED_TWICE(cs_code, code, (const float *luma, const float *chroma, cs_form form, int32_t full_range, uint8_t *bytes), luma, chroma, form,
               full_range, bytes)
