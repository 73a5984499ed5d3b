#include "fused.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>

#include "launch.hpp"
#include "runtime.hpp"

namespace runtime {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto channels_last_format = at::MemoryFormat::ChannelsLast;

at::Tensor empty_maps(const at::Tensor &like, int64_t n, int64_t c, int64_t h, int64_t w) {
  return at::empty({n, c, h, w}, like.options().dtype(at::kBFloat16).memory_format(channels_last_format));
}

// Blocks for work on `threads` items: enough to fill any GPU, each thread taking several.
uint32_t blocks_for(int64_t threads) { return static_cast<uint32_t>(std::clamp<int64_t>((threads + 255) / 256, 1, 132 * 32)); }
// Parts into which a picture's pixels are cut for sums.
uint32_t parts_for(int64_t pixels, int64_t pictures) {
  return static_cast<uint32_t>(std::clamp<int64_t>(pixels / 512, 1, std::max<int64_t>(1, 132 * 4 / pictures)));
}

void require_maps(const at::Tensor &x, const char *what) {
  TORCH_CHECK(x.scalar_type() == at::kBFloat16 && x.dim() == 4 && x.is_contiguous(channels_last_format), what,
              ": bfloat16 maps with channels last are wanted");
  TORCH_CHECK(x.size(1) % 8 == 0 && x.size(1) <= 2048, what, ": ", x.size(1), " channels are not a multiple of 8 up to 2048");
}

void *pointer(const at::Tensor &x) { return x.defined() ? x.data_ptr() : nullptr; }

// Mean and 1 / deviation of each channel of each picture, [N, C / phases, 2].
at::Tensor statistics_of(const at::Tensor &x, int64_t phases, double epsilon) {
  int n = x.size(0), c = x.size(1), p = x.size(2) * x.size(3), count = phases;
  const uint32_t parts = parts_for(p, n);
  const auto floats = x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::Contiguous);
  auto partial = at::empty({n, parts, c, 2}, floats);
  auto statistics = at::empty({n, c / phases, 2}, floats);
  void *in = pointer(x), *sums = pointer(partial), *out = pointer(statistics);
  void *first[] = {&in, &sums, &p, &c, &count};
  launch("norm_sums", parts, n, first);
  int b = parts;
  float small = epsilon;
  void *second[] = {&sums, &in, &out, &n, &b, &p, &c, &count, &small};
  launch("norm_finish", static_cast<uint32_t>(n * (c / phases)), 1, second);
  return statistics;
}

at::Tensor norm_forward(const at::Tensor &x, const at::Tensor &statistics, const at::Tensor &weight, const at::Tensor &bias, bool relu,
                        int64_t factor, const at::Tensor &residual, int64_t margin, int64_t padding) {
  int n = x.size(0), c = x.size(1) / (factor * factor), h = x.size(2), w = x.size(3);
  auto y = empty_maps(x, n, c, h * factor + 2 * padding, w * factor + 2 * padding);
  void *in = pointer(x), *stats = pointer(statistics), *scale = pointer(weight), *shift = pointer(bias), *other = pointer(residual),
       *out = pointer(y);
  int f = factor, p = padding, m = margin, r = relu;
  void *arguments[] = {&in, &stats, &scale, &shift, &other, &out, &n, &h, &w, &c, &f, &p, &m, &r};
  launch("norm_apply", blocks_for(y.numel() / 8), 1, arguments);
  return y;
}

