// Pictures as video codecs keep them, to RGB and back.
#ifndef CLIPMORPH_KERNELS_COLOR_HPP
#define CLIPMORPH_KERNELS_COLOR_HPP

namespace runtime {

inline constexpr const char *color_kernels = R"cuda(
// Luma of red and blue, and the bytes of black, of white and of the largest colour difference: Y = scale luma + black, C = span difference + 128.
struct Coding { float red, blue, black, scale, span; };
__device__ __forceinline__ Coding coding_of(float red, float blue, int full) {
  Coding coding;
  coding.red = red;
  coding.blue = blue;
  coding.black = full ? 0.0f : 16.0f;
  coding.scale = full ? 255.0f : 219.0f;
  coding.span = full ? 255.0f : 224.0f;
  return coding;
}

__device__ __forceinline__ unsigned char as_byte(float x) { return (unsigned char)__float2int_rn(fminf(fmaxf(x, 0.0f), 255.0f)); }
__device__ __forceinline__ int held(int at, int length) { return min(max(at, 0), length - 1); }

// planes [N, 3/2 H, W] (Y, then Cb and Cr at half of both sides, between the pixels) -> rgb [N, H, W, 3]. Colour differences are enlarged by the cubic of
// Mitchell and Netravali with B = 0, C = 0.6, which FFmpeg's scaler takes for "bicubic"; beyond the edges the last ones go on.
extern "C" __global__ void planes_to_rgb(const unsigned char *planes, unsigned char *rgb, int N, int H, int W, float red, float blue, int full) {
  const Coding coding = coding_of(red, blue, full);
  const float green = 1.0f - red - blue;
  // The cubic at 5/4, 1/4, 3/4 and 7/4.
  const float taps[4] = {-0.084375f, 0.871875f, 0.240625f, -0.028125f};
  const int h = H / 2, w = W / 2;
  const u32 total = N * H * W;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const int x = at % W, y = at / W % H, n = at / W / H;
    const unsigned char *luma = planes + (size_t)n * H * W * 3 / 2, *differences[2] = {luma + (size_t)H * W, luma + (size_t)H * W + (size_t)h * w};
    float c[2];
#pragma unroll
    for (int p = 0; p < 2; p++) {
      float sum = 0;
#pragma unroll
      for (int j = 0; j < 4; j++) {
        // An odd pixel lies a quarter behind its sample, an even one a quarter before.
        const int row = held(y % 2 ? y / 2 - 1 + j : y / 2 + 1 - j, h);
        float across = 0;
#pragma unroll
        for (int i = 0; i < 4; i++) across += taps[i] * differences[p][(size_t)row * w + held(x % 2 ? x / 2 - 1 + i : x / 2 + 1 - i, w)];
        sum += taps[j] * across;
      }
      c[p] = (sum - 128.0f) / coding.span;
    }
    const float lightness = (luma[(size_t)y * W + x] - coding.black) / coding.scale;
    const float r = lightness + 2.0f * (1.0f - red) * c[1], b = lightness + 2.0f * (1.0f - blue) * c[0];
    const float g = (lightness - red * r - blue * b) / green;
    unsigned char *out = rgb + (size_t)at * 3;
    out[0] = as_byte(r * 255.0f);
    out[1] = as_byte(g * 255.0f);
    out[2] = as_byte(b * 255.0f);
  }
}

// rgb [N, H, W, 3] -> planes [N, 3/2 H, W]. Two neighbours' mean across, and down the same cubic over eight rows. A thread makes four pixels' luma and their
// colour differences.
extern "C" __global__ void rgb_to_planes(const unsigned char *rgb, unsigned char *planes, int N, int H, int W, float red, float blue, int full) {
  const Coding coding = coding_of(red, blue, full);
  const float green = 1.0f - red - blue;
  // Half of the cubic at 7/4, 5/4, 3/4 and 1/4.
  const float taps[4] = {-0.0140625f, -0.0421875f, 0.1203125f, 0.4359375f};
  const int h = H / 2, w = W / 2;
  const u32 total = N * h * w;
  for (u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < total; at += gridDim.x * blockDim.x) {
    const int x = at % w, y = at / w % h, n = at / w / h;
    const unsigned char *picture = rgb + (size_t)n * H * W * 3;
    unsigned char *luma = planes + (size_t)n * H * W * 3 / 2;
    float r = 0, g = 0, b = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) {
      const int row = held(2 * y - 3 + j, H);
      const unsigned char *pair = picture + ((size_t)row * W + 2 * x) * 3;
      const float tap = taps[j < 4 ? j : 7 - j] * 0.5f;
      r += tap * (pair[0] + pair[3]);
      g += tap * (pair[1] + pair[4]);
      b += tap * (pair[2] + pair[5]);
      if (j != 3 && j != 4) continue;
#pragma unroll
      for (int i = 0; i < 2; i++)
        luma[(size_t)row * W + 2 * x + i] =
            as_byte((red * pair[3 * i] + green * pair[3 * i + 1] + blue * pair[3 * i + 2]) * (coding.scale / 255.0f) + coding.black);
    }
    const float lightness = red * r + green * g + blue * b;
    const size_t place = (size_t)H * W + (size_t)y * w + x;
    luma[place] = as_byte((b - lightness) / (2.0f * (1.0f - blue)) * (coding.span / 255.0f) + 128.0f);
    luma[place + (size_t)h * w] = as_byte((r - lightness) / (2.0f * (1.0f - red)) * (coding.span / 255.0f) + 128.0f);
  }
}
)cuda";

}  // namespace runtime

#endif
