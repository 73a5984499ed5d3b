// Kernels for what LibTorch does in several passes over the memory, compiled for the GPU at hand when they are first needed. Activations are
// bfloat16 [N, H, W, C], the channels of a pixel side by side; arithmetic is f32. Threads count in 32 bits, whose division is quick: fewer than 2^32 groups of eight channels.
#ifndef CLIPMORPH_CUDA_KERNELS_HPP
#define CLIPMORPH_CUDA_KERNELS_HPP

namespace runtime {

inline constexpr const char *cuda_kernels = R"cuda(
typedef unsigned short bf16;
typedef unsigned int u32;

__device__ __forceinline__ float up(u32 bits) { return __uint_as_float(bits << 16); }
__device__ __forceinline__ u32 down(float x) {
  u32 bits = __float_as_uint(x);
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;  // to the nearest, halves to even
}

// Eight channels of a pixel.
struct Eight { float v[8]; };
__device__ __forceinline__ Eight load8(const bf16 *at) {
  uint4 raw = *reinterpret_cast<const uint4 *>(at);
  u32 words[4] = {raw.x, raw.y, raw.z, raw.w};
  Eight e;
#pragma unroll
  for (int i = 0; i < 4; i++) { e.v[2 * i] = up(words[i] & 0xffffu); e.v[2 * i + 1] = up(words[i] >> 16); }
  return e;
}
__device__ __forceinline__ void store8(bf16 *at, const Eight &e) {
  u32 words[4];
#pragma unroll
  for (int i = 0; i < 4; i++) words[i] = down(e.v[2 * i]) | (down(e.v[2 * i + 1]) << 16);
  *reinterpret_cast<uint4 *>(at) = make_uint4(words[0], words[1], words[2], words[3]);
}

// Where a thread's eight channels lie in [N, rows, columns, lanes].
struct Spot { int lane, column, row, n; };
__device__ __forceinline__ Spot spot_of(u32 at, int lanes, int columns, int rows) {
  Spot spot;
  spot.lane = at % lanes;
  at /= lanes;
  spot.column = at % columns;
  at /= columns;
  spot.row = at % rows;
  spot.n = at / rows;
  return spot;
}

// A place beside a row of `length` pixels, mirrored into it without repeating its ends.
__device__ __forceinline__ int mirrored(int at, int length) {
  if (at < 0) at = -at;
  return at >= length ? 2 * (length - 1) - at : at;
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

// The gradient of one place of a reflection-padded row: the padded places that showed it. Gives how many, at most three.
__device__ __forceinline__ int shown_at(int at, int length, int padding, int *places) {
  int count = 0;
  places[count++] = at + padding;
  if (at >= 1 && at <= padding) places[count++] = padding - at;
  if (at <= length - 2 && at >= length - 1 - padding) places[count++] = 2 * (length - 1) - at + padding;
  return count;
}

// The gradient of a place under reflection padding: g [N, H + 2p, W + 2p, C], summed over where the place was shown.
__device__ __forceinline__ Eight folded(const bf16 *g, int n, int iy, int ix, int H, int W, int C, int padding, int lane) {
  int ys[3], xs[3];
  const int down_count = shown_at(iy, H, padding, ys), across = shown_at(ix, W, padding, xs);
  Eight d;
#pragma unroll
  for (int i = 0; i < 8; i++) d.v[i] = 0;
  for (int j = 0; j < down_count; j++)
    for (int k = 0; k < across; k++) {
      const Eight e = load8(g + (((size_t)n * (H + 2 * padding) + ys[j]) * (W + 2 * padding) + xs[k]) * C + lane * 8);
#pragma unroll
      for (int i = 0; i < 8; i++) d.v[i] += e.v[i];
    }
  return d;
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
