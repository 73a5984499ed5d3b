// Runs one of `cuda_kernels.hpp`'s kernels on the current stream.
#ifndef CLIPMORPH_LAUNCH_HPP
#define CLIPMORPH_LAUNCH_HPP

#include <ATen/ATen.h>

#include <cstdint>

namespace runtime {

// Whether kernels can be compiled for this device.
bool can_launch(at::Device device);
// `blocks` x `pictures` blocks of 256 threads; compiles the kernels for the current GPU the first time. Throws c10::Error.
void launch(const char *kernel, uint32_t blocks, uint32_t pictures, void **arguments);

}  // namespace runtime

#endif
