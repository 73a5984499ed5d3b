// libcurl and libarchive for Swift: both are opened on first use, so that they cost nothing at start and one that is missing is a sentence.
#ifndef CFETCHING_H
#define CFETCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define CF_NONNULL _Nonnull
#define CF_NULLABLE _Nullable
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
#else
#define CF_NONNULL
#define CF_NULLABLE
#endif

// Opens a library once; null, or the reason why it cannot be used. Not for two threads at once.
const char *CF_NULLABLE cf_load_curl(void);
const char *CF_NULLABLE cf_load_archive(void);

// Versions, such as "7.88.1"; after loading only.
const char *CF_NONNULL cf_curl_version(void);
const char *CF_NONNULL cf_archive_version(void);

// How a transfer ended, apart from the server's status.
typedef enum cf_outcome {
  CF_COMPLETE = 0,
  // The stop function said so, or a callback took fewer bytes than it was given.
  CF_STOPPED = 1,
  // The network or the server broke off, or was not reached: worth another try.
  CF_BROKEN = 2,
  // The server's certificate is not trusted.
  CF_UNTRUSTED = 3,
  // Nothing that another try would mend.
  CF_FAILED = 4,
} cf_outcome;

typedef struct cf_request {
  const char *CF_NONNULL url;
  // The first byte wanted; 0 asks for the whole.
  int64_t offset;
  // The value of If-Range, or null.
  const char *CF_NULLABLE if_range;
  const char *CF_NONNULL user_agent;
  // A file of trusted certificates in place of the system's, or null.
  const char *CF_NULLABLE certificates;
  // Seconds for connecting, and seconds with less than a hundred bytes each after which a transfer counts as broken.
  long connect_timeout;
  long stall_timeout;
  void *CF_NONNULL context;
  // One header line, or a block of the body; gives the bytes taken.
  size_t (*CF_NONNULL header)(const char *CF_NULLABLE bytes, size_t count, void *CF_NONNULL context);
  size_t (*CF_NONNULL body)(const char *CF_NULLABLE bytes, size_t count, void *CF_NONNULL context);
  // Asked about once a second and more often while data come in.
  bool (*CF_NONNULL stop)(void *CF_NONNULL context);
} cf_request;

typedef struct cf_response {
  cf_outcome outcome;
  // The HTTP status; 0 where there was none.
  long status;
  char reason[256];
  // Where the server redirects to, absolute; empty where it does not.
  char redirect[4096];
} cf_response;

// One GET over http or https. Follows no redirect.
void cf_get(const cf_request *CF_NONNULL request, cf_response *CF_NONNULL response);

typedef struct cf_archive cf_archive;

typedef struct cf_entry {
  // UTF-8, valid until the next entry; null where the name cannot be read.
  const char *CF_NULLABLE name;
  bool is_file;
  bool is_folder;
  // Bytes when unpacked; -1 where the archive does not say.
  int64_t size;
} cf_entry;

// A zip file, read by its directory; null where memory is short. `cf_archive_failed` tells whether it could be opened.
cf_archive *CF_NULLABLE cf_archive_open(const char *CF_NONNULL path);
bool cf_archive_failed(cf_archive *CF_NONNULL archive);
// The reason for the last failure.
const char *CF_NONNULL cf_archive_reason(cf_archive *CF_NONNULL archive);
// The next entry: 1, or 0 at the end, or -1.
int cf_archive_next(cf_archive *CF_NONNULL archive, cf_entry *CF_NONNULL entry);
// The next block of the entry's data: 1, or 0 at the end, or -1, also where the checksum differs.
int cf_archive_read(cf_archive *CF_NONNULL archive, const void *CF_NULLABLE *CF_NONNULL bytes, size_t *CF_NONNULL count,
                    int64_t *CF_NONNULL offset);
void cf_archive_close(cf_archive *CF_NONNULL archive);

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
