// What loss networks and losses do between convolutions.
#ifndef CLIPMORPH_KERNELS_LOSSES_HPP
#define CLIPMORPH_KERNELS_LOSSES_HPP

namespace runtime {

inline constexpr const char *losses_kernels = R"cuda(
// Maximum of 2x2 cells: x [N, 2H, 2W, C] -> y [N, H, W, C]. One thread eight channels.
extern "C" __global__ void pool_cells(const bf16 *__restrict__ x, bf16 *__restrict__ y, int N, int H, int W, int C) {
  const int lanes = C / 8;
  const u32 total = N * H * W * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, W, H);
    const bf16 *cell = x + (((size_t)spot.n * 2 * H + 2 * spot.row) * 2 * W + 2 * spot.column) * C + spot.lane * 8;
    const Eight a = load8(cell), b = load8(cell + C), c = load8(cell + (size_t)2 * W * C), d = load8(cell + ((size_t)2 * W + 1) * C);
    Eight most;
#pragma unroll
    for (int i = 0; i < 8; i++) most.v[i] = fmaxf(fmaxf(a.v[i], b.v[i]), fmaxf(c.v[i], d.v[i]));
    store8(y + (size_t)at * 8, most);
  }
}

// The gradient of what a ReLU was given, y [N, 2H, 2W, C] being what it gave: that of y itself, g of the same shape or none, and that of its pooled cells,
// pooled [N, H, W, C], which reaches the first of a cell's largest. One thread eight channels of a cell.
extern "C" __global__ void pool_unfold(const bf16 *__restrict__ y, const bf16 *__restrict__ g, const bf16 *__restrict__ pooled,
                                       bf16 *__restrict__ dz, int N, int H, int W, int C) {
  const int lanes = C / 8;
  const u32 total = N * H * W * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, W, H);
    const size_t corner = (((size_t)spot.n * 2 * H + 2 * spot.row) * 2 * W + 2 * spot.column) * C + spot.lane * 8;
    const size_t places[4] = {corner, corner + C, corner + (size_t)2 * W * C, corner + ((size_t)2 * W + 1) * C};
    const Eight p = load8(pooled + (size_t)at * 8);
    Eight values[4];
#pragma unroll
    for (int k = 0; k < 4; k++) values[k] = load8(y + places[k]);
    float most[8];
#pragma unroll
    for (int i = 0; i < 8; i++)
      most[i] = fmaxf(fmaxf(values[0].v[i], values[1].v[i]), fmaxf(values[2].v[i], values[3].v[i]));
    bool given[8];
#pragma unroll
    for (int i = 0; i < 8; i++) given[i] = false;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      Eight d;
      if (g) {
        d = load8(g + places[k]);
      } else {
#pragma unroll
        for (int i = 0; i < 8; i++) d.v[i] = 0;
      }
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const bool first = !given[i] && values[k].v[i] == most[i];
        given[i] = given[i] || first;
        const float sum = d.v[i] + (first ? p.v[i] : 0.0f);
        d.v[i] = values[k].v[i] > 0 ? sum : 0.0f;
      }
      store8(dz + places[k], d);
    }
  }
}

// Sums of (a - b)^2, a part for each block: a, b [8 count] -> partial [blocks].
extern "C" __global__ void squared_differences(const bf16 *__restrict__ a, const bf16 *__restrict__ b, float *__restrict__ partial, int count) {
  __shared__ float shared[256];
  float sum = 0;
#pragma unroll 4
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < (u32)count; at += gridDim.x * blockDim.x) {
    const Eight x = load8(a + (size_t)at * 8), y = load8(b + (size_t)at * 8);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const float d = x.v[i] - y.v[i];
      sum += d * d;
    }
  }
  shared[threadIdx.x] = sum;
  for (int half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
  }
  if (threadIdx.x == 0) partial[blockIdx.x] = shared[0];
}

// factor g (a - b): g [1], a, b [8 count] -> out [8 count].
extern "C" __global__ void scaled_difference(const float *__restrict__ g, const bf16 *__restrict__ a, const bf16 *__restrict__ b,
                                             bf16 *__restrict__ out, float factor, int count) {
  const float scale = factor * g[0];
#pragma unroll 4
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < (u32)count; at += gridDim.x * blockDim.x) {
    Eight x = load8(a + (size_t)at * 8);
    const Eight y = load8(b + (size_t)at * 8);
#pragma unroll
    for (int i = 0; i < 8; i++) x.v[i] = scale * (x.v[i] - y.v[i]);
    store8(out + (size_t)at * 8, x);
  }
}
)cuda";

}  // namespace runtime

#endif
