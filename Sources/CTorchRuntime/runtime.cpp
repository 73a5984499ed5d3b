// The runtime library: LibTorch behind the table of `CTorch.h`. The only code that includes LibTorch's headers.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

#include <cstring>
#include <string>

#include "fused.hpp"
#include "lane.hpp"
#include "rearranged.hpp"
#include "runtime.hpp"
#include "training.hpp"

using namespace runtime;

namespace {

at::ScalarType scalarType(ct_dtype dtype) {
  switch (dtype) {
    case CT_UINT8: return at::kByte;
    case CT_UINT16: return at::kUInt16;
    case CT_FLOAT32: return at::kFloat;
    case CT_BFLOAT16: return at::kBFloat16;
    case CT_FLOAT16: return at::kHalf;
    case CT_FLOAT64: return at::kDouble;
  }
  TORCH_CHECK(false, "unknown scalar type ", static_cast<int>(dtype));
}

ct_dtype dtypeOf(at::ScalarType type) {
  switch (type) {
    case at::kByte: return CT_UINT8;
    case at::kUInt16: return CT_UINT16;
    case at::kFloat: return CT_FLOAT32;
    case at::kBFloat16: return CT_BFLOAT16;
    case at::kHalf: return CT_FLOAT16;
    case at::kDouble: return CT_FLOAT64;
    default: TORCH_CHECK(false, "scalar type ", type, " has no name here");
  }
}

const char *last_error(void) { return lastError.c_str(); }
const char *version(void) { return TORCH_VERSION; }

bool device_available(ct_device device) {
  bool available = false;
  guarded([&] {
    switch (device.kind) {
      case CT_CPU: available = true; break;
      case CT_CUDA: available = at::hasCUDA() && device.index < at::detail::getCUDAHooks().deviceCount(); break;
      case CT_MPS: available = at::hasMPS(); break;
    }
  });
  return available;
}

int set_threads(int count) {
  return guarded([&] { at::set_num_threads(count); });
}
int threads(void) { return at::get_num_threads(); }

int tensor_from_data(const void *data, const int64_t *shape, int rank, ct_dtype dtype, ct_device device, ct_tensor **out) {
  return guarded([&] {
    auto borrowed = at::from_blob(const_cast<void *>(data), at::IntArrayRef(shape, rank), at::dtype(scalarType(dtype)));
    if (device.kind == CT_CUDA) {
      // A copy out of page-locked memory waits in the GPU's queue, not here; the allocator keeps that memory until it is done.
      auto locked = at::empty(borrowed.sizes(), borrowed.options().pinned_memory(true));
      locked.copy_(borrowed);
      *out = owned(locked.to(deviceOf(device), /*non_blocking=*/true));
      return;
    }
    *out = owned(borrowed.to(deviceOf(device), scalarType(dtype), /*non_blocking=*/false, /*copy=*/true));
  });
}
void tensor_free(ct_tensor *tensor) { delete tensor; }

int tensor_shape(const ct_tensor *tensor, int64_t *shape, int capacity, int *rank) {
  return guarded([&] {
    auto sizes = tensor->value.sizes();
    TORCH_CHECK(static_cast<int>(sizes.size()) <= capacity, "a tensor of rank ", sizes.size(), " does not fit ", capacity);
    std::copy(sizes.begin(), sizes.end(), shape);
    *rank = static_cast<int>(sizes.size());
  });
}
int tensor_dtype(const ct_tensor *tensor, ct_dtype *out) {
  return guarded([&] { *out = dtypeOf(tensor->value.scalar_type()); });
}
int tensor_copy_out(const ct_tensor *tensor, void *data, size_t bytes) {
  return guarded([&] {
    TORCH_CHECK(tensor->value.nbytes() == bytes, "a tensor of ", tensor->value.nbytes(), " bytes read as ", bytes);
    auto borrowed = at::from_blob(data, tensor->value.sizes(), at::dtype(tensor->value.scalar_type()));
    borrowed.copy_(tensor->value);
  });
}

int to(const ct_tensor *x, ct_dtype dtype, ct_device device, ct_tensor **out) {
  return guarded([&] { *out = owned(x->value.to(deviceOf(device), scalarType(dtype))); });
}
int clone(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(x->value.clone()); });
}
int permute(const ct_tensor *x, const int64_t *order, int rank, ct_tensor **out) {
  return guarded([&] { *out = owned(x->value.permute(at::IntArrayRef(order, rank)).contiguous()); });
}
int narrow(const ct_tensor *x, int64_t dimension, int64_t start, int64_t length, ct_tensor **out) {
  return guarded([&] { *out = owned(x->value.narrow(dimension, start, length)); });
}
int cat(const ct_tensor *const *tensors, int count, int64_t dimension, ct_tensor **out) {
  return guarded([&] {
    std::vector<at::Tensor> values;
    values.reserve(count);
    for (int i = 0; i < count; i++) values.push_back(tensors[i]->value);
    *out = owned(at::cat(values, dimension));
  });
}

