// Activations as the kernels take them: bfloat16 [N, C, H, W] with channels last, C a multiple of 8.
#ifndef CLIPMORPH_MAPS_HPP
#define CLIPMORPH_MAPS_HPP

#include <ATen/ATen.h>

#include <algorithm>

namespace runtime {

inline constexpr auto channels_last_format = at::MemoryFormat::ChannelsLast;

inline at::Tensor empty_maps(const at::Tensor &like, int64_t n, int64_t c, int64_t h, int64_t w) {
  return at::empty({n, c, h, w}, like.options().dtype(at::kBFloat16).memory_format(channels_last_format));
}

// Blocks for work on `threads` items: enough to fill any GPU, each thread taking several.
inline uint32_t blocks_for(int64_t threads) {
  constexpr int64_t most = 132 * 32;
  // Kernels count in 32 bits, and one step beyond the end.
  TORCH_CHECK(threads < (int64_t{1} << 31) - most * 256, "maps of ", threads, " groups of channels are too large");
  return static_cast<uint32_t>(std::clamp<int64_t>((threads + 255) / 256, 1, most));
}
// Blocks that share pieces of a row: 256 threads take eight values each in eight steps.
inline uint32_t blocks_along(int64_t values) {
  return static_cast<uint32_t>(std::clamp<int64_t>((values + 256 * 64 - 1) / (256 * 64), 1, 132 * 8));
}
// Parts into which a picture's pixels are cut for sums.
inline uint32_t parts_for(int64_t pixels, int64_t pictures) {
  return static_cast<uint32_t>(std::clamp<int64_t>(pixels / 128, 1, std::max<int64_t>(1, 132 * 8 / pictures)));
}

inline void require_maps(const at::Tensor &x, const char *what) {
  TORCH_CHECK(x.scalar_type() == at::kBFloat16 && x.dim() == 4 && x.is_contiguous(channels_last_format), what,
              ": bfloat16 maps with channels last are wanted");
  TORCH_CHECK(x.size(1) % 8 == 0 && x.size(1) <= 2048, what, ": ", x.size(1), " channels are not a multiple of 8 up to 2048");
}

inline void *pointer(const at::Tensor &x) { return x.defined() ? x.data_ptr() : nullptr; }

}  // namespace runtime

#endif