// y = pad(relu?(norm(x)) + residual?) with its gradient. Activations are kept as they came in; nothing normalised is.
struct NormFunction : torch::autograd::Function<NormFunction> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                            const std::optional<at::Tensor> &residual, double epsilon, bool relu, int64_t margin, int64_t padding) {
    auto statistics = statistics_of(x, 1, epsilon);
    auto y = norm_forward(x, statistics, weight, bias, relu, 1, residual.value_or(at::Tensor()), margin, padding);
    context->save_for_backward({x, weight, bias, statistics});
    context->saved_data["relu"] = relu;
    context->saved_data["margin"] = margin;
    context->saved_data["padding"] = padding;
    context->saved_data["residual"] = residual.has_value();
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &bias = saved[2], &statistics = saved[3];
    auto g = gradients[0].to(at::kBFloat16).contiguous(channels_last_format);
    int n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3), p = h * w;
    int relu = context->saved_data["relu"].toBool(), padding = context->saved_data["padding"].toInt();
    int margin = context->saved_data["margin"].toInt();
    const uint32_t parts = parts_for(p, n);
    auto dz = empty_maps(x, n, c, h, w), dx = empty_maps(x, n, c, h, w);
    auto partial = at::empty({n, parts, c, 2}, statistics.options());
    void *g_ = pointer(g), *x_ = pointer(x), *statistics_ = pointer(statistics), *weight_ = pointer(weight), *bias_ = pointer(bias),
         *dz_ = pointer(dz), *partial_ = pointer(partial), *dx_ = pointer(dx);
    void *first[] = {&g_, &x_, &statistics_, &weight_, &bias_, &dz_, &partial_, &h, &w, &c, &padding, &relu};
    launch("norm_fold", parts, n, first);
    auto sums = partial.sum(1);  // [N, C, 2]
    void *sums_ = pointer(sums);
    void *second[] = {&dz_, &x_, &statistics_, &sums_, &weight_, &dx_, &n, &p, &c};
    launch("norm_backward", blocks_for(dx.numel() / 8), 1, second);
    auto totals = sums.sum(0);  // [C, 2]
    at::Tensor d_residual;
    if (context->saved_data["residual"].toBool()) {
      d_residual = dz;
      if (margin > 0) {
        d_residual = empty_maps(x, n, c, h + 2 * margin, w + 2 * margin);
        void *out = pointer(d_residual);
        void *third[] = {&dz_, &out, &n, &h, &w, &c, &margin};
        launch("bordered", blocks_for(d_residual.numel() / 8), 1, third);
      }
    }
    return {dx, totals.select(1, 1), totals.select(1, 0), d_residual, {}, {}, {}, {}};
  }
};

struct PadFunction : torch::autograd::Function<PadFunction> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, int64_t padding) {
    context->saved_data["padding"] = padding;
    int n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3), p = padding;
    auto y = empty_maps(x, n, c, h + 2 * padding, w + 2 * padding);
    void *in = pointer(x), *out = pointer(y);
    void *arguments[] = {&in, &out, &n, &h, &w, &c, &p};
    launch("reflect_pad", blocks_for(y.numel() / 8), 1, arguments);
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    int padding = context->saved_data["padding"].toInt();
    auto g = gradients[0].to(at::kBFloat16).contiguous(channels_last_format);
    int n = g.size(0), c = g.size(1), h = g.size(2) - 2 * padding, w = g.size(3) - 2 * padding;
    auto dx = empty_maps(g, n, c, h, w);
    void *in = pointer(g), *out = pointer(dx);
    void *arguments[] = {&in, &out, &n, &h, &w, &c, &padding};
    launch("reflect_fold", blocks_for(dx.numel() / 8), 1, arguments);
    return {dx, {}};
  }
};

at::Tensor rows_summed(const at::Tensor &parts, const at::Tensor &bias, int64_t kernel, bool sigmoid, bool bytes) {
  int n = parts.size(0), c = parts.size(1), h = parts.size(2) - kernel + 1, w = parts.size(3), k = kernel, s = sigmoid;
  auto out = bytes ? at::empty({n, h, w, 3}, at::dtype(at::kByte).device(parts.device()))
                   : at::empty({n, 3, h, w}, at::dtype(at::kFloat).device(parts.device()));
  void *in = pointer(parts), *shift = pointer(bias), *as_bytes = bytes ? pointer(out) : nullptr, *as_floats = bytes ? nullptr : pointer(out);
  void *arguments[] = {&in, &shift, &as_bytes, &as_floats, &n, &h, &w, &c, &k, &s};
  launch("sum_rows", blocks_for(static_cast<int64_t>(n) * h * w), 1, arguments);
  return out;
}