int scale_inplace(ct_tensor *x, double factor, double offset) {
  return guarded([&] {
    if (factor != 1) x->value.mul_(factor);
    if (offset != 0) x->value.add_(offset);
  });
}
int clamp_inplace(ct_tensor *x, double low, double high) {
  return guarded([&] { x->value.clamp_(low, high); });
}
int round_inplace(ct_tensor *x) {
  return guarded([&] { x->value.round_(); });
}
int add_inplace(ct_tensor *x, const ct_tensor *y) {
  return guarded([&] { x->value.add_(y->value); });
}
int relu_inplace(ct_tensor *x) {
  return guarded([&] { x->value.relu_(); });
}
int sigmoid_inplace(ct_tensor *x) {
  return guarded([&] { x->value.sigmoid_(); });
}

int reflection_pad(const ct_tensor *x, int64_t padding, ct_tensor **out) {
  return guarded([&] { *out = owned(reflection_padded(x->value, padding)); });
}
int convolution(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t stride, int64_t padding,
                int64_t groups, int64_t dilation, ct_tensor **out) {
  return guarded([&] {
    const auto &w = weight->value;
    const auto shift = bias ? bias->value : at::Tensor();
    if (bias && rearranges(x->value, w) && stride == 1 && padding == 0 && groups == 1 && dilation == 1 && w.size(2) >= 5 && w.size(0) <= 4) {
      *out = owned(convolution_by_rows(x->value, w, bias->value));
    } else {
      *out = owned(at::conv2d(x->value, w, shift, {stride, stride}, at::IntArrayRef({padding, padding}), {dilation, dilation}, groups));
    }
  });
}
int transposed_convolution(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t stride, int64_t padding,
                           int64_t output_padding, ct_tensor **out) {
  return guarded([&] {
    const auto &w = weight->value;
    if (bias && rearranges(x->value, w) && w.size(2) == 3 && w.size(3) == 3 && stride == 2 && padding == 1 && output_padding == 1) {
      *out = owned(transposed_by_phases(x->value, w, bias->value));
      return;
    }
    *out = owned(at::conv_transpose2d(x->value, weight->value, bias ? bias->value : at::Tensor(), {stride, stride}, {padding, padding},
                                      {output_padding, output_padding}));
  });
}

