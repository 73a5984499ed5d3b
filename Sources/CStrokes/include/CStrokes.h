// Reads a picture between its pixels, fast: the eight by eight pixels around a place, weighted.
#ifndef CSTROKES_H
#define CSTROKES_H

#include <stdint.h>

#if defined(__clang__)
#define CS_NONNULL _Nonnull
#else
#define CS_NONNULL
#endif

// Pixels that are weighted in each direction: from three before the place's own to four after it.
#define CS_TAPS 8

// Reads a row of `count` pixels, of four floats each.
//
// - pixels: `height` rows of `width` pixels, four floats each; outside they are as at the edge.
// - places: for each pixel four floats: column and row of where to read, and a number that must be above 0 for the pixel not to become 0.
// - weights: `phases` + 1 times CS_TAPS, for places that lie 0, 1/phases … 1 after a pixel.
void cs_read_row(const float *CS_NONNULL pixels, int32_t width, int32_t height, const float *CS_NONNULL places, int32_t count,
                 const float *CS_NONNULL weights, int32_t phases, float *CS_NONNULL out);

#endif
