// How functions with gradients of their own are called.
#ifndef CLIPMORPH_APPLIED_HPP
#define CLIPMORPH_APPLIED_HPP

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace runtime {

// A function's results. Where no gradients are recorded, what it keeps for them goes at once.
template <typename Function, typename... Arguments>
auto applied(const Arguments &...arguments) {
  if (c10::GradMode::is_enabled()) return Function::apply(arguments...);
  torch::autograd::AutogradContext context;
  return Function::forward(&context, arguments...);
}

}  // namespace runtime

#endif
