// Puts pictures of noise through all of CStrokes and writes what comes out to standard output, as 32-bit floats: strokes_everywhere WIDTH HEIGHT.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "CStrokes.h"

enum { PHASES = 16 };

static uint64_t state = 1;

// Even noise, 0…1.
static float noise(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(state >> 40) / (float)(1 << 24);
}

// Each of exactly its size, for what is read or written beside it to be noticed.
static float *floats(int32_t count, float least, float most) {
  float *values = malloc((size_t)count * sizeof(float));
  for (int32_t at = 0; at < count; at++) values[at] = least + (most - least) * noise();
  return values;
}

static float *zeros(int32_t count) { return calloc((size_t)count, sizeof(float)); }

static void put(const float *values, int32_t count) { fwrite(values, sizeof(float), (size_t)count, stdout); }

static void put_samples(const void *samples, int32_t bytes, int32_t count) {
  for (int32_t at = 0; at < count; at++) {
    const float value = bytes == 1 ? (float)((const uint8_t *)samples)[at] : (float)((const uint16_t *)samples)[at] / 257;
    put(&value, 1);
  }
}

static int32_t padded(int32_t count) { return (count + CS_CELL - 1) / CS_CELL * CS_CELL; }

// How far pixels are led or stand still: none in a part, wholly in another, anything in the rest.
static float *shares(int32_t count) {
  float *values = floats(count, -0.5f, 1.5f);
  for (int32_t at = 0; at < count; at++) values[at] = fminf(fmaxf(values[at], 0), 1);
  return values;
}

static void hand_over(const float *painting, const float *led, const float *still, int32_t rows, int32_t row_floats, int32_t cell_rows,
                      const float *led_shares, const float *still_shares, const float *left_shares, int32_t columns, int32_t share_rows) {
  const int32_t stride = padded(row_floats), cells = stride / CS_CELL * ((rows + cell_rows - 1) / cell_rows);
  float *levels = floats(4 * cells, -9, 9), *areas = floats(4 * cells, -9, 9), *contrasts = floats(4 * cells, 0.6f, 1.6f);
  for (int32_t left = 0; left < 2; left++) {
    const cs_plane plane = {
      .painting = painting, .led = led, .still = still, .rows = rows, .floats = row_floats, .stride = stride, .cell_rows = cell_rows,
      .led_shares = led_shares, .still_shares = still_shares, .left_shares = left ? left_shares : NULL, .levels = left ? levels : NULL,
      .share_columns = columns, .share_rows = share_rows, .own_led = 1, .own_still = 0.06f};
    void (*const sum_two[2])(const cs_plane *, float *) = {cs_sum_changes, cs_sum_levels};
    for (int32_t which = 0; which <= left; which++) {
      float *sums = zeros(8 * cells);
      sum_two[which](&plane, sums);
      put(sums, 8 * cells);
      free(sums);
    }
    float *sums = zeros(8 * cells), *shown = zeros(stride * rows);
    cs_sum_contrasts(&plane, areas, sums);
    cs_finest finest = {0, 0};
    cs_hand_over(&plane, areas, contrasts, cell_rows == CS_CELL ? 0 : -255, 255, shown, &finest);
    put(sums, 8 * cells), put(&finest.painted, 1), put(&finest.shown, 1);
    for (int32_t y = 0; y < rows; y++) put(shown + y * stride, row_floats);
    free(sums), free(shown);
  }
  free(levels), free(areas), free(contrasts);
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  const int32_t width = atoi(arguments[1]), height = atoi(arguments[2]), columns = (width + 1) / 2, rows = (height + 1) / 2;
  const cs_form form = {width, height, padded(width), padded(2 * columns), 0.299f, 0.114f};
  const int32_t luma_count = form.luma_stride * height, chroma_count = form.chroma_stride * rows;

  float *planes[3][2];
  for (int32_t bytes = 1; bytes <= 2; bytes++) {
    const int32_t samples = width * height * 3;
    uint8_t *picture = malloc((size_t)samples * (size_t)bytes), *again = malloc((size_t)samples * (size_t)bytes);
    float *luma = zeros(luma_count), *chroma = zeros(chroma_count);
    for (int32_t at = 0; at < samples * bytes; at++) picture[at] = (uint8_t)(256 * noise());
    cs_split(picture, bytes, form, luma, chroma);
    cs_join(luma, chroma, form, bytes, again);
    put(luma, luma_count), put(chroma, chroma_count), put_samples(again, bytes, samples);
    for (int32_t full = 0; width % 2 == 0 && height % 2 == 0 && full < 2; full++) {
      uint8_t *coded = malloc((size_t)samples / 2);
      cs_code(luma, chroma, form, full, coded);
      put_samples(coded, 1, samples / 2);
      free(coded);
    }
    free(picture), free(again);
    planes[bytes - 1][0] = luma, planes[bytes - 1][1] = chroma;
  }

  // Flow that leads out of the picture in places, and is no number in one.
  float *flow = floats(2 * columns * rows, -9, 9), *led = shares(columns * rows), *weights = floats((PHASES + 1) * CS_LUMA_TAPS, -0.2f, 0.4f);
  // In eighths of a pixel, of which places between pixels are made without rounding: the weights that are taken are the same everywhere.
  for (int32_t at = 0; at < 2 * columns * rows; at++) flow[at] = roundf(8 * flow[at]) / 8;
  flow[columns * rows - 1] = NAN;
  const cs_ways ways = {flow, led, columns, rows};
  planes[2][0] = zeros(luma_count), planes[2][1] = zeros(chroma_count);
  // Each in memory of its own, of just the size that is asked for.
  float *luma_memory = malloc((size_t)(height + 2 * CS_BORDER_ROWS) * (size_t)(form.luma_stride + 2 * CS_BORDER) * sizeof(float));
  float *chroma_memory = malloc((size_t)(rows + 2 * CS_BORDER_ROWS) * (size_t)(form.chroma_stride + 2 * CS_BORDER) * sizeof(float));
  cs_move_luma(planes[0][0], form, ways, weights, PHASES, luma_memory, planes[2][0]);
  cs_move_chroma(planes[0][1], form, ways, weights, PHASES, chroma_memory, planes[2][1]);
  free(luma_memory), free(chroma_memory);
  put(planes[2][0], luma_count), put(planes[2][1], chroma_count);

  float *still = shares(columns * rows), *left = shares(columns * rows);
  for (int32_t at = 0; at < columns * rows; at++) still[at] *= 1 - led[at], left[at] *= (1 - led[at]) * (1 - still[at]);
  hand_over(planes[1][0], planes[2][0], planes[0][0], height, width, CS_CELL, led, still, left, columns, rows);
  hand_over(planes[1][1], planes[2][1], planes[0][1], rows, 2 * columns, CS_CELL / 2, led, still, left, columns, rows);

  for (int32_t plane = 0; plane < 3; plane++) free(planes[plane][0]), free(planes[plane][1]);
  free(flow), free(led), free(weights), free(still), free(left);
  return 0;
}
