// Instance normalisation with ReLU, residual and padding, forward and backward.
#ifndef CLIPMORPH_KERNELS_NORM_HPP
#define CLIPMORPH_KERNELS_NORM_HPP

namespace runtime {

inline constexpr const char *norm_kernels = R"cuda(
// Sums of x - k and (x - k)^2 over a part of a picture's pixels, k being its first pixel (of the first phase where four channels are one):
// x [N, P, C] -> partial [N, B, C, 2]. Grid (B, N), 256 threads. Channel c of `phases` phases of C / phases channels each belongs to c % (C / phases).
extern "C" __global__ void norm_sums(const bf16 *x, float *partial, int P, int C, int phases) {
  __shared__ float shared[256 * 16];
  const int lanes = C / 8, rows = 256 / lanes, lane = threadIdx.x % lanes, row = threadIdx.x / lanes;
  const int per = (P + gridDim.x - 1) / gridDim.x, begin = blockIdx.x * per, end = min(P, begin + per);
  const bf16 *picture = x + (size_t)blockIdx.y * P * C;
  float sums[16];
#pragma unroll
  for (int i = 0; i < 16; i++) sums[i] = 0;
  if (row < rows) {
    const Eight k = load8(picture + (lane * 8) % (C / phases));
    for (int p = begin + row; p < end; p += rows) {
      const Eight e = load8(picture + (size_t)p * C + lane * 8);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const float d = e.v[i] - k.v[i];
        sums[i] += d;
        sums[8 + i] += d * d;
      }
    }
  }
#pragma unroll
  for (int i = 0; i < 16; i++) shared[threadIdx.x * 16 + i] = sums[i];
  __syncthreads();
  float *out = partial + ((size_t)blockIdx.y * gridDim.x + blockIdx.x) * C * 2;
  for (int i = threadIdx.x; i < C * 2; i += 256) {
    const int c = i / 2, which = i % 2;
    float sum = 0;
    for (int r = 0; r < rows; r++) sum += shared[(r * lanes + c / 8) * 16 + which * 8 + c % 8];
    out[i] = sum;
  }
}

// Mean and 1 / deviation: partial [N, B, C, 2] -> statistics [N, C / phases, 2]. One block a channel of a picture: its 256 threads share the parts.
extern "C" __global__ void norm_finish(const float *partial, const bf16 *x, float *statistics, int N, int B, int P, int C, int phases,
                                       float epsilon) {
  __shared__ float shared[512];
  const int groups = C / phases, n = blockIdx.x / groups, c = blockIdx.x % groups;
  float sum = 0, squares = 0;
  for (int i = threadIdx.x; i < B * phases; i += 256) {
    const float *part = partial + (((size_t)n * B + i / phases) * C + i % phases * groups + c) * 2;
    sum += part[0];
    squares += part[1];
  }
  shared[threadIdx.x] = sum;
  shared[256 + threadIdx.x] = squares;
  for (int half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      shared[threadIdx.x] += shared[threadIdx.x + half];
      shared[256 + threadIdx.x] += shared[256 + threadIdx.x + half];
    }
  }
  if (threadIdx.x > 0) return;
  const float count = (float)P * phases, k = up(x[(size_t)n * P * C + c]);
  const float mean = shared[0] / count, variance = fmaxf(0.0f, shared[256] / count - mean * mean);
  statistics[blockIdx.x * 2] = k + mean;
  statistics[blockIdx.x * 2 + 1] = rsqrtf(variance + epsilon);
}

