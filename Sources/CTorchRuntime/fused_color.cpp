// Pictures as video codecs keep them, to RGB and back.
#include "fused.hpp"

#include <ATen/ATen.h>

#include "launch.hpp"
#include "maps.hpp"
#include "runtime.hpp"

namespace runtime {
namespace {

void require(const at::Tensor &bytes, int64_t dimensions, ct_coding coding) {
  TORCH_CHECK(can_launch(bytes.device()), "planes of luma and colour differences are for GPUs");
  TORCH_CHECK(bytes.scalar_type() == at::kByte && bytes.dim() == dimensions && bytes.is_contiguous(), "contiguous bytes are wanted");
  TORCH_CHECK(coding.red > 0 && coding.blue > 0 && coding.red + coding.blue < 1, "a luma of ", coding.red, " red and ", coding.blue, " blue is none");
}

}  // namespace

int planes_to_pictures(const ct_tensor *planes, ct_coding coding, ct_tensor **out) {
  return guarded([&] {
    const auto &in = planes->value;
    require(in, 3, coding);
    TORCH_CHECK(in.size(1) % 3 == 0 && in.size(2) % 2 == 0, "planes of ", in.sizes(), " are not those of a picture with even sides");
    int n = in.size(0), h = in.size(1) / 3 * 2, w = in.size(2), full = coding.full_range;
    float red = coding.red, blue = coding.blue;
    auto pictures = at::empty({n, h, w, 3}, in.options());
    void *from = pointer(in), *to = pointer(pictures);
    void *arguments[] = {&from, &to, &n, &h, &w, &red, &blue, &full};
    launch("planes_to_rgb", blocks_for(static_cast<int64_t>(n) * h * w), 1, arguments);
    *out = owned(pictures);
  });
}

int pictures_to_planes(const ct_tensor *pictures, ct_coding coding, ct_tensor **out) {
  return guarded([&] {
    const auto &in = pictures->value;
    require(in, 4, coding);
    TORCH_CHECK(in.size(1) % 2 == 0 && in.size(2) % 2 == 0 && in.size(3) == 3, "pictures of ", in.sizes(), " have no even sides");
    int n = in.size(0), h = in.size(1), w = in.size(2), full = coding.full_range;
    float red = coding.red, blue = coding.blue;
    auto planes = at::empty({n, h / 2 * 3, w}, in.options());
    void *from = pointer(in), *to = pointer(planes);
    void *arguments[] = {&from, &to, &n, &h, &w, &red, &blue, &full};
    launch("rgb_to_planes", blocks_for(static_cast<int64_t>(n) * h * w / 4), 1, arguments);
    *out = owned(planes);
  });
}

}  // namespace runtime
