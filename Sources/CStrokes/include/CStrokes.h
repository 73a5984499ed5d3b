// What the stabiliser does to every pixel, fast: reading a picture between its pixels, and handing strokes over. Pixels are four floats: red, green and blue in
// levels of 255, and one more.
#ifndef CSTROKES_H
#define CSTROKES_H

#include <stdint.h>

#if defined(__clang__)
#define CS_NONNULL _Nonnull
#else
#define CS_NONNULL
#endif

// Pixels of `count` times three samples; the fourth float is 0.
void cs_levels(const uint8_t *CS_NONNULL from, int32_t count, float *CS_NONNULL pixels);
// And back, rounded. Levels must lie in 0 ... 255.
void cs_samples(const float *CS_NONNULL pixels, int32_t count, uint8_t *CS_NONNULL to);

// Two rows of a flow at half the size (x, y: where each pixel was) and how far its pixels are led, and how far a row lies from the upper to the lower.
typedef struct cs_ways {
  const float *CS_NONNULL upper;
  const float *CS_NONNULL lower;
  const float *CS_NONNULL led_upper;
  const float *CS_NONNULL led_lower;
  float share;
} cs_ways;

// Where the pixels of row `y` were, for cs_read_row: twice as many as the flow has columns.
void cs_places(cs_ways ways, int32_t columns, int32_t y, float *CS_NONNULL to);

// Pixels that are weighted in each direction: from three before the place's own to four after it.
#define CS_TAPS 8

// Reads a row of `count` pixels, of four floats each.
//
// - pixels: `height` rows of `width` pixels, four floats each; outside they are as at the edge.
// - places: for each pixel four floats: column and row of where to read, and a number that must be above 0 for the pixel not to become 0.
// - weights: `phases` + 1 times CS_TAPS, for places that lie 0, 1/phases … 1 after a pixel.
void cs_read_row(const float *CS_NONNULL pixels, int32_t width, int32_t height, const float *CS_NONNULL places, int32_t count,
                 const float *CS_NONNULL weights, int32_t phases, float *CS_NONNULL out);

// A row of a painting, of the strokes that were led there, and of what was shown before.
typedef struct cs_rows {
  const float *CS_NONNULL painting;
  const float *CS_NONNULL led;
  const float *CS_NONNULL still;
} cs_rows;

// How much of an area's colour is the painting's own where strokes are led, and where nothing moves.
typedef struct cs_own {
  float led;
  float still;
} cs_own;

// Both add to `sums` what cells of `side` columns have, of which every second column is looked at. `shares` are two floats for every second column: how far
// it is led, and how far it stands still.
//
// Eight floats a cell: what is taken over of led strokes (three colours) and the share, and the same of what stands still.
void cs_sum_changes(cs_rows rows, const float *CS_NONNULL shares, int32_t width, int32_t side, float *CS_NONNULL sums);
// Sixteen floats a cell: the painting and 1, its squares, what is shown, its squares. `areas` are the mean changes along the row, eight floats a cell.
void cs_sum_contrasts(cs_rows rows, const float *CS_NONNULL shares, int32_t width, int32_t side, const float *CS_NONNULL areas, cs_own own,
                      float *CS_NONNULL sums);

// Hands a row over in place: `painting` is that of `rows`, `shares` are two floats for every column, and `contrasts` four floats a cell: the mean of what is
// shown, and by how much its strokes are strengthened.
void cs_hand_over(float *CS_NONNULL painting, cs_rows rows, const float *CS_NONNULL shares, int32_t width, int32_t side,
                  const float *CS_NONNULL areas, const float *CS_NONNULL contrasts, cs_own own);

#endif
