#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "CFetching.h"
#include "loading.h"

static struct {
  struct archive *(*read_new)(void);
  int (*read_support_format_zip_seekable)(struct archive *);
  int (*read_open_filename)(struct archive *, const char *, size_t);
  int (*read_next_header)(struct archive *, struct archive_entry **);
  int (*read_data_block)(struct archive *, const void **, size_t *, la_int64_t *);
  int (*read_free)(struct archive *);
  const char *(*error_string)(struct archive *);
  const char *(*version_string)(void);
  const char *(*entry_pathname)(struct archive_entry *);
  const char *(*entry_pathname_utf8)(struct archive_entry *);
  const char *(*entry_hardlink)(struct archive_entry *);
  mode_t (*entry_filetype)(struct archive_entry *);
  la_int64_t (*entry_size)(struct archive_entry *);
  int (*entry_size_is_set)(struct archive_entry *);
} archive;

struct cf_archive {
  struct archive *reader;
  bool failed;
};

const char *cf_load_archive(void) {
#ifdef __APPLE__
  static const char *const names[] = {"/usr/lib/libarchive.2.dylib", "libarchive.13.dylib", NULL};
#else
  static const char *const names[] = {"libarchive.so.13", "libarchive.so", NULL};
#endif
  const char *reason;
  void *library = cf_open_library(names, &reason);
  if (!library) return reason;
#define TAKE(name) \
  if ((reason = cf_take(library, "archive_" #name, &archive.name))) return reason
  TAKE(read_new);
  TAKE(read_support_format_zip_seekable);
  TAKE(read_open_filename);
  TAKE(read_next_header);
  TAKE(read_data_block);
  TAKE(read_free);
  TAKE(error_string);
  TAKE(version_string);
  TAKE(entry_pathname);
  TAKE(entry_pathname_utf8);
  TAKE(entry_hardlink);
  TAKE(entry_filetype);
  TAKE(entry_size);
  TAKE(entry_size_is_set);
#undef TAKE
  return NULL;
}

const char *cf_archive_version(void) {
  const char *text = archive.version_string();
  const char *space = strchr(text, ' ');
  return space ? space + 1 : text;
}

cf_archive *cf_archive_open(const char *path) {
  cf_archive *result = calloc(1, sizeof *result);
  if (!result) return NULL;
  result->reader = archive.read_new();
  if (!result->reader) {
    free(result);
    return NULL;
  }
  result->failed = archive.read_support_format_zip_seekable(result->reader) < ARCHIVE_WARN ||
                   archive.read_open_filename(result->reader, path, 1 << 18) != ARCHIVE_OK;
  return result;
}

bool cf_archive_failed(cf_archive *self) { return self->failed; }

const char *cf_archive_reason(cf_archive *self) {
  const char *text = archive.error_string(self->reader);
  return text ? text : "unknown";
}

int cf_archive_next(cf_archive *self, cf_entry *entry) {
  struct archive_entry *found = NULL;
  int code = archive.read_next_header(self->reader, &found);
  if (code == ARCHIVE_EOF) return 0;
  // A warning is about a name in an unknown alphabet.
  if (code < ARCHIVE_WARN || !found) return -1;
  const char *name = archive.entry_pathname_utf8(found);
  entry->name = name ? name : archive.entry_pathname(found);
  mode_t type = archive.entry_filetype(found);
  entry->is_file = type == AE_IFREG && !archive.entry_hardlink(found);
  entry->is_folder = type == AE_IFDIR;
  entry->size = archive.entry_size_is_set(found) ? archive.entry_size(found) : -1;
  return 1;
}

int cf_archive_read(cf_archive *self, const void **bytes, size_t *count, int64_t *offset) {
  la_int64_t position = 0;
  int code = archive.read_data_block(self->reader, bytes, count, &position);
  *offset = position;
  return code == ARCHIVE_EOF ? 0 : code == ARCHIVE_OK ? 1 : -1;
}

void cf_archive_close(cf_archive *self) {
  archive.read_free(self->reader);
  free(self);
}
