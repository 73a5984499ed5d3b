// The C face of LibTorch: every call that ClipMorph makes goes through one table of functions, which the runtime library
// (`clipmorph-torch`) exports. Programs load that library on first use, so that LibTorch costs nothing until it is wanted.
//
// Rules: every handle returned is owned by the caller and ends with `tensor_free`. A call gives 0, or -1 with its reason in
// `last_error` of the same thread. No C++ exception leaves the table.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#define CT_NONNULL _Nonnull
#pragma clang diagnostic ignored "-Wnullability-completeness"
#else
#define CT_NONNULL
#endif

// Raised with every change of the table, so that a library and a program of different builds refuse each other.
#define CT_ABI_VERSION 2

typedef struct ct_tensor ct_tensor;

typedef enum ct_dtype { CT_UINT8 = 0, CT_UINT16 = 1, CT_FLOAT32 = 2, CT_BFLOAT16 = 3, CT_FLOAT16 = 4 } ct_dtype;

typedef enum ct_device_kind { CT_CPU = 0, CT_CUDA = 1, CT_MPS = 2 } ct_device_kind;

typedef struct ct_device {
  ct_device_kind kind;
  int32_t index;
} ct_device;

typedef struct ct_api {
  uint32_t abi_version;

  // The reason for this thread's last failure; valid until its next call.
  const char *CT_NONNULL (*last_error)(void);
  // LibTorch's version, such as "2.13.0".
  const char *CT_NONNULL (*version)(void);
  // Whether the device can be used by this LibTorch on this machine.
  bool (*device_available)(ct_device device);
  // The threads that one operation may use.
  int (*set_threads)(int count);
  int (*threads)(void);

  // Creation: `data` is row-major and copied.
  int (*tensor_from_data)(const void *data, const int64_t *shape, int rank, ct_dtype dtype, ct_device device, ct_tensor **out);
  void (*tensor_free)(ct_tensor *tensor);

  // Reading.
  int (*tensor_shape)(const ct_tensor *tensor, int64_t *shape, int capacity, int *rank);
  int (*tensor_dtype)(const ct_tensor *tensor, ct_dtype *out);
  // Copies the row-major elements into `data`, which holds `bytes` bytes; they must be as many as the tensor has.
  int (*tensor_copy_out)(const ct_tensor *tensor, void *data, size_t bytes);

  // Layout and type.
  int (*to)(const ct_tensor *x, ct_dtype dtype, ct_device device, ct_tensor **out);
  int (*clone)(const ct_tensor *x, ct_tensor **out);
  int (*permute)(const ct_tensor *x, const int64_t *order, int rank, ct_tensor **out);
  int (*narrow)(const ct_tensor *x, int64_t dimension, int64_t start, int64_t length, ct_tensor **out);
  int (*cat)(const ct_tensor *const *tensors, int count, int64_t dimension, ct_tensor **out);

  // Arithmetic; names ending in _inplace change `x`.
  int (*scale_inplace)(ct_tensor *x, double factor, double offset);
  int (*clamp_inplace)(ct_tensor *x, double low, double high);
  int (*round_inplace)(ct_tensor *x);
  int (*add_inplace)(ct_tensor *x, const ct_tensor *y);
  int (*relu_inplace)(ct_tensor *x);
  int (*sigmoid_inplace)(ct_tensor *x);

  // Layers, NCHW.
  int (*reflection_pad)(const ct_tensor *x, int64_t padding, ct_tensor **out);
  int (*convolution)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t stride, int64_t groups,
                     ct_tensor **out);
  int (*transposed_convolution)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t stride,
                                int64_t padding, int64_t output_padding, ct_tensor **out);
  int (*instance_norm)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, ct_tensor **out);
  // Normalises by statistics taken over batch, height and width together, leaving out `margin` rows and columns on each side, and gives
  // them: [C] mean, [C] biased variance.
  int (*pooled_norm)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, int64_t margin,
                     ct_tensor **out, ct_tensor **mean, ct_tensor **variance);
  // Normalises by given statistics.
  int (*fixed_norm)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, const ct_tensor *mean,
                    const ct_tensor *variance, double epsilon, ct_tensor **out);
  int (*upsample_nearest)(const ct_tensor *x, int64_t factor, ct_tensor **out);
  int (*pixel_unshuffle)(const ct_tensor *x, int64_t factor, ct_tensor **out);
  int (*pixel_shuffle)(const ct_tensor *x, int64_t factor, ct_tensor **out);
} ct_api;

// The runtime library's one export.
const ct_api *clipmorph_torch_api(void);

#ifdef __cplusplus
}
#endif
#endif
