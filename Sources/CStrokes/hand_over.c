#include "lanes.h"

#define AT(pixels, x) (*(const pixel *)((pixels) + (ptrdiff_t)(x) * 4))

// What a pixel takes over from strokes that were led, and from what stood still.
INLINE pixel from_led(cs_rows rows, int32_t x, float share) { return (AT(rows.led, x) - AT(rows.painting, x)) * share; }
INLINE pixel from_still(cs_rows rows, int32_t x, float share) { return (AT(rows.still, x) - AT(rows.painting, x)) * share; }

#define JOINED(low, high) __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7)

// Between the centres of which cells a pixel lies.
typedef struct spot { int32_t first, second; float share; } spot;
INLINE spot spot_of(int32_t x, int32_t side, int32_t columns) {
  const float last = (float)(columns - 1), at = ((float)x + 0.5f) * (1 / (float)side) - 0.5f;
  const float place = at > 0 ? (at < last ? at : last) : 0;
  const int32_t first = (int32_t)place;
  return (spot){first, first + 1 < columns ? first + 1 : first, place - (float)first};
}

// What of the change is the painting's own colour of the area after all.
INLINE pixel own_colour(const float *areas, spot at, float led, float still) {
  const pair one = *(const pair *)(areas + (ptrdiff_t)at.first * 8), two = *(const pair *)(areas + (ptrdiff_t)at.second * 8);
  const pair area = one + (two - one) * at.share;
  return __builtin_shufflevector(area, area, 0, 1, 2, 3) * led + __builtin_shufflevector(area, area, 4, 5, 6, 7) * still;
}

INLINE void sum_changes(cs_rows rows, const float *shares, int32_t width, int32_t side, float *sums) {
  for (int32_t start = 0; start < width; start += side, sums += 8) {
    const int32_t end = start + side < width ? start + side : width;
    pair sum = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int32_t x = start; x < end; x += 2) {
      pixel led = from_led(rows, x, shares[x]), still = from_still(rows, x, shares[x + 1]);
      led[3] = shares[x];
      still[3] = shares[x + 1];
      sum += JOINED(led, still);
    }
    *(pair *)sums += sum;
  }
}

INLINE void sum_contrasts(cs_rows rows, const float *shares, int32_t width, int32_t side, const float *areas, cs_own own, float *sums) {
  const int32_t columns = (width + side - 1) / side;
  for (int32_t start = 0; start < width; start += side, sums += 16) {
    const int32_t end = start + side < width ? start + side : width;
    pair was = {0, 0, 0, 0, 0, 0, 0, 0}, now = was;
    for (int32_t x = start; x < end; x += 2) {
      const float led = shares[x], still = shares[x + 1];
      pixel painted = AT(rows.painting, x);
      const pixel taken =
          painted + from_led(rows, x, led) + from_still(rows, x, still) - own_colour(areas, spot_of(x, side, columns), own.led * led, own.still * still);
      const pixel square = painted * painted;
      painted[3] = 1;
      was += JOINED(painted, square);
      now += JOINED(taken, taken * taken);
    }
    *(pair *)sums += was;
    *(pair *)(sums + 8) += now;
  }
}

INLINE void hand_over(float *painting, cs_rows rows, const float *shares, int32_t width, int32_t side, const float *areas, const float *contrasts,
                      cs_own own) {
  const int32_t columns = (width + side - 1) / side;
  const pixel none = {0, 0, 0, 0}, most = {255, 255, 255, 255};
  for (int32_t x = 0; x < width; x++) {
    const float led = shares[2 * x], still = shares[2 * x + 1];
    if (!(led + still > 0)) continue;
    const spot at = spot_of(x, side, columns);
    const pixel taken =
        AT(rows.painting, x) + from_led(rows, x, led) + from_still(rows, x, still) - own_colour(areas, at, own.led * led, own.still * still);
    const pixel one = AT(contrasts, at.first), contrast = one + (AT(contrasts, at.second) - one) * at.share;
    const pixel shown = taken + (taken - contrast) * ((contrast[3] - 1) * led);
    *(pixel *)(painting + (ptrdiff_t)x * 4) = __builtin_elementwise_min(__builtin_elementwise_max(shown, none), most);
  }
}

COMPILED_TWICE(cs_sum_changes, sum_changes, (cs_rows rows, const float *shares, int32_t width, int32_t side, float *sums), rows, shares, width, side,
               sums)

COMPILED_TWICE(cs_sum_contrasts, sum_contrasts,
               (cs_rows rows, const float *shares, int32_t width, int32_t side, const float *areas, cs_own own, float *sums), rows, shares, width,
               side, areas, own, sums)

COMPILED_TWICE(cs_hand_over, hand_over,
               (float *painting, cs_rows rows, const float *shares, int32_t width, int32_t side, const float *areas, const float *contrasts,
                cs_own own),
               painting, rows, shares, width, side, areas, contrasts, own)
