// A network's first and last layers, from pictures and to pictures.
#ifndef CLIPMORPH_KERNELS_ENDS_HPP
#define CLIPMORPH_KERNELS_ENDS_HPP

namespace runtime {

inline constexpr const char *ends_kernels = R"cuda(
// A pixel of RGB in 0...1 out of bytes [N, H, W, 3] or floats [N, 3, H, W].
__device__ __forceinline__ float rgb(const unsigned char *bytes, const float *floats, int n, int c, int y, int x, int H, int W) {
  if (bytes) return bytes[(((size_t)n * H + y) * W + x) * 3 + c] * (1.0f / 255.0f);
  return floats[(((size_t)n * 3 + c) * H + y) * W + x];
}

// Rows of `kernel` pixels as channels: -> out [N, H + kernel - 1, W, C], channel 3 j + c being colour c of the pixel j - kernel / 2 further right;
// channels from 3 kernel on are 0. A convolution that sees three channels through a large kernel becomes one that sees C through a column.
extern "C" __global__ void unfold_rows(const unsigned char *bytes, const float *floats, bf16 *out, int N, int H, int W, int C, int kernel) {
  const int lanes = C / 8, half = kernel / 2, rows = H + 2 * half;
  const u32 total = N * rows * W * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, W, rows);
    const int lane = spot.lane, column = spot.column, n = spot.n, y = mirrored(spot.row - half, H);
    Eight e;
    if (bytes && column >= half && column + half < W) {
      // Away from the edges a row's colours lie in the memory as they are wanted.
      const unsigned char *from = bytes + (((size_t)n * H + y) * W + column - half) * 3 + lane * 8;
#pragma unroll
      for (int i = 0; i < 8; i++) e.v[i] = lane * 8 + i < 3 * kernel ? from[i] * (1.0f / 255.0f) : 0.0f;
      store8(out + (size_t)at * 8, e);
      continue;
    }
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int channel = lane * 8 + i;
      e.v[i] = channel < 3 * kernel ? rgb(bytes, floats, n, channel % 3, y, mirrored(column + channel / 3 - half, W), H, W) : 0.0f;
    }
    store8(out + (size_t)at * 8, e);
  }
}

// Space to depth by two with reflection padding of one: -> out [N, H / 2 + 2, W / 2 + 2, 16] in pixel_unshuffle's order, four zeros at the end.
extern "C" __global__ void unshuffle_padded(const unsigned char *bytes, const float *floats, bf16 *out, int N, int H, int W) {
  const int rows = H / 2 + 2, columns = W / 2 + 2;
  const u32 total = N * rows * columns * 2;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, 2, columns, rows);
    const int lane = spot.lane, n = spot.n, y = mirrored(spot.row - 1, H / 2) * 2, x = mirrored(spot.column - 1, W / 2) * 2;
    Eight e;
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int channel = lane * 8 + i, phase = channel % 4;
      e.v[i] = channel < 12 ? rgb(bytes, floats, n, channel / 4, y + phase / 2, x + phase % 2, H, W) : 0.0f;
    }
    store8(out + (size_t)at * 8, e);
  }
}

__device__ __forceinline__ void put(unsigned char *bytes, float *floats, float value, int n, int c, int y, int x, int H, int W) {
  if (bytes) bytes[(((size_t)n * H + y) * W + x) * 3 + c] = (unsigned char)__float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * 255.0f);
  else floats[(((size_t)n * 3 + c) * H + y) * W + x] = value;
}

// The rows that unfold_rows' counterpart leaves to be added: parts [N, H + kernel - 1, W, C], channel 3 r + c at row y being row r's share of colour c at
// y - r. Gives bytes [N, H, W, 3], or floats [N, 3, H, W].
extern "C" __global__ void sum_rows(const bf16 *parts, const float *bias, unsigned char *bytes, float *floats, int N, int H, int W, int C,
                                    int kernel, int sigmoid) {
  const u32 total = N * H * W;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const int column = at % W, row = at / W % H, n = at / W / H;
    float sum[3] = {bias[0], bias[1], bias[2]};
    for (int r = 0; r < kernel; r++) {
      const bf16 *part = parts + (((size_t)n * (H + kernel - 1) + row + r) * W + column) * C + 3 * r;
#pragma unroll
      for (int c = 0; c < 3; c++) sum[c] += up(part[c]);
    }
#pragma unroll
    for (int c = 0; c < 3; c++) put(bytes, floats, sigmoid ? 1.0f / (1.0f + __expf(-sum[c])) : sum[c], n, c, row, column, H, W);
  }
}

// Backward of sum_rows for floats: g, y [N, 3, H, W] -> dparts [N, H + kernel - 1, W, C].
extern "C" __global__ void sum_rows_backward(const float *g, const float *y, bf16 *dparts, int N, int H, int W, int C, int kernel, int sigmoid) {
  const int lanes = C / 8, rows = H + kernel - 1;
  const u32 total = N * rows * W * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, W, rows);
    const int lane = spot.lane, column = spot.column, row = spot.row, n = spot.n;
    Eight e;
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int channel = lane * 8 + i, from = row - channel / 3;
      float value = 0;
      if (channel < 3 * kernel && from >= 0 && from < H) {
        const size_t place = (((size_t)n * 3 + channel % 3) * H + from) * W + column;
        value = g[place];
        if (sigmoid) value *= y[place] * (1 - y[place]);
      }
      e.v[i] = value;
    }
    store8(dparts + (size_t)at * 8, e);
  }
}

// Depth to space by two into a picture: x [N, H, W, C], channel c * 4 + phase, plus a bias of each -> bytes [N, 2H, 2W, 3], or floats [N, 3, 2H, 2W].
extern "C" __global__ void shuffle_out(const bf16 *x, const float *bias, unsigned char *bytes, float *floats, int N, int H, int W, int C) {
  const u32 total = N * H * W * 4;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const int column = at % (2 * W), row = at / (2 * W) % (2 * H), n = at / (2 * W) / (2 * H);
    const int phase = (row % 2) * 2 + column % 2;
    const bf16 *pixel = x + (((size_t)n * H + row / 2) * W + column / 2) * C;
#pragma unroll
    for (int c = 0; c < 3; c++) put(bytes, floats, up(pixel[c * 4 + phase]) + bias[c * 4 + phase], n, c, row, column, 2 * H, 2 * W);
  }
}
)cuda";

}  // namespace runtime

#endif
