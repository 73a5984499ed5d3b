// What the kernels have in common: bfloat16, places, reflection.
#ifndef CLIPMORPH_KERNELS_SHARED_HPP
#define CLIPMORPH_KERNELS_SHARED_HPP

namespace runtime {

inline constexpr const char *shared_kernels = R"cuda(
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

// A block's share of pieces of work: neighbours, so that what it knows of a picture serves for many.
struct Share { int begin, end; };
__device__ __forceinline__ Share share_of(int pieces) {
  const int each = pieces / gridDim.x, over = pieces % gridDim.x, block = blockIdx.x;
  Share share;
  share.begin = block * each + min(block, over);
  share.end = share.begin + each + (block < over ? 1 : 0);
  return share;
}
// Steps that a thread goes along a piece.
#define STEPS 8

// A place beside a row of `length` pixels, mirrored into it without repeating its ends.
__device__ __forceinline__ int mirrored(int at, int length) {
  if (at < 0) at = -at;
  return at >= length ? 2 * (length - 1) - at : at;
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
  // Away from the edges a place is shown once.
  if (iy > padding && iy < H - 1 - padding && ix > padding && ix < W - 1 - padding)
    return load8(g + (((size_t)n * (H + 2 * padding) + iy + padding) * (W + 2 * padding) + ix + padding) * C + lane * 8);
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
)cuda";

}  // namespace runtime

#endif