struct SumRowsFunction : torch::autograd::Function<SumRowsFunction> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &parts, const at::Tensor &bias, int64_t kernel, bool sigmoid) {
    auto y = rows_summed(parts, bias, kernel, sigmoid, /*bytes=*/false);
    context->save_for_backward({y});
    context->saved_data["kernel"] = kernel;
    context->saved_data["sigmoid"] = sigmoid;
    context->saved_data["channels"] = parts.size(1);
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto y = context->get_saved_variables()[0];
    auto g = gradients[0].to(at::kFloat).contiguous();
    int n = y.size(0), h = y.size(2), w = y.size(3), c = context->saved_data["channels"].toInt();
    int kernel = context->saved_data["kernel"].toInt(), sigmoid = context->saved_data["sigmoid"].toBool();
    auto d_parts = at::empty({n, c, h + kernel - 1, w}, y.options().dtype(at::kBFloat16).memory_format(channels_last_format));
    void *g_ = pointer(g), *y_ = pointer(y), *out = pointer(d_parts);
    void *arguments[] = {&g_, &y_, &out, &n, &h, &w, &c, &kernel, &sigmoid};
    launch("sum_rows_backward", blocks_for(d_parts.numel() / 8), 1, arguments);
    auto d_bias = (sigmoid ? g * y * (1 - y) : g).sum(at::IntArrayRef({0, 2, 3}));
    return {d_parts, d_bias, {}, {}};
  }
};

// A picture as the input kernels take it: bytes [N, H, W, 3] or floats [N, 3, H, W].
struct PictureInput {
  int n, h, w;
  void *bytes = nullptr, *floats = nullptr;

  explicit PictureInput(const at::Tensor &picture) {
    TORCH_CHECK(picture.dim() == 4 && picture.is_contiguous(), "a contiguous batch of pictures is wanted");
    const bool is_bytes = picture.scalar_type() == at::kByte;
    TORCH_CHECK(picture.size(is_bytes ? 3 : 1) == 3, "pictures have three channels");
    TORCH_CHECK(is_bytes || picture.scalar_type() == at::kFloat, "pictures are bytes or floats");
    n = picture.size(0);
    h = picture.size(is_bytes ? 1 : 2);
    w = picture.size(is_bytes ? 2 : 3);
    (is_bytes ? bytes : floats) = picture.data_ptr();
  }
};

// Whether cuDNN's convolution with bias and ReLU at its end has run; set to false for good where it refuses.
std::atomic<bool> has_fused_convolution = true;

at::Tensor convolved_relu(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, int64_t padding) {
  const std::vector<int64_t> ones{1, 1}, pads{padding, padding};
  if (x.is_cuda() && x.scalar_type() != at::kDouble && has_fused_convolution) {
    try {
      return at::cudnn_convolution_relu(x, weight, bias, ones, pads, ones, 1);
    } catch (const c10::OutOfMemoryError &) {
      throw;
    } catch (const c10::Error &) {
      has_fused_convolution = false;
    }
  }
  return at::conv2d(x, weight, bias, ones, pads).relu_();
}

// Of a network whose weights are not learnt: only what goes in has a gradient.
struct ConvolutionReluFunction : torch::autograd::Function<ConvolutionReluFunction> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                            int64_t padding) {
    auto y = convolved_relu(x, weight, bias, padding);
    context->save_for_backward({x, weight, y});
    context->saved_data["padding"] = padding;
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const int64_t padding = context->saved_data["padding"].toInt();
    auto dz = at::threshold_backward(gradients[0], saved[2], 0);
    auto dx = std::get<0>(at::convolution_backward(dz, saved[0], saved[1], at::OptionalIntArrayRef(), {1, 1}, {padding, padding}, {1, 1},
                                                   false, {0, 0}, 1, {true, false, false}));
    return {dx, {}, {}, {}};
  }
};

}  // namespace

at::Tensor reflection_padded(const at::Tensor &x, int64_t padding) {
  const bool fits = can_launch(x.device()) && x.scalar_type() == at::kBFloat16 && x.dim() == 4 && x.size(1) % 8 == 0 &&
                    x.is_contiguous(channels_last_format) && padding < std::min(x.size(2), x.size(3));
  return fits ? PadFunction::apply(x, padding) : at::reflection_pad2d(x, {padding, padding, padding, padding});
}

bool fuses(ct_device device) {
  bool result = false;
  guarded([&] { result = can_launch(deviceOf(device)); });
  return result;
}

