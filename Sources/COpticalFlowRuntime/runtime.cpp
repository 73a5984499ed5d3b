// See COpticalFlow.h. The only code that includes OpenCV's headers.
#include "COpticalFlow.h"

#include <exception>
#include <stdexcept>
#include <string>

#include <opencv2/core.hpp>
#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

struct cof_estimator {
  cv::Ptr<cv::DISOpticalFlow> dis;
};

namespace {

thread_local std::string reason;

template <typename Body>
int guarded(Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const cv::Exception &error) {
    reason = error.err;
  } catch (const std::exception &error) {
    reason = error.what();
  } catch (...) {
    reason = "an unknown failure";
  }
  return -1;
}

cv::Mat wrap(const void *data, cof_size size, int type) {
  return cv::Mat(size.height, size.width, type, const_cast<void *>(data));
}

int depth_of(int bytes) { return bytes == 1 ? CV_8U : CV_16U; }

// OpenCV quietly takes other memory where a result does not fit in what it was given: that would leave the caller's unwritten.
void expect_written(const cv::Mat &result, const void *memory) {
  if (result.data != memory) throw std::runtime_error("a result of another size or type than was asked for");
}

const char *last_error() { return reason.c_str(); }

const char *version() { return CV_VERSION; }

int set_threads(int count) {
  // A negative number is OpenCV's own choice; 0 would be no threads at all.
  return guarded([&] { cv::setNumThreads(count > 0 ? count : -1); });
}

int estimator_new(cof_preset preset, int finest_scale, int descents, int refinements, int stride, cof_estimator **out) {
  return guarded([&] {
    auto dis = cv::DISOpticalFlow::create(preset);
    if (finest_scale >= 0) dis->setFinestScale(finest_scale);
    if (descents >= 0) dis->setGradientDescentIterations(descents);
    if (stride > 0) dis->setPatchStride(stride);
    if (refinements >= 0) dis->setVariationalRefinementIterations(refinements);
    *out = new cof_estimator{dis};
  });
}

void estimator_free(cof_estimator *estimator) { delete estimator; }

int estimate(cof_estimator *estimator, const uint8_t *from, const uint8_t *to, cof_size size, float *flow) {
  return guarded([&] {
    // A flow of the right size would be taken for a first guess, whatever is in it: so it gets an empty one.
    cv::Mat found, result = wrap(flow, size, CV_32FC2);
    estimator->dis->calc(wrap(from, size, CV_8UC1), wrap(to, size, CV_8UC1), found);
    found.copyTo(result);
    expect_written(result, flow);
  });
}

int grey(const void *rgb, int bytes, cof_size size, uint8_t *out) {
  return guarded([&] {
    cv::Mat picture = wrap(rgb, size, CV_MAKETYPE(depth_of(bytes), 3)), result = wrap(out, size, CV_8UC1);
    if (bytes == 2) {
      cv::Mat eight;
      picture.convertTo(eight, CV_8U, 1.0 / 257);
      picture = eight;
    }
    cv::cvtColor(picture, result, cv::COLOR_RGB2GRAY);
    expect_written(result, out);
  });
}

int resize_area(const void *pixels, int bytes, int channels, cof_size size, void *out, cof_size out_size) {
  return guarded([&] {
    const int type = CV_MAKETYPE(depth_of(bytes), channels);
    cv::Mat result = wrap(out, out_size, type);
    cv::resize(wrap(pixels, size, type), result, result.size(), 0, 0, cv::INTER_AREA);
    expect_written(result, out);
  });
}

int resize_flow(const float *flow, cof_size size, float *out, cof_size out_size) {
  return guarded([&] {
    cv::Mat result = wrap(out, out_size, CV_32FC2);
    cv::resize(wrap(flow, size, CV_32FC2), result, result.size(), 0, 0, cv::INTER_LINEAR);
    const cv::Scalar factors(double(out_size.width) / size.width, double(out_size.height) / size.height);
    cv::multiply(result, factors, result);
    expect_written(result, out);
  });
}

// The positions that a flow points to; the memory stays with the thread.
const cv::Mat &positions(const float *flow, cof_size size) {
  static thread_local cv::Mat map;
  map.create(size.height, size.width, CV_32FC2);
  for (int y = 0; y < size.height; y++) {
    const float *from = flow + 2 * int64_t(y) * size.width;
    float *to = map.ptr<float>(y);
    for (int x = 0; x < size.width; x++) {
      to[2 * x] = float(x) + from[2 * x];
      to[2 * x + 1] = float(y) + from[2 * x + 1];
    }
  }
  return map;
}

void remap(const void *source, const float *flow, cof_size size, int type, cof_resampling resampling, void *out) {
  cv::Mat result = wrap(out, size, type);
  const bool cubic = resampling == COF_BICUBIC;
  cv::remap(wrap(source, size, type), result, positions(flow, size), cv::noArray(), cubic ? cv::INTER_CUBIC : cv::INTER_LINEAR,
            cubic ? cv::BORDER_REPLICATE : cv::BORDER_CONSTANT);
  expect_written(result, out);
}

int warp(const void *pixels, int bytes, int channels, const float *flow, cof_size size, cof_resampling resampling, void *out) {
  return guarded([&] { remap(pixels, flow, size, CV_MAKETYPE(depth_of(bytes), channels), resampling, out); });
}

int warp_flow(const float *other, const float *flow, cof_size size, float *out) {
  return guarded([&] { remap(other, flow, size, CV_32FC2, COF_BILINEAR, out); });
}

const cof_api api = {
    .abi_version = COF_ABI_VERSION,
    .last_error = last_error,
    .version = version,
    .set_threads = set_threads,
    .estimator_new = estimator_new,
    .estimator_free = estimator_free,
    .estimate = estimate,
    .grey = grey,
    .resize_area = resize_area,
    .resize_flow = resize_flow,
    .warp = warp,
    .warp_flow = warp_flow,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const cof_api *clipmorph_flow_api(void) { return &api; }
