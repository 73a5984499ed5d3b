// Padding and its gradient.
#ifndef CLIPMORPH_KERNELS_PADDING_HPP
#define CLIPMORPH_KERNELS_PADDING_HPP

namespace runtime {

inline constexpr const char *padding_kernels = R"cuda(
// Reflection padding and its gradient: x [N, H, W, C] -> y [N, H + 2p, W + 2p, C], g -> dx. LibTorch's gradient adds in the memory, element by element.
extern "C" __global__ void reflect_pad(const bf16 *x, bf16 *y, int N, int H, int W, int C, int padding) {
  const int lanes = C / 8, rows = H + 2 * padding, columns = W + 2 * padding;
  const u32 total = N * rows * columns * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, columns, rows);
    const int row = mirrored(spot.row - padding, H), column = mirrored(spot.column - padding, W);
    *reinterpret_cast<uint4 *>(y + (size_t)at * 8) =
        *reinterpret_cast<const uint4 *>(x + (((size_t)spot.n * H + row) * W + column) * C + spot.lane * 8);
  }
}
extern "C" __global__ void reflect_fold(const bf16 *g, bf16 *dx, int N, int H, int W, int C, int padding) {
  const int lanes = C / 8;
  const u32 total = N * H * W * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, W, H);
    store8(dx + (size_t)at * 8, folded(g, spot.n, spot.row, spot.column, H, W, C, padding, spot.lane));
  }
}

// What a residual's border gets: dz [N, H, W, C] -> [N, H + 2q, W + 2q, C] with zeros around.
extern "C" __global__ void bordered(const bf16 *dz, bf16 *out, int N, int H, int W, int C, int margin) {
  const int lanes = C / 8, rows = H + 2 * margin, columns = W + 2 * margin;
  const u32 total = N * rows * columns * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, columns, rows);
    const int row = spot.row - margin, column = spot.column - margin;
    uint4 value = make_uint4(0, 0, 0, 0);
    if (row >= 0 && row < H && column >= 0 && column < W)
      value = *reinterpret_cast<const uint4 *>(dz + (((size_t)spot.n * H + row) * W + column) * C + spot.lane * 8);
    *reinterpret_cast<uint4 *>(out + (size_t)at * 8) = value;
  }
}
)cuda";

}  // namespace runtime

#endif
