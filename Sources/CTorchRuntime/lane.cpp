#include "lane.hpp"

#include "runtime.hpp"

#ifdef CLIPMORPH_CUDA

#include <ATen/Context.h>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>

#include <cstring>
#include <memory>

struct ct_lane {
  c10::cuda::CUDAStream stream;
  c10::cuda::CUDAStream before;
  at::cuda::CUDAGraph graph;
  bool isCurrent = true, isRecording = false, isRecorded = false;
  at::Tensor input, output, locked_input, locked_output;
};

namespace runtime {

int tune(ct_device device) {
  return guarded([&] {
    if (device.kind == CT_CUDA) at::globalContext().setBenchmarkCuDNN(true);
  });
}

int memory_peak(ct_device device, int64_t *bytes) {
  return guarded([&] {
    *bytes = 0;
    if (device.kind != CT_CUDA) return;
    const auto statistics = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device.index));
    *bytes = statistics.allocated_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)].peak;
  });
}

int lane_begin(ct_device device, ct_lane **out) {
  return guarded([&] {
    TORCH_CHECK(device.kind == CT_CUDA, "lanes are CUDA's");
    const auto index = static_cast<c10::DeviceIndex>(device.index);
    // What made the weights must be done: it ran on another stream.
    c10::cuda::device_synchronize();
    auto lane = std::unique_ptr<ct_lane>(new ct_lane{at::cuda::getStreamFromPool(false, index), at::cuda::getCurrentCUDAStream(index)});
    at::cuda::setCurrentCUDAStream(lane->stream);
    *out = lane.release();
  });
}

int lane_record(ct_lane *lane) {
  return guarded([&] {
    lane->stream.synchronize();
    // Other threads may allocate meanwhile.
    lane->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    lane->isRecording = true;
  });
}

int lane_finish(ct_lane *lane, const ct_tensor *input, const ct_tensor *output) {
  return guarded([&] {
    lane->isRecording = false;
    lane->graph.capture_end();
    lane->isRecorded = true;
    lane->input = input->value;
    lane->output = output->value;
    lane->locked_input = at::empty(lane->input.sizes(), at::dtype(lane->input.scalar_type()).pinned_memory(true));
    lane->locked_output = at::empty(lane->output.sizes(), at::dtype(lane->output.scalar_type()).pinned_memory(true));
    at::cuda::setCurrentCUDAStream(lane->before);
    lane->isCurrent = false;
  });
}

int lane_run(ct_lane *lane, const void *input, size_t input_bytes, void *output, size_t output_bytes) {
  return guarded([&] {
    TORCH_CHECK(lane->isRecorded && lane->input.nbytes() == input_bytes && lane->output.nbytes() == output_bytes,
                "a lane of ", lane->input.nbytes(), " and ", lane->output.nbytes(), " bytes got ", input_bytes, " and ", output_bytes);
    const c10::cuda::CUDAStreamGuard guard(lane->stream);
    std::memcpy(lane->locked_input.data_ptr(), input, input_bytes);
    lane->input.copy_(lane->locked_input, /*non_blocking=*/true);
    lane->graph.replay();
    lane->locked_output.copy_(lane->output, /*non_blocking=*/true);
    lane->stream.synchronize();
    std::memcpy(output, lane->locked_output.data_ptr(), output_bytes);
  });
}

int lane_time(ct_lane *lane, int64_t repetitions, double *seconds) {
  return guarded([&] {
    const c10::cuda::CUDAStreamGuard guard(lane->stream);
    at::cuda::CUDAEvent begin(cudaEventDefault), end(cudaEventDefault);
    for (int64_t i = 0; i < std::max<int64_t>(3, repetitions / 10); i++) lane->graph.replay();
    begin.record(lane->stream);
    for (int64_t i = 0; i < repetitions; i++) lane->graph.replay();
    end.record(lane->stream);
    lane->stream.synchronize();
    *seconds = begin.elapsed_time(end) / 1000.0 / static_cast<double>(repetitions);
  });
}

void lane_free(ct_lane *lane) {
  guarded([&] {
    if (lane->isRecording) lane->graph.capture_end();
  });
  guarded([&] {
    if (lane->isCurrent) at::cuda::setCurrentCUDAStream(lane->before);
    lane->stream.synchronize();
  });
  guarded([&] { delete lane; });
}

}  // namespace runtime

#else

namespace runtime {

namespace {
int missing() {
  return guarded([] { TORCH_CHECK(false, "this build has no CUDA"); });
}
}  // namespace

int tune(ct_device) { return 0; }
int memory_peak(ct_device, int64_t *bytes) {
  *bytes = 0;
  return 0;
}
int lane_begin(ct_device, ct_lane **) { return missing(); }
int lane_record(ct_lane *) { return missing(); }
int lane_finish(ct_lane *, const ct_tensor *, const ct_tensor *) { return missing(); }
int lane_run(ct_lane *, const void *, size_t, void *, size_t) { return missing(); }
int lane_time(ct_lane *, int64_t, double *) { return missing(); }
void lane_free(ct_lane *) {}

}  // namespace runtime

#endif