// y = pad(relu?(norm(x)) + residual?): x [N, H, W, phases C] -> y [N, fH + 2p, fW + 2p, C], f^2 = phases; the residual is [N, fH + 2q, fW + 2q, C],
// of which the border is left out. Reflection padding. One thread eight channels.
extern "C" __global__ void norm_apply(const bf16 *x, const float *statistics, const float *weight, const float *bias, const bf16 *residual,
                                      bf16 *y, int N, int H, int W, int C, int factor, int padding, int margin, int relu) {
  const int lanes = C / 8, height = H * factor, width = W * factor, rows = height + 2 * padding, columns = width + 2 * padding;
  const u32 total = N * rows * columns * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const Spot spot = spot_of(at, lanes, columns, rows);
    const int lane = spot.lane, n = spot.n, iy = mirrored(spot.row - padding, height), ix = mirrored(spot.column - padding, width);
    const int phase = (iy % factor) * factor + ix % factor;
    Eight e = load8(x + ((((size_t)n * H + iy / factor) * W + ix / factor) * (factor * factor) + phase) * C + lane * 8);
    Eight r;
    if (residual)
      r = load8(residual + (((size_t)n * (height + 2 * margin) + iy + margin) * (width + 2 * margin) + ix + margin) * C + lane * 8);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int c = lane * 8 + i;
      const float *s = statistics + ((size_t)n * C + c) * 2;
      float value = (e.v[i] - s[0]) * s[1] * weight[c] + bias[c];
      if (relu) value = fmaxf(value, 0.0f);
      e.v[i] = residual ? value + r.v[i] : value;
    }
    store8(y + (size_t)at * 8, e);
  }
}

// Backward through padding and relu: g [N, H + 2p, W + 2p, C] -> dz [N, H, W, C], the gradient of what the normalisation gives, and of the residual
// [N, H + 2q, W + 2q, C], whose border gets 0 (it shares the forward's factor of 1). Partial sums of dz and dz * x̂ as in norm_sums.
extern "C" __global__ void norm_fold(const bf16 *g, const bf16 *x, const float *statistics, const float *weight, const float *bias, bf16 *dz,
                                     float *partial, int H, int W, int C, int padding, int relu) {
  __shared__ float shared[256 * 16];
  const int lanes = C / 8, rows = 256 / lanes, lane = threadIdx.x % lanes, row = threadIdx.x / lanes, P = H * W;
  const int per = (P + gridDim.x - 1) / gridDim.x, begin = blockIdx.x * per, end = min(P, begin + per), n = blockIdx.y;
  float sums[16], mean[8], inverse[8], w[8], b[8];
#pragma unroll
  for (int i = 0; i < 16; i++) sums[i] = 0;
  if (row < rows) {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int c = lane * 8 + i;
      mean[i] = statistics[((size_t)n * C + c) * 2];
      inverse[i] = statistics[((size_t)n * C + c) * 2 + 1];
      w[i] = weight[c];
      b[i] = bias[c];
    }
    for (int p = begin + row; p < end; p += rows) {
      Eight d = folded(g, n, p / W, p % W, H, W, C, padding, lane);
      const size_t at = ((size_t)n * P + p) * C + lane * 8;
      const Eight e = load8(x + at);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const float normal = (e.v[i] - mean[i]) * inverse[i];
        if (relu && normal * w[i] + b[i] <= 0) d.v[i] = 0;
        sums[i] += d.v[i];
        sums[8 + i] += d.v[i] * normal;
      }
      store8(dz + at, d);
    }
  }
#pragma unroll
  for (int i = 0; i < 16; i++) shared[threadIdx.x * 16 + i] = sums[i];
  __syncthreads();
  float *out = partial + ((size_t)n * gridDim.x + blockIdx.x) * C * 2;
  for (int i = threadIdx.x; i < C * 2; i += 256) {
    const int c = i / 2, which = i % 2;
    float sum = 0;
    for (int r = 0; r < rows; r++) sum += shared[(r * lanes + c / 8) * 16 + which * 8 + c % 8];
    out[i] = sum;
  }
}

// Backward through the normalisation: dx = w / deviation (dz - mean(dz) - x̂ mean(dz x̂)); sums are [N, C, 2]. [N, P, C]
extern "C" __global__ void norm_backward(const bf16 *dz, const bf16 *x, const float *statistics, const float *sums, const float *weight,
                                         bf16 *dx, int N, int P, int C) {
  const int lanes = C / 8;
  const u32 total = N * P * lanes;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const int lane = at % lanes, n = at / (P * lanes);
    Eight d = load8(dz + (size_t)at * 8);
    const Eight e = load8(x + (size_t)at * 8);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const size_t c = (size_t)n * C + lane * 8 + i;
      const float inverse = statistics[c * 2 + 1], normal = (e.v[i] - statistics[c * 2]) * inverse;
      d.v[i] = weight[lane * 8 + i] * inverse * (d.v[i] - sums[c * 2] / P - normal * sums[c * 2 + 1] / P);
    }
    store8(dx + (size_t)at * 8, d);
  }
}
)cuda";

}  // namespace runtime

#endif
