// Kernels for what LibTorch does in several passes over the memory, compiled for the GPU at hand when they are first needed. Activations are
// bfloat16 [N, H, W, C], the channels of a pixel side by side; arithmetic is f32. Threads count in 32 bits, whose division is quick: fewer than 2^31 groups of eight channels.
#ifndef CLIPMORPH_CUDA_KERNELS_HPP
#define CLIPMORPH_CUDA_KERNELS_HPP

#include <string>

#include "kernels_color.hpp"
#include "kernels_ends.hpp"
#include "kernels_losses.hpp"
#include "kernels_norm.hpp"
#include "kernels_padding.hpp"
#include "kernels_shared.hpp"

namespace runtime {

// All of them, as one source.
inline std::string cuda_kernels() {
  return std::string(shared_kernels) + norm_kernels + padding_kernels + ends_kernels + losses_kernels + color_kernels;
}

}  // namespace runtime

#endif
