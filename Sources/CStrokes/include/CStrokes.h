// What the stabiliser does to every pixel, fast: moving a picture along a flow, and handing its strokes over to the next painting.
//
// A picture is two planes of floats: luma in levels of 255, and for every two by two pixels how far blue and red are from luma, side by side. Rows of both
// are padded with zeros to a multiple of CS_CELL floats.
#ifndef CSTROKES_H
#define CSTROKES_H

#include <stdint.h>

#if defined(__clang__)
#define CS_NONNULL _Nonnull
#define CS_NULLABLE _Nullable
#else
#define CS_NONNULL
#define CS_NULLABLE
#endif

// Floats of a row that one cell of a picture's large areas takes, in both planes.
#define CS_CELL 16
// Pixels that are weighted in each direction where luma is read between them: from five before the place's own to six after it. And where chroma is: from three before to four after.
#define CS_LUMA_TAPS 12
#define CS_CHROMA_TAPS 8
// The border that a plane is read with, which is as at its edge: rows above and below, and floats on both sides of a row.
#define CS_BORDER_ROWS 6
#define CS_BORDER 16

// How large a picture is, how long its planes' rows are in floats, and what red and blue have of luma (ITU-T H.273's K_R and K_B).
typedef struct cs_form {
  int32_t width, height;
  int32_t luma_stride, chroma_stride;
  float red, blue;
} cs_form;

// From red, green and blue of `bytes` (1 or 2) each to planes, and back, rounded.
void cs_split(const void *CS_NONNULL samples, int32_t bytes, cs_form form, float *CS_NONNULL luma, float *CS_NONNULL chroma);
void cs_join(const float *CS_NONNULL luma, const float *CS_NONNULL chroma, cs_form form, int32_t bytes, void *CS_NONNULL samples);
// To the bytes of 4:2:0, plane by plane: luma, blue's difference, red's. Rows are not padded, and both sides must be even.
void cs_code(const float *CS_NONNULL luma, const float *CS_NONNULL chroma, cs_form form, int32_t full_range, uint8_t *CS_NONNULL bytes);

// Where each pixel at half the size was (x, y), and how far it is led: what is not led at all need not be read.
typedef struct cs_ways {
  const float *CS_NONNULL flow;
  const float *CS_NONNULL led;
  int32_t columns, rows;
} cs_ways;

// Moves a plane along. `weights` are `phases` + 1 times its taps, for places that lie 0, 1/phases … 1 after a pixel; outside a picture is as at its edge. What
// is not led becomes 0. `memory` is room for the plane with its border, rows of its stride and two CS_BORDER more.
void cs_move_luma(const float *CS_NONNULL from, cs_form form, cs_ways ways, const float *CS_NONNULL weights, int32_t phases,
                  float *CS_NONNULL memory, float *CS_NONNULL to);
void cs_move_chroma(const float *CS_NONNULL from, cs_form form, cs_ways ways, const float *CS_NONNULL weights, int32_t phases,
                    float *CS_NONNULL memory, float *CS_NONNULL to);

// A plane that takes over from what was shown.
typedef struct cs_plane {
  // The painting, what was shown and moved along, and what was shown where it was.
  const float *CS_NONNULL painting;
  const float *CS_NONNULL led;
  const float *CS_NONNULL still;
  // Rows, what a row has of floats, and its padded length.
  int32_t rows, floats, stride;
  // Rows of a cell: CS_CELL in luma, half as many in chroma, whose pixels are two floats.
  int32_t cell_rows;
  // How far pixels are led, and how far they stand still, at half the size.
  const float *CS_NONNULL led_shares;
  const float *CS_NONNULL still_shares;
  // How far pixels are such as something that passed has left: the painting's, but for their area's level; or nothing. `levels` is by how much that changes, even and odd, four floats a
  // cell.
  const float *CS_NULLABLE left_shares;
  const float *CS_NULLABLE levels;
  int32_t share_columns, share_rows;
  // How much of an area's level is the painting's own where strokes are led, and where nothing moves.
  float own_led, own_still;
} cs_plane;

// What cells have, of which every third row is looked at, eight floats a cell. Even and odd floats apart: in chroma they are blue and red.
//
// The changes that led strokes are (even, odd), and the shares they have, and the same of what stands still: even, odd, share, even, odd, share, 0, 0.
void cs_sum_changes(const cs_plane *CS_NONNULL plane, float *CS_NONNULL sums);
// The painting where something has left it (even, odd, share), and what stands still: even, odd, share, 0, 0.
void cs_sum_levels(const cs_plane *CS_NONNULL plane, float *CS_NONNULL sums);
// The painting (even, odd), its squares, its floats, and the same of what is shown. `areas` are the mean changes, four floats a cell: even and odd of what is led,
// even and odd of what stands still.
void cs_sum_contrasts(const cs_plane *CS_NONNULL plane, const float *CS_NONNULL areas, float *CS_NONNULL sums);
// The energy of the finest strokes where any are led: the painting's, and that of what is shown.
typedef struct cs_finest { float painted, shown; } cs_finest;

// Hands over. `contrasts` are four floats a cell: the mean of what is shown (even, odd), and by how much its strokes are strengthened, twice. Levels are kept between
// the bounds. Luma adds every third row's to `finest`.
void cs_hand_over(const cs_plane *CS_NONNULL plane, const float *CS_NONNULL areas, const float *CS_NONNULL contrasts, float least, float most,
                  float *CS_NONNULL shown, cs_finest *CS_NONNULL finest);

#endif
