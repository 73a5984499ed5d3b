// A network recorded once for one size and replayed from then on: a stream of its own, a CUDA graph, and page-locked memory at both ends.
#ifndef CLIPMORPH_LANE_HPP
#define CLIPMORPH_LANE_HPP

#include "CTorch.h"

namespace runtime {

int lane_begin(ct_device device, ct_lane **out);
int lane_record(ct_lane *lane);
int lane_finish(ct_lane *lane, const ct_tensor *input, const ct_tensor *output);
int lane_run(ct_lane *lane, const void *input, size_t input_bytes, void *output, size_t output_bytes);
int lane_time(ct_lane *lane, int64_t repetitions, double *seconds);
void lane_free(ct_lane *lane);
int memory_peak(ct_device device, int64_t *bytes);
int tune(ct_device device);

}  // namespace runtime

#endif
