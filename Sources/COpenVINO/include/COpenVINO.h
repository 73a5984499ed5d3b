// OpenVINO's C interface, loaded on first use, as far as style networks need it.
//
// Functions return 0, or -1 with the reason in cov_last_error() of the same thread. What is returned through a last pointer is owned by the caller.
#ifndef CLIPMORPH_COPENVINO_H
#define CLIPMORPH_COPENVINO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cov_model cov_model;
typedef struct cov_request cov_request;

typedef enum { COV_F32, COV_U8, COV_U16 } cov_type;

typedef struct {
  // "f32" or "bf16".
  const char *precision;
  // Threads; 0 leaves it to OpenVINO.
  int threads;
  // Requests that run at once; 0 optimises for one after another.
  int streams;
  // A folder for compiled models, or NULL.
  const char *cache;
} cov_options;

// Why the last call on this thread failed.
const char *cov_last_error(void);
// Loads the library; `path` is a file or a name that the loader finds, NULL what the set-up has put in place.
int cov_load(const char *path);
// OpenVINO's version, once it is loaded.
const char *cov_version(void);
// Compiles an ONNX model for the CPU.
int cov_compile(const void *onnx, size_t bytes, const cov_options *options, cov_model **out);
void cov_model_free(cov_model *model);
// A request runs one batch at a time; a model has as many as are wanted.
int cov_request_new(cov_model *model, cov_request **out);
void cov_request_free(cov_request *request);
// The memory from which the input is read and into which an output is written, of the caller's, until the request has run.
int cov_request_set_input(cov_request *request, cov_type type, const int64_t *shape, int rank, const void *data);
int cov_request_set_output(cov_request *request, size_t index, cov_type type, const int64_t *shape, int rank, void *data);
int cov_request_infer(cov_request *request);

#ifdef __cplusplus
}
#endif
#endif
