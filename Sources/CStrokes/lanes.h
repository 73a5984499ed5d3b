// Vectors that are read from wherever they are, and code that is written once and compiled for processors with and without AVX2.
#ifndef CSTROKES_LANES_H
#define CSTROKES_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CStrokes.h"

// Four floats, and eight.
typedef float four __attribute__((vector_size(16), aligned(4)));
typedef float eight __attribute__((vector_size(32), aligned(4)));

// How vectors of eight are handed over depends on the processor: here they never are, because all that takes them is inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE __attribute__((always_inline)) static inline

INLINE int32_t within(int32_t value, int32_t count) { return value < 0 ? 0 : value >= count ? count - 1 : value; }
INLINE int32_t least_of(int32_t a, int32_t b) { return a < b ? a : b; }

#if defined(__x86_64__) && !defined(CS_BASELINE)
// Defines a function that hands on to another, whose body it compiles twice. With CS_BASELINE, which a test has, it is the one for processors without AVX2.
#define COMPILED_TWICE(name, body, parameters, ...)                                                      \
  __attribute__((target("avx2,fma"))) static void body##_avx2 parameters { body(__VA_ARGS__); }          \
  void name parameters {                                                                                 \
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return body##_avx2(__VA_ARGS__); \
    body(__VA_ARGS__);                                                                                   \
  }
#else
#define COMPILED_TWICE(name, body, parameters, ...) \
  void name parameters { body(__VA_ARGS__); }
#endif

#endif
