// Seeded noise, gradients and Adam; see `CTorch.h`.
#include "training.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <vector>

#include "runtime.hpp"

namespace runtime {

namespace {

// A GPU draws its own numbers: a step's noise drawn on the CPU and sent there would take longer than the step.
struct Source {
  at::Generator generator;
  at::Device device;

  Source(uint64_t seed, ct_device wanted) : device(wanted.kind == CT_CUDA ? deviceOf(wanted) : at::Device(at::kCPU)) {
    generator = device.is_cuda() ? at::detail::getCUDAHooks().getNewGenerator(device.index())
                                 : at::make_generator<at::CPUGeneratorImpl>(seed);
    if (device.is_cuda()) generator.set_current_seed(seed);
  }
  at::TensorOptions options() const { return at::dtype(at::kFloat).device(device); }
};

}  // namespace

int random_normal(const int64_t *shape, int rank, uint64_t seed, ct_device device, ct_tensor **out) {
  return guarded([&] {
    Source source(seed, device);
    *out = owned(at::randn(at::IntArrayRef(shape, rank), source.generator, source.options()).to(deviceOf(device)));
  });
}
int random_sparse(const int64_t *shape, int rank, double share, int64_t amplitude, uint64_t seed, ct_device device,
                  ct_tensor **out) {
  return guarded([&] {
    Source source(seed, device);
    at::IntArrayRef sizes(shape, rank);
    auto chosen = at::rand(sizes, source.generator, source.options()).lt(share);
    auto values = at::randint(-amplitude, amplitude + 1, sizes, source.generator, source.options());
    *out = owned(values.mul_(chosen).to(deviceOf(device)));
  });
}

int set_recording(bool recording, bool *previous) {
  return guarded([&] {
    *previous = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(recording);
  });
}
int set_requires_gradient(ct_tensor *leaf, bool wanted) {
  return guarded([&] { leaf->value.requires_grad_(wanted); });
}
int detach(const ct_tensor *x, ct_tensor **out) {
  return guarded([&] { *out = owned(x->value.detach()); });
}
int backward(const ct_tensor *x) {
  return guarded([&] { x->value.backward(); });
}
int gradient(const ct_tensor *leaf, ct_tensor **out) {
  return guarded([&] {
    const auto &gradient = leaf->value.grad();
    *out = gradient.defined() ? owned(gradient) : nullptr;
  });
}
int clear_gradient(ct_tensor *leaf) {
  return guarded([&] { leaf->value.mutable_grad() = at::Tensor(); });
}
int item(const ct_tensor *x, double *value) {
  return guarded([&] { *value = x->value.item().toDouble(); });
}

// The formula of torch.nn.utils.clip_grad_norm_: the norm of the norms, and a factor of at most 1.
int clip_gradients(ct_tensor *const *leaves, int count, double maximum, ct_tensor **norm) {
  return guarded([&] {
    c10::NoGradGuard guard;
    std::vector<at::Tensor> gradients, norms;
    for (int i = 0; i < count; i++) {
      auto gradient = leaves[i]->value.grad();
      if (gradient.defined()) gradients.push_back(gradient);
    }
    if (!gradients.empty() && gradients[0].is_cuda()) {
      norms = at::_foreach_norm(gradients, 2);
    } else {
      for (const auto &gradient : gradients) norms.push_back(at::linalg_vector_norm(gradient));
    }
    if (gradients.empty()) {
      *norm = owned(at::zeros({}));
      return;
    }
    auto total = at::linalg_vector_norm(at::stack(norms));
    auto factor = at::clamp_max(maximum / (total + 1e-6), 1.0);
    if (total.is_cuda()) {
      at::_foreach_mul_(gradients, factor);
    } else {
      for (auto &gradient : gradients) gradient.mul_(factor);
    }
    *norm = owned(total);
  });
}

// The formula of torch.optim.Adam, in its order of operations, without weight decay.
int adam(ct_tensor *const *leaves, ct_tensor *const *first_moments, ct_tensor *const *second_moments, int count, int64_t step,
         double rate, double beta1, double beta2, double epsilon) {
  return guarded([&] {
    c10::NoGradGuard guard;
    if (count > 0 && leaves[0]->value.is_cuda()) {
      // All parameters in one launch.
      std::vector<at::Tensor> parameters, gradients, first, second, steps;
      const auto taken = at::full({}, static_cast<double>(step), leaves[0]->value.options().dtype(at::kFloat).requires_grad(false));
      for (int i = 0; i < count; i++) {
        if (!leaves[i]->value.grad().defined()) continue;
        parameters.push_back(leaves[i]->value);
        gradients.push_back(leaves[i]->value.grad());
        first.push_back(first_moments[i]->value);
        second.push_back(second_moments[i]->value);
        steps.push_back(taken);
      }
      at::_fused_adam_(parameters, gradients, first, second, {}, steps, rate, beta1, beta2, /*weight_decay=*/0, epsilon, /*amsgrad=*/false,
                       /*maximize=*/false);
      return;
    }
    const double correction1 = 1 - std::pow(beta1, static_cast<double>(step));
    const double correction2 = 1 - std::pow(beta2, static_cast<double>(step));
    for (int i = 0; i < count; i++) {
      auto gradient = leaves[i]->value.grad();
      if (!gradient.defined()) continue;
      auto &m = first_moments[i]->value;
      auto &v = second_moments[i]->value;
      m.lerp_(gradient, 1 - beta1);
      v.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
      auto denominator = (v.sqrt() / std::sqrt(correction2)).add_(epsilon);
      leaves[i]->value.addcdiv_(m, denominator, -rate / correction1);
    }
  });
}

}  // namespace runtime