int fused_norm(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, bool relu, int64_t factor,
               const ct_tensor *residual, int64_t margin, int64_t padding, ct_tensor **out) {
  return guarded([&] {
    require_maps(x->value, "norm");
    TORCH_CHECK(weight->value.scalar_type() == at::kFloat && bias->value.scalar_type() == at::kFloat &&
                    weight->value.numel() == x->value.size(1) / (factor * factor) && bias->value.numel() == weight->value.numel(),
                "norm: f32 scale and shift of each channel are wanted");
    TORCH_CHECK(padding < x->value.size(2) * factor && padding < x->value.size(3) * factor, "norm: a padding of ", padding, " is as wide as the maps");
    const auto other = residual ? residual->value : at::Tensor();
    if (other.defined()) {
      require_maps(other, "residual");
      TORCH_CHECK(other.size(2) == x->value.size(2) * factor + 2 * margin && other.size(3) == x->value.size(3) * factor + 2 * margin,
                  "a residual of ", other.size(2), "x", other.size(3), " does not fit");
    }
    if (c10::GradMode::is_enabled()) {
      TORCH_CHECK(factor == 1, "norm: no gradient flows through a shuffle here");
      *out = owned(NormFunction::apply(x->value, weight->value, bias->value,
                                      residual ? std::optional<at::Tensor>(other) : std::nullopt, epsilon, relu, margin, padding));
    } else {
      auto statistics = statistics_of(x->value, factor * factor, epsilon);
      *out = owned(norm_forward(x->value, statistics, weight->value, bias->value, relu, factor, other, margin, padding));
    }
  });
}

int unfold_rows(const ct_tensor *picture, int64_t kernel, int64_t channels, ct_tensor **out) {
  return guarded([&] {
    PictureInput in(picture->value);
    TORCH_CHECK(channels >= 3 * kernel && channels % 8 == 0, "unfold_rows: ", channels, " channels do not hold ", kernel, " pixels");
    auto y = empty_maps(picture->value, in.n, channels, in.h + kernel - 1, in.w);
    void *result = pointer(y);
    int c = channels, k = kernel;
    void *arguments[] = {&in.bytes, &in.floats, &result, &in.n, &in.h, &in.w, &c, &k};
    launch("unfold_rows", blocks_for(y.numel() / 8), 1, arguments);
    *out = owned(y);
  });
}

int unshuffle_padded(const ct_tensor *picture, ct_tensor **out) {
  return guarded([&] {
    PictureInput in(picture->value);
    auto y = empty_maps(picture->value, in.n, 16, in.h / 2 + 2, in.w / 2 + 2);
    void *result = pointer(y);
    void *arguments[] = {&in.bytes, &in.floats, &result, &in.n, &in.h, &in.w};
    launch("unshuffle_padded", blocks_for(y.numel() / 8), 1, arguments);
    *out = owned(y);
  });
}

int sum_rows(const ct_tensor *parts, const ct_tensor *bias, int64_t kernel, bool sigmoid, bool bytes, ct_tensor **out) {
  return guarded([&] {
    require_maps(parts->value, "sum_rows");
    *out = owned(c10::GradMode::is_enabled() && !bytes ? SumRowsFunction::apply(parts->value, bias->value, kernel, sigmoid)
                                                       : rows_summed(parts->value, bias->value, kernel, sigmoid, bytes));
  });
}

int shuffle_out(const ct_tensor *x, const ct_tensor *bias, bool bytes, ct_tensor **out) {
  return guarded([&] {
    require_maps(x->value, "shuffle_out");
    int n = x->value.size(0), c = x->value.size(1), h = x->value.size(2), w = x->value.size(3);
    auto y = bytes ? at::empty({n, 2 * h, 2 * w, 3}, at::dtype(at::kByte).device(x->value.device()))
                   : at::empty({n, 3, 2 * h, 2 * w}, at::dtype(at::kFloat).device(x->value.device()));
    void *in = pointer(x->value), *shift = pointer(bias->value), *as_bytes = bytes ? pointer(y) : nullptr,
         *as_floats = bytes ? nullptr : pointer(y);
    void *arguments[] = {&in, &shift, &as_bytes, &as_floats, &n, &h, &w, &c};
    launch("shuffle_out", blocks_for(y.numel() / 3), 1, arguments);
    *out = owned(y);
  });
}

int convolution_relu(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, ct_tensor **out) {
  return guarded([&] {
    if (x->value.is_cuda()) {
      *out = owned(ConvolutionReluFunction::apply(x->value, weight->value, bias->value, padding));
    } else {
      *out = owned(at::relu(at::conv2d(x->value, weight->value, bias->value, {1, 1}, at::IntArrayRef({padding, padding}))));
    }
  });
}

int pad_channels(const ct_tensor *x, int64_t channels, ct_tensor **out) {
  return guarded([&] {
    *out = owned(at::constant_pad_nd(x->value, {0, 0, 0, 0, 0, channels - x->value.size(1)}));
  });
}

}  // namespace runtime
