// Taking functions out of a library by name.
#ifndef CFETCHING_LOADING_H
#define CFETCHING_LOADING_H

#include <stddef.h>

// Opens the first of `names` (ended by null); null where there is none, with a reason.
void *cf_open_library(const char *const *names, const char **reason);

// Fills `*function` with the symbol; null on success, else the reason.
const char *cf_take(void *library, const char *symbol, void *function);

#endif
