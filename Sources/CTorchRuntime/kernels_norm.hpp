// Instance normalisation with ReLU, residual and padding, forward and backward.
#ifndef CLIPMORPH_KERNELS_NORM_HPP
#define CLIPMORPH_KERNELS_NORM_HPP

namespace runtime {

inline constexpr const char *norm_kernels = R"cuda(
// What normalisation does to eight channels: (x - mean) scale + shift.
struct Affine { float mean[8], scale[8], shift[8]; };
__device__ __forceinline__ Affine affine_of(const float *statistics, const float *weight, const float *bias, int lane) {
  Affine a;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    const int c = lane * 8 + i;
    a.mean[i] = statistics[c * 2];
    a.scale[i] = statistics[c * 2 + 1] * weight[c];
    a.shift[i] = bias[c];
  }
  return a;
}

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
#pragma unroll 4
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
// of which the border is left out. Reflection padding. A block goes along pieces of y's rows; a thread has the same eight channels all the way.
extern "C" __global__ void norm_apply(const bf16 *__restrict__ x, const float *__restrict__ statistics, const float *__restrict__ weight,
                                      const float *__restrict__ bias, const bf16 *__restrict__ residual, bf16 *__restrict__ y, int N, int H,
                                      int W, int C, int factor, int padding, int margin, int relu) {
  const int lanes = C / 8, across = 256 / lanes, lane = threadIdx.x % lanes, first = threadIdx.x / lanes;
  if (first >= across) return;
  const int height = H * factor, width = W * factor, rows = height + 2 * padding, columns = width + 2 * padding, phases = factor * factor;
  const int pieces = (columns + across * STEPS - 1) / (across * STEPS);
  const Share share = share_of(N * rows * pieces);
  Affine affine;
  int known = -1;
  for (int piece = share.begin; piece < share.end; piece++) {
    const int at = piece / pieces, begin = piece % pieces * across * STEPS, end = min(columns, begin + across * STEPS);
    const int n = at / rows, row = at % rows, iy = mirrored(row - padding, height);
    if (n != known) affine = affine_of(statistics + (size_t)n * C * 2, weight, bias, lane);
    known = n;
    const bf16 *from = x + (((size_t)n * H + iy / factor) * W * phases + iy % factor * factor) * C + lane * 8;
    const bf16 *other = residual + (((size_t)n * (height + 2 * margin) + iy + margin) * (width + 2 * margin) + margin) * C + lane * 8;
    bf16 *to = y + (size_t)at * columns * C + lane * 8;
#pragma unroll 4
    for (int column = begin + first; column < end; column += across) {
      const int ix = mirrored(column - padding, width);
      Eight e = load8(from + (size_t)(factor == 1 ? ix : ix / factor * phases + ix % factor) * C);
#pragma unroll
      for (int i = 0; i < 8; i++) {
        e.v[i] = (e.v[i] - affine.mean[i]) * affine.scale[i] + affine.shift[i];
        if (relu) e.v[i] = fmaxf(e.v[i], 0.0f);
      }
      if (residual) {
        const Eight r = load8(other + (size_t)ix * C);
#pragma unroll
        for (int i = 0; i < 8; i++) e.v[i] += r.v[i];
      }
      store8(to + (size_t)column * C, e);
    }
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
#pragma unroll 2
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

// Backward through the normalisation: dx = w / deviation (dz - mean(dz) - x̂ mean(dz x̂)); sums are [N, C, 2]. [N, P, C] A thread has the same eight
// channels all the way.
extern "C" __global__ void norm_backward(const bf16 *__restrict__ dz, const bf16 *__restrict__ x, const float *__restrict__ statistics,
                                         const float *__restrict__ sums, const float *__restrict__ weight, bf16 *__restrict__ dx, int N, int P,
                                         int C) {
  const int lanes = C / 8, across = 256 / lanes, lane = threadIdx.x % lanes, first = threadIdx.x / lanes;
  if (first >= across) return;
  const int pieces = (P + across * STEPS - 1) / (across * STEPS);
  const Share share = share_of(N * pieces);
  float mean[8], gain[8], slope[8], offset[8];
  int known = -1;
  for (int piece = share.begin; piece < share.end; piece++) {
    const int n = piece / pieces, begin = piece % pieces * across * STEPS, end = min(P, begin + across * STEPS);
    if (n != known) {
#pragma unroll
      for (int i = 0; i < 8; i++) {
        const size_t c = (size_t)n * C + lane * 8 + i;
        const float inverse = statistics[c * 2 + 1];
        mean[i] = statistics[c * 2];
        gain[i] = weight[lane * 8 + i] * inverse;
        offset[i] = sums[c * 2] / P;
        slope[i] = inverse * (sums[c * 2 + 1] / P);
      }
      known = n;
    }
#pragma unroll 4
    for (int p = begin + first; p < end; p += across) {
      const size_t place = ((size_t)n * P + p) * C + lane * 8;
      Eight d = load8(dz + place);
      const Eight e = load8(x + place);
#pragma unroll
      for (int i = 0; i < 8; i++) d.v[i] = gain[i] * (d.v[i] - offset[i] - (e.v[i] - mean[i]) * slope[i]);
      store8(dx + place, d);
    }
  }
}
)cuda";

}  // namespace runtime

#endif
