// The C face of OpenCV's dense optical flow: every call goes through one table of functions, which the runtime library
// (`clipmorph-flow`) exports. Programs load that library on first use, so that OpenCV costs nothing until it is wanted.
//
// Rules: pictures are row-major without padding, RGB interleaved; a flow is x and y in pixels, interleaved. What is written
// is the caller's memory. A call gives 0, or -1 with its reason in `last_error` of the same thread. No C++ exception leaves
// the table.
#ifndef COPTICALFLOW_H
#define COPTICALFLOW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#define COF_NONNULL _Nonnull
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
#else
#define COF_NONNULL
#endif

// Raised with every change of the table, so that a library and a program of different builds refuse each other.
#define COF_ABI_VERSION 5

typedef struct cof_estimator cof_estimator;

// cv::DISOpticalFlow's presets, by their numbers.
typedef enum cof_preset { COF_ULTRAFAST = 0, COF_FAST = 1, COF_MEDIUM = 2 } cof_preset;

// How a picture is read between its pixels.
typedef enum cof_resampling { COF_BILINEAR = 0, COF_BICUBIC = 1 } cof_resampling;

typedef struct cof_size {
  int32_t width;
  int32_t height;
} cof_size;

typedef struct cof_api {
  uint32_t abi_version;

  // The reason for this thread's last failure; valid until its next call.
  const char *COF_NONNULL (*last_error)(void);
  // OpenCV's version, such as "4.6.0".
  const char *COF_NONNULL (*version)(void);
  // The threads that OpenCV may use, in the whole program; 0 leaves it to OpenCV.
  int (*set_threads)(int count);

  // An estimator serves one thread at a time and keeps its memory between calls.
  // `finest_scale` is where it stops refining: 0 at the pictures' size, 1 at half of it, and so on; `descents` and `refinements` are the steps of
  // gradient descent for a patch and of variational refinement at a scale; `stride` is how many pixels patches, of eight, are apart. -1 takes the preset's.
  int (*estimator_new)(cof_preset preset, int finest_scale, int descents, int refinements, int stride, cof_estimator **out);
  void (*estimator_free)(cof_estimator *estimator);
  // Flow from one 8-bit grey picture to another: `from` at p is found in `to` at p + flow(p).
  int (*estimate)(cof_estimator *estimator, const uint8_t *from, const uint8_t *to, cof_size size, float *flow);

  // 8-bit grey (BT.601) of RGB samples of `bytes` bytes each (1 or 2).
  int (*grey)(const void *rgb, int bytes, cof_size size, uint8_t *out);
  // Averages areas (INTER_AREA); samples of `bytes` bytes each (1 or 2), `channels` 1 or 3.
  int (*resize_area)(const void *pixels, int bytes, int channels, cof_size size, void *out, cof_size out_size);
  // Bilinear, with the vectors scaled along.
  int (*resize_flow)(const float *flow, cof_size size, float *out, cof_size out_size);
  // out(p) = picture(p + flow(p)); outside it is black (bilinear), or as at its edge (bicubic); samples of `bytes` bytes each (1 or 2), `channels` 1 or 3.
  int (*warp)(const void *pixels, int bytes, int channels, const float *flow, cof_size size, cof_resampling resampling, void *out);
  // out(p) = other(p + flow(p)), bilinear, 0 outside.
  int (*warp_flow)(const float *other, const float *flow, cof_size size, float *out);
} cof_api;

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#ifdef __cplusplus
}
#endif
#endif
