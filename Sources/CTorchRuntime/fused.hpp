// Layers that go over the memory once where LibTorch goes several times, on a GPU in bfloat16; see `cuda_kernels.hpp`. Gradients flow through them.
#ifndef CLIPMORPH_FUSED_HPP
#define CLIPMORPH_FUSED_HPP

#include <ATen/ATen.h>

#include "CTorch.h"

namespace runtime {

at::Tensor reflection_padded(const at::Tensor &x, int64_t padding);

bool fuses(ct_device device);
int fused_norm(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, bool relu, int64_t factor,
               const ct_tensor *residual, int64_t margin, int64_t padding, ct_tensor **out);
int unfold_rows(const ct_tensor *picture, int64_t kernel, int64_t channels, ct_tensor **out);
int unshuffle_padded(const ct_tensor *picture, ct_tensor **out);
int sum_rows(const ct_tensor *parts, const ct_tensor *bias, int64_t kernel, bool sigmoid, bool bytes, ct_tensor **out);
int shuffle_out(const ct_tensor *x, const ct_tensor *bias, bool bytes, ct_tensor **out);
int planes_to_pictures(const ct_tensor *planes, ct_coding coding, ct_tensor **out);
int pictures_to_planes(const ct_tensor *pictures, ct_coding coding, ct_tensor **out);
int convolution_relu(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, ct_tensor **out);
int convolution_relu_pool(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, bool ceil, ct_tensor **out,
                          ct_tensor **pooled);
int gram(const ct_tensor *x, int64_t tiles, ct_tensor **out);
int mean_squared_difference(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
int pad_channels(const ct_tensor *x, int64_t channels, ct_tensor **out);

}  // namespace runtime

#endif
