// Gram matrices and squared differences of features.
#include "fused.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "applied.hpp"
#include "launch.hpp"
#include "maps.hpp"
#include "runtime.hpp"

namespace runtime {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// F' F of maps whose channels lie side by side, [N, C, H, W] to [N, C, C]. Autograd alone would add two gradients that lie differently in the memory.
struct GramFunction : torch::autograd::Function<GramFunction> {
  static at::Tensor rows(const at::Tensor &x) { return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(2) * x.size(3), x.size(1)}); }

  static at::Tensor forward(AutogradContext *context, const at::Tensor &x) {
    context->save_for_backward({x});
    const auto f = rows(x);  // [N, H W, C]
    return at::bmm(f.transpose(1, 2), f);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto x = context->get_saved_variables()[0];
    const auto g = gradients[0];  // [N, C, C]
    auto dx = at::bmm(rows(x), (g + g.transpose(1, 2)).contiguous());  // [N, H W, C]
    return {dx.view({x.size(0), x.size(2), x.size(3), x.size(1)}).permute({0, 3, 1, 2})};
  }
};

// mean((x - y)^2) of bfloat16 maps, with sums in f32.
struct SquaredDifferenceFunction : torch::autograd::Function<SquaredDifferenceFunction> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &y) {
    context->save_for_backward({x, y});
    int count = x.numel() / 8;
    const uint32_t blocks = blocks_along(x.numel());
    auto partial = at::empty({blocks}, x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::Contiguous));
    void *a = pointer(x), *b = pointer(y), *out = pointer(partial);
    void *arguments[] = {&a, &b, &out, &count};
    launch("squared_differences", blocks, 1, arguments);
    return partial.sum().div_(static_cast<double>(x.numel()));
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    auto g = gradients[0].to(at::kFloat).contiguous();
    return {of(g, saved[0], saved[1], context->needs_input_grad(0)), of(g, saved[1], saved[0], context->needs_input_grad(1))};
  }

  static at::Tensor of(const at::Tensor &g, const at::Tensor &x, const at::Tensor &y, bool wanted) {
    if (!wanted) return {};
    int count = x.numel() / 8;
    float factor = 2.0 / static_cast<double>(x.numel());
    auto dx = at::empty_like(x);
    void *by = pointer(g), *a = pointer(x), *b = pointer(y), *out = pointer(dx);
    void *arguments[] = {&by, &a, &b, &out, &factor, &count};
    launch("scaled_difference", blocks_along(x.numel()), 1, arguments);
    return dx;
  }
};

}  // namespace

int gram(const ct_tensor *x, int64_t tiles, ct_tensor **out) {
  return guarded([&] {
    auto f = x->value;
    const int64_t n = f.size(0), c = f.size(1), h = f.size(2) / tiles, w = f.size(3) / tiles;
    const bool side_by_side = c > 1 && f.is_contiguous(channels_last_format);
    at::Tensor products;
    if (side_by_side && tiles == 1) {
      products = applied<GramFunction>(f);
    } else if (side_by_side) {
      f = f.narrow(2, 0, h * tiles).narrow(3, 0, w * tiles);
      f = f.permute({0, 2, 3, 1}).reshape({n, tiles, h, tiles, w, c}).permute({1, 3, 0, 2, 4, 5});
      f = f.reshape({tiles * tiles * n, h * w, c});
      products = at::matmul(f.transpose(1, 2), f);
    } else {
      f = f.narrow(2, 0, h * tiles).narrow(3, 0, w * tiles);
      f = f.reshape({n, c, tiles, h, tiles, w}).permute({2, 4, 0, 1, 3, 5}).reshape({tiles * tiles * n, c, h * w});
      products = at::matmul(f, f.transpose(1, 2));
    }
    *out = owned(exact(products));
  });
}

int mean_squared_difference(const ct_tensor *x, const ct_tensor *y, ct_tensor **out) {
  return guarded([&] {
    const auto &a = x->value, &b = y->value;
    const bool fits = can_launch(a.device()) && a.scalar_type() == at::kBFloat16 && b.scalar_type() == at::kBFloat16 && a.dim() == 4 &&
                      a.sizes() == b.sizes() && a.size(1) % 8 == 0 && a.is_contiguous(channels_last_format) &&
                      b.is_contiguous(channels_last_format) && a.numel() / 8 < (int64_t{1} << 31) - 132 * 8 * 256;
    *out = owned(fits ? applied<SquaredDifferenceFunction>(a, b) : at::mse_loss(exact(a), exact(b)));
  });
}

}  // namespace runtime
