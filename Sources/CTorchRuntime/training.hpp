// The part of the table that training needs: seeded noise, gradients, Adam.
#ifndef CLIPMORPH_TRAINING_HPP
#define CLIPMORPH_TRAINING_HPP

#include "CTorch.h"

namespace runtime {

int random_normal(const int64_t *shape, int rank, uint64_t seed, ct_device device, ct_tensor **out);
int random_sparse(const int64_t *shape, int rank, double share, int64_t amplitude, uint64_t seed, ct_device device,
                  ct_tensor **out);
int set_recording(bool recording, bool *previous);
int set_requires_gradient(ct_tensor *leaf, bool wanted);
int detach(const ct_tensor *x, ct_tensor **out);
int backward(const ct_tensor *x);
int gradient(const ct_tensor *leaf, ct_tensor **out);
int clear_gradient(ct_tensor *leaf);
int item(const ct_tensor *x, double *value);
int clip_gradients(ct_tensor *const *leaves, int count, double maximum, ct_tensor **norm);
int adam(ct_tensor *const *leaves, ct_tensor *const *first_moments, ct_tensor *const *second_moments, int count, int64_t step,
         double rate, double beta1, double beta2, double epsilon);

}  // namespace runtime

#endif
