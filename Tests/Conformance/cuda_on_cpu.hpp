// CUDA's words for a host compiler, as far as the kernels use them: blocks of 256 threads, one block after the other. It is for tests of
// what the kernels compute; what a GPU rounds otherwise (__expf, rsqrtf, a multiplication and an addition in one) is not seen here.
#ifndef CLIPMORPH_CUDA_ON_CPU_HPP
#define CLIPMORPH_CUDA_ON_CPU_HPP

#include <math.h>
#include <string.h>

#include <algorithm>
#include <barrier>
#include <optional>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static  // one block at a time has it

// Some C libraries have functions of these names.
#define __expf cuda_expf
#define rsqrtf cuda_rsqrtf

using std::max;
using std::min;

struct dim3 { unsigned x, y, z; };
struct uint4 { unsigned x, y, z, w; };

inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float __uint_as_float(unsigned bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
inline unsigned __float_as_uint(float value) {
  unsigned bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline int __float2int_rn(float value) { return static_cast<int>(nearbyintf(value)); }
inline float cuda_expf(float value) { return expf(value); }
inline float cuda_rsqrtf(float value) { return 1.0f / sqrtf(value); }

static const unsigned block_size = 256;
static const dim3 blockDim = {block_size, 1, 1};
static dim3 gridDim;
static thread_local dim3 blockIdx, threadIdx;
static std::optional<std::barrier<>> block_barrier;

inline void __syncthreads() { block_barrier->arrive_and_wait(); }

template <typename Visit>
void each_block(Visit visit) {
  for (unsigned y = 0; y < gridDim.y; y++)
    for (unsigned x = 0; x < gridDim.x; x++) visit(dim3{x, y, 0});
}

// A kernel whose threads need nothing of each other: they run one after the other, which is quick.
template <typename Kernel>
void launch_apart(unsigned x, unsigned y, Kernel kernel) {
  gridDim = {x, y, 1};
  each_block([&](dim3 block) {
    blockIdx = block;
    for (unsigned t = 0; t < block_size; t++) {
      threadIdx = {t, 0, 0};
      kernel();
    }
  });
}

// A kernel with __syncthreads: a thread of the CPU for each. As on a GPU, a thread that has returned is not waited for.
template <typename Kernel>
void launch_together(unsigned x, unsigned y, Kernel kernel) {
  gridDim = {x, y, 1};
  block_barrier.emplace(block_size);
  auto renew = []() noexcept { block_barrier.emplace(block_size); };
  std::barrier next_block(block_size, renew);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < block_size; t++)
    threads.emplace_back([&, t] {
      threadIdx = {t, 0, 0};
      each_block([&](dim3 block) {
        blockIdx = block;
        kernel();
        block_barrier->arrive_and_drop();
        next_block.arrive_and_wait();
      });
    });
  for (auto &thread : threads) thread.join();
}

#endif
