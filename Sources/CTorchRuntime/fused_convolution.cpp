// Convolution with bias and ReLU, and with pooling after it, as encoders have them.
#include "fused.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <atomic>
#include <vector>

#include "applied.hpp"
#include "launch.hpp"
#include "maps.hpp"
#include "runtime.hpp"

namespace runtime {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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

at::Tensor input_gradient(const at::Tensor &dz, const at::Tensor &x, const at::Tensor &weight, int64_t padding) {
  return std::get<0>(at::convolution_backward(dz, x, weight, at::OptionalIntArrayRef(), {1, 1}, {padding, padding}, {1, 1}, false, {0, 0}, 1,
                                              {true, false, false}));
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
    return {input_gradient(at::threshold_backward(gradients[0], saved[2], 0), saved[0], saved[1], padding), {}, {}, {}};
  }
};

// The same with the maximum of 2x2 cells as a second result. What comes back through both is put together on the way through the ReLU.
struct ConvolutionReluPoolFunction : torch::autograd::Function<ConvolutionReluPoolFunction> {
  static variable_list forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                               int64_t padding) {
    auto y = convolved_relu(x, weight, bias, padding).contiguous(channels_last_format);
    int n = y.size(0), c = y.size(1), h = y.size(2) / 2, w = y.size(3) / 2;
    auto pooled = empty_maps(y, n, c, h, w);
    void *in = pointer(y), *out = pointer(pooled);
    void *arguments[] = {&in, &out, &n, &h, &w, &c};
    launch("pool_cells", blocks_for(pooled.numel() / 8), 1, arguments);
    context->save_for_backward({x, weight, y});
    context->saved_data["padding"] = padding;
    context->set_materialize_grads(false);
    return {y, pooled};
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &y = saved[2];
    const int64_t padding = context->saved_data["padding"].toInt();
    at::Tensor dz;
    if (gradients[1].defined()) {
      auto pooled = gradients[1].to(at::kBFloat16).contiguous(channels_last_format);
      auto whole = gradients[0].defined() ? gradients[0].to(at::kBFloat16).contiguous(channels_last_format) : at::Tensor();
      int n = y.size(0), c = y.size(1), h = y.size(2) / 2, w = y.size(3) / 2;
      dz = empty_maps(y, n, c, 2 * h, 2 * w);
      void *in = pointer(y), *g = pointer(whole), *cells = pointer(pooled), *out = pointer(dz);
      void *arguments[] = {&in, &g, &cells, &out, &n, &h, &w, &c};
      launch("pool_unfold", blocks_for(pooled.numel() / 8), 1, arguments);
    } else if (gradients[0].defined()) {
      dz = at::threshold_backward(gradients[0], y, 0);
    } else {
      return {{}, {}, {}, {}};
    }
    return {input_gradient(dz, saved[0], saved[1], padding), {}, {}, {}};
  }
};

}  // namespace

int convolution_relu(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, ct_tensor **out) {
  return guarded([&] {
    if (x->value.is_cuda()) {
      *out = owned(applied<ConvolutionReluFunction>(x->value, weight->value, bias->value, padding));
    } else {
      *out = owned(at::relu(at::conv2d(x->value, weight->value, bias->value, {1, 1}, at::IntArrayRef({padding, padding}))));
    }
  });
}

int convolution_relu_pool(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, bool ceil, ct_tensor **out,
                          ct_tensor **pooled) {
  return guarded([&] {
    const int64_t shrinks = weight->value.size(2) - 1 - 2 * padding, h = x->value.size(2) - shrinks, w = x->value.size(3) - shrinks;
    const bool fits = can_launch(x->value.device()) && x->value.scalar_type() == at::kBFloat16 && weight->value.size(0) % 8 == 0 &&
                      h % 2 == 0 && w % 2 == 0 && h > 0 && w > 0;
    if (fits) {
      auto both = applied<ConvolutionReluPoolFunction>(x->value, weight->value, bias->value, padding);
      *out = owned(both[0]);
      *pooled = owned(both[1]);
      return;
    }
    auto y = x->value.is_cuda() ? applied<ConvolutionReluFunction>(x->value, weight->value, bias->value, padding)
                                : at::relu(at::conv2d(x->value, weight->value, bias->value, {1, 1}, at::IntArrayRef({padding, padding})));
    auto cells = at::max_pool2d(y, {2, 2}, {2, 2}, at::IntArrayRef({0, 0}), {1, 1}, ceil);
    *out = owned(y);
    *pooled = owned(cells);
  });
}

int pad_channels(const ct_tensor *x, int64_t channels, ct_tensor **out) {
  return guarded([&] {
    *out = owned(at::constant_pad_nd(x->value, {0, 0, 0, 0, 0, channels - x->value.size(1)}));
  });
}

}  // namespace runtime
