// Instance normalisation with ReLU, residual and padding in one.
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
  launch("norm_apply", blocks_along(y.numel()), 1, arguments);
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
    launch("norm_backward", blocks_along(dx.numel()), 1, second);
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

}  // namespace

int fused_norm(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, bool relu, int64_t factor,
               const ct_tensor *residual, int64_t margin, int64_t padding, ct_tensor **out) {
  return guarded([&] {
    require_maps(x->value, "norm");
    TORCH_CHECK(weight->value.scalar_type() == at::kFloat && bias->value.scalar_type() == at::kFloat &&
                    weight->value.numel() == x->value.size(1) / (factor * factor) && bias->value.numel() == weight->value.numel(),
                "norm: f32 scale and shift of each channel are wanted");
    TORCH_CHECK(weight->value.numel() % 8 == 0, "norm: ", weight->value.numel(), " channels are not a multiple of 8");
    TORCH_CHECK(padding < x->value.size(2) * factor && padding < x->value.size(3) * factor, "norm: a padding of ", padding, " is as wide as the maps");
    const auto other = residual ? residual->value : at::Tensor();
    if (other.defined()) {
      require_maps(other, "residual");
      TORCH_CHECK(other.size(0) == x->value.size(0) && other.size(1) == weight->value.numel() &&
                      other.size(2) == x->value.size(2) * factor + 2 * margin && other.size(3) == x->value.size(3) * factor + 2 * margin,
                  "a residual of ", other.sizes(), " does not fit");
    }
    if (c10::GradMode::is_enabled()) {
      TORCH_CHECK(factor == 1, "norm: no gradient flows through a shuffle here");
      TORCH_CHECK(!relu || !other.defined(), "norm: no gradient flows through a residual beside a ReLU here");
      *out = owned(NormFunction::apply(x->value, weight->value, bias->value,
                                      residual ? std::optional<at::Tensor>(other) : std::nullopt, epsilon, relu, margin, padding));
    } else {
      auto statistics = statistics_of(x->value, factor * factor, epsilon);
      *out = owned(norm_forward(x->value, statistics, weight->value, bias->value, relu, factor, other, margin, padding));
    }
  });
}

}  // namespace runtime
