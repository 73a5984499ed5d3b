// Convolution with bias and ReLU, as encoders have it.
#include "fused.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <atomic>
#include <vector>

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
