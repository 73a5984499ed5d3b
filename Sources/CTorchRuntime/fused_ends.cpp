// A network's first and last layers, from pictures and to pictures.
#include "fused.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "launch.hpp"
#include "maps.hpp"
#include "runtime.hpp"

namespace runtime {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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

}  // namespace

bool fuses(ct_device device) {
  bool result = false;
  guarded([&] { result = can_launch(deviceOf(device)); });
  return result;
}

int unfold_rows(const ct_tensor *picture, int64_t kernel, int64_t channels, ct_tensor **out) {
  return guarded([&] {
    PictureInput in(picture->value);
    TORCH_CHECK(kernel % 2 == 1 && kernel / 2 < in.h && kernel / 2 < in.w, "unfold_rows: rows of ", kernel, " pixels do not fit");
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
    TORCH_CHECK(in.h >= 4 && in.w >= 4 && in.h % 2 == 0 && in.w % 2 == 0, "unshuffle_padded: sides of ", in.h, " and ", in.w, " do not fit");
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
    TORCH_CHECK(parts->value.size(1) >= 3 * kernel && parts->value.size(2) >= kernel && bias->value.numel() == 3,
                "sum_rows: ", parts->value.sizes(), " are not rows of ", kernel);
    *out = owned(c10::GradMode::is_enabled() && !bytes ? SumRowsFunction::apply(parts->value, bias->value, kernel, sigmoid)
                                                       : rows_summed(parts->value, bias->value, kernel, sigmoid, bytes));
  });
}

int shuffle_out(const ct_tensor *x, const ct_tensor *bias, bool bytes, ct_tensor **out) {
  return guarded([&] {
    require_maps(x->value, "shuffle_out");
    TORCH_CHECK(x->value.size(1) >= 12 && bias->value.numel() >= 12, "shuffle_out: twelve channels are wanted");
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

}  // namespace runtime
