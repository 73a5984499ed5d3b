#include "loading.h"

#include <dlfcn.h>
#include <string.h>

void *cf_open_library(const char *const *names, const char **reason) {
  *reason = "no name was given";
  for (; *names; names++) {
    void *library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
    const char *error = dlerror();
    if (error) *reason = error;
  }
  return NULL;
}

const char *cf_take(void *library, const char *symbol, void *function) {
  void *found = dlsym(library, symbol);
  if (!found) return symbol;
  memcpy(function, &found, sizeof found);
  return NULL;
}
