// See COpenVINO.h. Only types come from OpenVINO's headers; its functions are looked up by name once the library is open.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openvino/c/openvino.h>

#include "COpenVINO.h"

#define FUNCTIONS(X) \
  X(ov_get_openvino_version) X(ov_version_free) X(ov_get_error_info) X(ov_get_last_err_msg) X(ov_core_create) \
  X(ov_core_read_model_from_memory_buffer) X(ov_core_compile_model) X(ov_model_free) X(ov_compiled_model_free) \
  X(ov_compiled_model_create_infer_request) X(ov_infer_request_free) X(ov_infer_request_set_input_tensor) \
  X(ov_infer_request_set_output_tensor_by_index) X(ov_infer_request_infer) X(ov_tensor_create_from_host_ptr) X(ov_tensor_free) \
  X(ov_shape_create) X(ov_shape_free)

#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)

struct cov_model {
  ov_compiled_model_t *compiled;
};
struct cov_request {
  ov_infer_request_t *request;
};

static _Thread_local char message[1024];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *library;
static ov_core_t *core;
static char version[64];

const char *cov_last_error(void) { return message; }
const char *cov_version(void) { return version; }

static int fail(const char *call, const char *reason) {
  snprintf(message, sizeof message, "%s: %s", call, reason && *reason ? reason : "no reason given");
  return -1;
}

static int check(const char *call, ov_status_e status) {
  if (status == OK) return 0;
  const char *detail = p_ov_get_last_err_msg ? p_ov_get_last_err_msg() : NULL;
  return fail(call, detail && *detail ? detail : p_ov_get_error_info(status));
}

static int open_library(const char *path) {
  if (library) return 0;
  void *handle = dlopen(path ? path : CLIPMORPH_OPENVINO, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return fail("dlopen", dlerror());
#define LOOK_UP(name) \
  if (!(p_##name = (__typeof__(p_##name))dlsym(handle, #name))) { \
    dlclose(handle); \
    return fail(#name, "this OpenVINO lacks it"); \
  }
  FUNCTIONS(LOOK_UP)
  ov_version_t found;
  if (check("ov_get_openvino_version", p_ov_get_openvino_version(&found))) return -1;
  // "2026.4.0-12345-abcdef-releases/2026/4": the build's name says nothing to a user.
  snprintf(version, sizeof version, "%.*s", (int)strcspn(found.buildNumber, "-"), found.buildNumber);
  p_ov_version_free(&found);
  if (check("ov_core_create", p_ov_core_create(&core))) return -1;
  library = handle;
  return 0;
}

int cov_load(const char *path) {
  pthread_mutex_lock(&lock);
  int status = open_library(path);
  pthread_mutex_unlock(&lock);
  return status;
}

int cov_compile(const void *onnx, size_t bytes, const cov_options *options, cov_model **out) {
  if (!core) return fail("cov_compile", "OpenVINO is not loaded");
  ov_model_t *model = NULL;
  if (check("ov_core_read_model", p_ov_core_read_model_from_memory_buffer(core, onnx, bytes, NULL, &model))) return -1;
  char threads[16], streams[16];
  snprintf(threads, sizeof threads, "%d", options->threads);
  snprintf(streams, sizeof streams, "%d", options->streams);
  const char *properties[10];
  size_t count = 0;
  properties[count++] = "INFERENCE_PRECISION_HINT";
  properties[count++] = options->precision;
  properties[count++] = "PERFORMANCE_HINT";
  properties[count++] = options->streams > 0 ? "THROUGHPUT" : "LATENCY";
  if (options->threads > 0) {
    properties[count++] = "INFERENCE_NUM_THREADS";
    properties[count++] = threads;
  }
  if (options->streams > 0) {
    properties[count++] = "NUM_STREAMS";
    properties[count++] = streams;
  }
  if (options->cache) {
    properties[count++] = "CACHE_DIR";
    properties[count++] = options->cache;
  }
  // The function takes as many arguments as it is told there are; what lies beyond is not looked at.
  for (size_t i = count; i < 10; i++) properties[i] = NULL;
  ov_compiled_model_t *compiled = NULL;
  int status = check("ov_core_compile_model",
                     p_ov_core_compile_model(core, model, "CPU", count, &compiled, properties[0], properties[1], properties[2],
                                             properties[3], properties[4], properties[5], properties[6], properties[7],
                                             properties[8], properties[9]));
  p_ov_model_free(model);
  if (status) return -1;
  *out = malloc(sizeof **out);
  if (!*out) {
    p_ov_compiled_model_free(compiled);
    return fail("malloc", "out of memory");
  }
  (*out)->compiled = compiled;
  return 0;
}

void cov_model_free(cov_model *model) {
  if (!model) return;
  p_ov_compiled_model_free(model->compiled);
  free(model);
}

int cov_request_new(cov_model *model, cov_request **out) {
  ov_infer_request_t *request = NULL;
  if (check("ov_compiled_model_create_infer_request", p_ov_compiled_model_create_infer_request(model->compiled, &request)))
    return -1;
  *out = malloc(sizeof **out);
  if (!*out) {
    p_ov_infer_request_free(request);
    return fail("malloc", "out of memory");
  }
  (*out)->request = request;
  return 0;
}

void cov_request_free(cov_request *request) {
  if (!request) return;
  p_ov_infer_request_free(request->request);
  free(request);
}

static int host_tensor(cov_type type, const int64_t *shape, int rank, void *data, ov_tensor_t **tensor) {
  static const ov_element_type_e types[] = {F32, U8, U16};
  ov_shape_t sizes;
  if (check("ov_shape_create", p_ov_shape_create(rank, shape, &sizes))) return -1;
  int status = check("ov_tensor_create", p_ov_tensor_create_from_host_ptr(types[type], sizes, data, tensor));
  p_ov_shape_free(&sizes);
  return status;
}

int cov_request_set_input(cov_request *request, cov_type type, const int64_t *shape, int rank, const void *data) {
  ov_tensor_t *tensor = NULL;
  if (host_tensor(type, shape, rank, (void *)data, &tensor)) return -1;
  int status = check("ov_infer_request_set_input_tensor", p_ov_infer_request_set_input_tensor(request->request, tensor));
  p_ov_tensor_free(tensor);
  return status;
}

int cov_request_set_output(cov_request *request, size_t index, cov_type type, const int64_t *shape, int rank, void *data) {
  ov_tensor_t *tensor = NULL;
  if (host_tensor(type, shape, rank, data, &tensor)) return -1;
  int status =
      check("ov_infer_request_set_output_tensor", p_ov_infer_request_set_output_tensor_by_index(request->request, index, tensor));
  p_ov_tensor_free(tensor);
  return status;
}

int cov_request_infer(cov_request *request) { return check("ov_infer_request_infer", p_ov_infer_request_infer(request->request)); }
