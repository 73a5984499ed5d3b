// Reflection padding whose gradient is gathered.
#include "fused.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "applied.hpp"
#include "launch.hpp"
#include "maps.hpp"
#include "runtime.hpp"

namespace runtime {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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

}  // namespace

at::Tensor reflection_padded(const at::Tensor &x, int64_t padding) {
  const bool fits = can_launch(x.device()) && x.scalar_type() == at::kBFloat16 && x.dim() == 4 && x.size(1) % 8 == 0 &&
                    x.is_contiguous(channels_last_format) && padding < std::min(x.size(2), x.size(3));
  return fits ? applied<PadFunction>(x, padding) : at::reflection_pad2d(x, {padding, padding, padding, padding});
}

}  // namespace runtime