int instance_norm(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, ct_tensor **out) {
  return guarded([&] {
    *out = owned(at::instance_norm(x->value, weight->value, bias->value, {}, {}, /*use_input_stats=*/true, /*momentum=*/0,
                                   epsilon, /*cudnn_enabled=*/true));
  });
}
int instance_norm_inplace(ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, bool relu) {
  return guarded([&] { x->value = instance_norm_reusing(x->value, weight->value, bias->value, epsilon, relu); });
}
int pooled_norm(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, int64_t margin, ct_tensor **out,
                ct_tensor **mean, ct_tensor **variance) {
  return guarded([&] {
    auto core = x->value.narrow(2, margin, x->value.size(2) - 2 * margin).narrow(3, margin, x->value.size(3) - 2 * margin);
    auto [v, m] = at::var_mean(core.to(at::kFloat), at::IntArrayRef({0, 2, 3}), /*correction=*/0);
    auto y = at::batch_norm(x->value, weight->value, bias->value, m, v, /*training=*/false, /*momentum=*/0, epsilon, true);
    *out = owned(y);
    *mean = owned(m);
    *variance = owned(v);
  });
}
int fixed_norm(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, const ct_tensor *mean,
               const ct_tensor *variance, double epsilon, ct_tensor **out) {
  return guarded([&] {
    *out = owned(at::batch_norm(x->value, weight->value, bias->value, mean->value, variance->value, /*training=*/false,
                                /*momentum=*/0, epsilon, /*cudnn_enabled=*/true));
  });
}
int upsample_nearest(const ct_tensor *x, int64_t factor, ct_tensor **out) {
  return guarded([&] {
    *out = owned(at::upsample_nearest2d(x->value, {x->value.size(2) * factor, x->value.size(3) * factor}));
  });
}
int pixel_unshuffle(const ct_tensor *x, int64_t factor, ct_tensor **out) {
  return guarded([&] { *out = owned(at::pixel_unshuffle(x->value, factor)); });
}
int pixel_shuffle(const ct_tensor *x, int64_t factor, ct_tensor **out) {
  return guarded([&] { *out = owned(at::pixel_shuffle(x->value, factor)); });
}

int max_pool(const ct_tensor *x, int64_t side, bool ceil, ct_tensor **out) {
  return guarded([&] {
    *out = owned(at::max_pool2d(x->value, {side, side}, {side, side}, at::IntArrayRef({0, 0}), {1, 1}, ceil));
  });
}

int add(const ct_tensor *x, const ct_tensor *y, ct_tensor **out) {
  return guarded([&] { *out = owned(at::add(x->value, y->value)); });
}
int subtract(const ct_tensor *x, const ct_tensor *y, ct_tensor **out) {
  return guarded([&] { *out = owned(at::sub(x->value, y->value)); });
}
int multiply(const ct_tensor *x, const ct_tensor *y, ct_tensor **out) {
  return guarded([&] { *out = owned(at::mul(x->value, y->value)); });
}
int divide(const ct_tensor *x, const ct_tensor *y, ct_tensor **out) {
  return guarded([&] { *out = owned(at::div(x->value, y->value)); });
}
int matmul(const ct_tensor *x, const ct_tensor *y, ct_tensor **out) {
  return guarded([&] { *out = owned(at::matmul(x->value, y->value)); });
}
int scale(const ct_tensor *x, double factor, double offset, ct_tensor **out) {
  return guarded([&] {
    auto y = factor == 1 ? x->value : at::mul(x->value, factor);
    *out = owned(offset == 0 ? y : at::add(y, offset));
  });
}
int absolute(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::abs(x->value)); });
}
int square(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::square(x->value)); });
}
int square_root(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::sqrt(x->value)); });
}
int relu(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::relu(x->value)); });
}
int sigmoid(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::sigmoid(x->value)); });
}
int sum(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::sum(x->value)); });
}
int mean(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::mean(x->value)); });
}
int mean_along(const ct_tensor *x, int64_t dimension, ct_tensor **out) {
  return guarded([&] { *out = owned(at::mean(x->value, dimension, /*keepdim=*/true)); });
}
int variance(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(at::var(exact(x->value), /*unbiased=*/true)); });
}
int reshape(const ct_tensor *x, const int64_t *shape, int rank, ct_tensor **out) {
  return guarded([&] { *out = owned(at::reshape(x->value, at::IntArrayRef(shape, rank))); });
}
int transpose(const ct_tensor *x, int64_t one, int64_t other, ct_tensor **out) {
  return guarded([&] { *out = owned(at::transpose(x->value, one, other)); });
}
int grid_sample(const ct_tensor *x, const ct_tensor *grid, ct_tensor **out) {
  constexpr int64_t bilinear = 0, reflection = 2;
  return guarded([&] { *out = owned(at::grid_sampler(x->value, grid->value, bilinear, reflection, /*align_corners=*/false)); });
}
int within(const ct_tensor *x, const double *limits, int count, ct_tensor **out) {
  return guarded([&] {
    TORCH_CHECK(x->value.size(-1) == count, "within: ", count, " limits for ", x->value.size(-1), " elements");
    auto all = x->value.select(-1, 0).abs().le(limits[0]);
    for (int i = 1; i < count; i++) all.logical_and_(x->value.select(-1, i).abs().le(limits[i]));
    *out = owned(all.to(x->value.scalar_type()));
  });
}
int channels_last(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(x->value.contiguous(at::MemoryFormat::ChannelsLast)); });
}

