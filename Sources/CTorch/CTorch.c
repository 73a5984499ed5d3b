// The table's functions live in the runtime library; this one is the program's own.
#include "CTorch.h"

#ifdef __GLIBC__
#include <malloc.h>
#include <stdlib.h>
#endif

void ct_keep_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 2147483647);
  mallopt(M_TOP_PAD, 64 << 20);
  // LibTorch then asks for huge pages, of which there are fewer to pay for.
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
#endif
}
