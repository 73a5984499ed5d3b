// What the parts of the runtime library share.
#ifndef CLIPMORPH_RUNTIME_HPP
#define CLIPMORPH_RUNTIME_HPP

#include <ATen/ATen.h>

#include <exception>
#include <string>

#include "CTorch.h"

struct ct_tensor {
  at::Tensor value;
};

namespace runtime {

// The reason for this thread's last failure.
inline thread_local std::string lastError;

template <typename Body>
int guarded(Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const c10::Error &error) {
    lastError = error.what_without_backtrace();
  } catch (const std::exception &error) {
    lastError = error.what();
  } catch (...) {
    lastError = "unknown exception";
  }
  return -1;
}

inline ct_tensor *owned(at::Tensor value) { return new ct_tensor{std::move(value)}; }

// bfloat16 as f32, which sums are made in.
inline at::Tensor exact(const at::Tensor &x) { return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

inline at::Device deviceOf(ct_device device) {
  switch (device.kind) {
    case CT_CPU: return at::Device(at::kCPU);
    case CT_CUDA: return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index));
    case CT_MPS: return at::Device(at::kMPS, static_cast<c10::DeviceIndex>(device.index));
  }
  TORCH_CHECK(false, "unknown device ", static_cast<int>(device.kind));
}

}  // namespace runtime

#endif