const ct_api api = {
    .abi_version = CT_ABI_VERSION,
    .last_error = last_error,
    .version = version,
    .device_available = device_available,
    .set_threads = set_threads,
    .threads = threads,
    .tensor_from_data = tensor_from_data,
    .tensor_free = tensor_free,
    .tensor_shape = tensor_shape,
    .tensor_dtype = tensor_dtype,
    .tensor_copy_out = tensor_copy_out,
    .to = to,
    .clone = clone,
    .permute = permute,
    .narrow = narrow,
    .cat = cat,
    .scale_inplace = scale_inplace,
    .clamp_inplace = clamp_inplace,
    .round_inplace = round_inplace,
    .add_inplace = add_inplace,
    .relu_inplace = relu_inplace,
    .sigmoid_inplace = sigmoid_inplace,
    .reflection_pad = reflection_pad,
    .convolution = convolution,
    .transposed_convolution = transposed_convolution,
    .instance_norm = instance_norm,
    .instance_norm_inplace = instance_norm_inplace,
    .pooled_norm = pooled_norm,
    .fixed_norm = fixed_norm,
    .upsample_nearest = upsample_nearest,
    .pixel_unshuffle = pixel_unshuffle,
    .pixel_shuffle = pixel_shuffle,
    .max_pool = max_pool,
    .add = add,
    .subtract = subtract,
    .multiply = multiply,
    .divide = divide,
    .matmul = matmul,
    .gram = gram,
    .scale = scale,
    .absolute = absolute,
    .square = square,
    .square_root = square_root,
    .relu = relu,
    .sigmoid = sigmoid,
    .sum = sum,
    .mean = mean,
    .mean_along = mean_along,
    .variance = variance,
    .mean_squared_difference = mean_squared_difference,
    .reshape = reshape,
    .transpose = transpose,
    .grid_sample = grid_sample,
    .channels_last = channels_last,
    .within = within,
    .random_normal = random_normal,
    .random_sparse = random_sparse,
    .set_recording = set_recording,
    .set_requires_gradient = set_requires_gradient,
    .detach = detach,
    .backward = backward,
    .gradient = gradient,
    .clear_gradient = clear_gradient,
    .item = item,
    .clip_gradients = clip_gradients,
    .adam = adam,
    .convolution_relu = convolution_relu,
    .convolution_relu_pool = convolution_relu_pool,
    .pad_channels = pad_channels,
    .fuses = fuses,
    .fused_norm = fused_norm,
    .unfold_rows = unfold_rows,
    .unshuffle_padded = unshuffle_padded,
    .sum_rows = sum_rows,
    .shuffle_out = shuffle_out,
    .planes_to_pictures = planes_to_pictures,
    .pictures_to_planes = pictures_to_planes,
    .tune = tune,
    .memory_peak = memory_peak,
    .lane_begin = lane_begin,
    .lane_record = lane_record,
    .lane_finish = lane_finish,
    .lane_run = lane_run,
    .lane_time = lane_time,
    .lane_free = lane_free,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ct_api *clipmorph_torch_api(void) { return &api; }
