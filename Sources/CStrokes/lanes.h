// Vectors that are read from wherever they are, and code that is written once and compiled for processors with and without AVX2.
#ifndef CSTROKES_LANES_H
#define CSTROKES_LANES_H

#include <stddef.h>
#include <stdint.h>

#include "CStrokes.h"

// A pixel, and two.
typedef float pixel __attribute__((vector_size(16), aligned(4)));
typedef float pair __attribute__((vector_size(32), aligned(4)));

#define INLINE __attribute__((always_inline)) static inline

#if defined(__x86_64__)
// Defines a function that hands on to another, whose body it compiles twice.
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
