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
#define CT_ABI_VERSION 11

typedef struct ct_tensor ct_tensor;
typedef struct ct_lane ct_lane;

typedef enum ct_dtype { CT_UINT8 = 0, CT_UINT16 = 1, CT_FLOAT32 = 2, CT_BFLOAT16 = 3, CT_FLOAT16 = 4, CT_FLOAT64 = 5 } ct_dtype;

typedef enum ct_device_kind { CT_CPU = 0, CT_CUDA = 1, CT_MPS = 2 } ct_device_kind;

typedef struct ct_device {
  ct_device_kind kind;
  int32_t index;
} ct_device;

// How luma and colour differences stand for RGB (ITU-T H.273): the shares of red and blue in luma, and whether bytes go from 0 to 255.
typedef struct ct_coding {
  float red;
  float blue;
  bool full_range;
} ct_coding;

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

  // Creation: `data` is row-major and copied. To a GPU it goes through page-locked memory, and the call does not wait for it.
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
  // `padding` zeros on each side; the bias may be NULL.
  int (*convolution)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t stride, int64_t padding,
                     int64_t groups, int64_t dilation, ct_tensor **out);
  int (*transposed_convolution)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t stride,
                                int64_t padding, int64_t output_padding, ct_tensor **out);
  int (*instance_norm)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, ct_tensor **out);
  // The same in place, with ReLU after it where wanted.
  int (*instance_norm_inplace)(ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, bool relu);
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
  // `side` x `side` windows, `side` apart; with `ceil` a window may reach over the edge.
  int (*max_pool)(const ct_tensor *x, int64_t side, bool ceil, ct_tensor **out);

  // Arithmetic that leaves its arguments alone, for what a gradient flows through.
  int (*add)(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
  int (*subtract)(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
  int (*multiply)(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
  int (*divide)(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
  // The matrix product of the last two dimensions.
  int (*matmul)(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
  // F F' of each of tiles x tiles parts of [N, C, H, W], row by row: [tiles^2 N, C, C], f32 where x is bf16.
  int (*gram)(const ct_tensor *x, int64_t tiles, ct_tensor **out);
  int (*scale)(const ct_tensor *x, double factor, double offset, ct_tensor **out);
  int (*absolute)(const ct_tensor *x, ct_tensor **out);
  int (*square)(const ct_tensor *x, ct_tensor **out);
  int (*square_root)(const ct_tensor *x, ct_tensor **out);
  int (*relu)(const ct_tensor *x, ct_tensor **out);
  int (*sigmoid)(const ct_tensor *x, ct_tensor **out);
  // Over all elements, with rank 0.
  int (*sum)(const ct_tensor *x, ct_tensor **out);
  int (*mean)(const ct_tensor *x, ct_tensor **out);
  // The mean along one dimension, which stays with size 1.
  int (*mean_along)(const ct_tensor *x, int64_t dimension, ct_tensor **out);
  // With Bessel's correction; f32 for bf16, as the next.
  int (*variance)(const ct_tensor *x, ct_tensor **out);
  int (*mean_squared_difference)(const ct_tensor *x, const ct_tensor *y, ct_tensor **out);
  int (*reshape)(const ct_tensor *x, const int64_t *shape, int rank, ct_tensor **out);
  int (*transpose)(const ct_tensor *x, int64_t one, int64_t other, ct_tensor **out);
  // Bilinear samples of [N, C, H, W] at a grid [N, h, w, 2] of (x, y), -1 and 1 being the outer edges of the outer pixels; beyond them the picture
  // is mirrored.
  int (*grid_sample)(const ct_tensor *x, const ct_tensor *grid, ct_tensor **out);
  int (*channels_last)(const ct_tensor *x, ct_tensor **out);
  // 1 where every element along the last dimension is in -limit…limit, its own of `count` limits, else 0; that dimension goes.
  int (*within)(const ct_tensor *x, const double *limits, int count, ct_tensor **out);

  // Reproducible numbers, f32, by a generator of their own that starts at `seed`. A GPU draws its own: others than the CPU's.
  int (*random_normal)(const int64_t *shape, int rank, uint64_t seed, ct_device device, ct_tensor **out);
  // Whole numbers, uniform in -amplitude…amplitude, on `share` of the elements; 0 on the others.
  int (*random_sparse)(const int64_t *shape, int rank, double share, int64_t amplitude, uint64_t seed, ct_device device,
                       ct_tensor **out);

  // Gradients. Whether operations are recorded is a state of the thread; `previous` is what it was.
  int (*set_recording)(bool recording, bool *previous);
  int (*set_requires_gradient)(ct_tensor *leaf, bool wanted);
  // The same memory, outside the record.
  int (*detach)(const ct_tensor *x, ct_tensor **out);
  // From a tensor of one element to every leaf that requires a gradient; adds to the gradients that are there.
  int (*backward)(const ct_tensor *x);
  // A leaf's gradient, or NULL where it has none; shares memory with it.
  int (*gradient)(const ct_tensor *leaf, ct_tensor **out);
  int (*clear_gradient)(ct_tensor *leaf);
  int (*item)(const ct_tensor *x, double *value);
  // Scales the leaves' gradients so that their joint L2 norm is at most `maximum`; gives the norm before, [].
  int (*clip_gradients)(ct_tensor *const *leaves, int count, double maximum, ct_tensor **norm);
  // One step of Adam (Kingma, Ba 2014) on every leaf that has a gradient. `step` counts from 1.
  int (*adam)(ct_tensor *const *leaves, ct_tensor *const *first_moments, ct_tensor *const *second_moments, int count,
              int64_t step, double rate, double beta1, double beta2, double epsilon);

  // Convolution of stride 1 and ReLU in one pass where the device has that. The gradient reaches what goes in, not the weights.
  int (*convolution_relu)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, ct_tensor **out);
  // The same, and the maximum of its 2x2 cells; `ceil` says whether an odd row or column at the end is a cell.
  int (*convolution_relu_pool)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, int64_t padding, bool ceil, ct_tensor **out,
                               ct_tensor **pooled);
  // Zeros as further channels of [N, C, H, W].
  int (*pad_channels)(const ct_tensor *x, int64_t channels, ct_tensor **out);

  // Fused passes, bfloat16 with channels last, on CUDA. Pictures are bytes [N, H, W, 3] or f32 [N, 3, H, W] in 0...1.
  // Whether a device has them.
  bool (*fuses)(ct_device device);
  // Reflection padding of relu?(instance norm(x)) + residual?: [N, C factor^2, H, W] -> [N, C, factor H + 2 padding, factor W + 2 padding]. With a factor
  // of 2 the channels are phases x C, shuffled into place; gradients flow with 1. The residual (NULL for none) has a border of `margin` that is left out.
  int (*fused_norm)(const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias, double epsilon, bool relu, int64_t factor,
                    const ct_tensor *residual, int64_t margin, int64_t padding, ct_tensor **out);
  // A picture's rows of `kernel` pixels as channels 3 j + colour, zeros to `channels`: [N, channels, H + kernel - 1, W].
  int (*unfold_rows)(const ct_tensor *picture, int64_t kernel, int64_t channels, ct_tensor **out);
  // A picture's 2x2 cells as 12 channels and 4 zeros, padded by one: [N, 16, H / 2 + 2, W / 2 + 2].
  int (*unshuffle_padded)(const ct_tensor *picture, ct_tensor **out);
  // Channels 3 r + colour of [N, C, H + kernel - 1, W], each from r rows further down, added up with a bias: a picture.
  int (*sum_rows)(const ct_tensor *parts, const ct_tensor *bias, int64_t kernel, bool sigmoid, bool bytes, ct_tensor **out);
  // Channels 4 colour + phase of [N, C, H, W] with a bias of each as a picture of twice the size.
  int (*shuffle_out)(const ct_tensor *x, const ct_tensor *bias, bool bytes, ct_tensor **out);
  // Bytes [N, 3/2 H, W] (luma, then both colour differences at half of both sides) to pictures of bytes [N, H, W, 3], and back.
  int (*planes_to_pictures)(const ct_tensor *planes, ct_coding coding, ct_tensor **out);
  int (*pictures_to_planes)(const ct_tensor *pictures, ct_coding coding, ct_tensor **out);

  // Lets the device try its algorithms on every new shape and keep the fastest.
  int (*tune)(ct_device device);
  // The most bytes of a GPU's memory that tensors have had at once; 0 elsewhere.
  int (*memory_peak)(ct_device device, int64_t *bytes);

  // A lane is a network recorded for one size. Between `begin` and `finish` the calling thread's work goes to the lane's stream; what is done between
  // `record` and `finish`, from `input` to `output`, is recorded.
  int (*lane_begin)(ct_device device, ct_lane **out);
  int (*lane_record)(ct_lane *lane);
  int (*lane_finish)(ct_lane *lane, const ct_tensor *input, const ct_tensor *output);
  // Replays it on other bytes; waits for the result. One thread at a time.
  int (*lane_run)(ct_lane *lane, const void *input, size_t input_bytes, void *output, size_t output_bytes);
  // Seconds of one replay without its copies, the mean of many.
  int (*lane_time)(ct_lane *lane, int64_t repetitions, double *seconds);
  void (*lane_free)(ct_lane *lane);
} ct_api;

// Makes the program's allocator keep what is freed instead of giving it back to the system; does nothing without glibc.
void ct_keep_freed_memory(void);

// The runtime library's one export.
const ct_api *clipmorph_torch_api(void);

#ifdef __cplusplus
}
#endif
#endif
