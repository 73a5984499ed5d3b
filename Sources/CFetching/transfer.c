#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "CFetching.h"
#include "loading.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
  CURLcode (*global_init)(long);
  const char *(*easy_strerror)(CURLcode);
  CURL *(*easy_init)(void);
  CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
  CURLcode (*easy_perform)(CURL *);
  CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
  void (*easy_cleanup)(CURL *);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
  curl_version_info_data *(*version_info)(CURLversion);
} curl;

const char *cf_load_curl(void) {
#ifdef __APPLE__
  static const char *const names[] = {"/usr/lib/libcurl.4.dylib", "libcurl.4.dylib", NULL};
#else
  static const char *const names[] = {"libcurl.so.4", "libcurl.so", NULL};
#endif
  const char *reason;
  void *library = cf_open_library(names, &reason);
  if (!library) return reason;
#define TAKE(name) \
  if ((reason = cf_take(library, "curl_" #name, &curl.name))) return reason
  TAKE(global_init);
  TAKE(easy_strerror);
  TAKE(easy_init);
  TAKE(easy_setopt);
  TAKE(easy_perform);
  TAKE(easy_getinfo);
  TAKE(easy_cleanup);
  TAKE(slist_append);
  TAKE(slist_free_all);
  TAKE(version_info);
#undef TAKE
  CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK ? NULL : curl.easy_strerror(code);
}

const char *cf_curl_version(void) { return curl.version_info(CURLVERSION_NOW)->version; }

static size_t on_header(char *bytes, size_t size, size_t count, void *user) {
  const cf_request *request = user;
  return request->header(bytes, size * count, request->context);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
  const cf_request *request = user;
  return request->body(bytes, size * count, request->context);
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now) {
  (void)total, (void)now, (void)up_total, (void)up_now;
  const cf_request *request = user;
  return request->stop(request->context) ? 1 : 0;
}

static cf_outcome outcome(CURLcode code) {
  switch (code) {
    case CURLE_OK: return CF_COMPLETE;
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_WRITE_ERROR: return CF_STOPPED;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return CF_BROKEN;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return CF_UNTRUSTED;
    default: return CF_FAILED;
  }
}

// Sets all options; the first that is refused ends it.
static CURLcode prepare(CURL *handle, const cf_request *request, struct curl_slist *headers, char *reason) {
  CURLcode code = CURLE_OK;
#define SET(option, value) \
  if ((code = curl.easy_setopt(handle, option, value))) return code
  SET(CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  if (request->certificates) SET(CURLOPT_CAINFO, request->certificates);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_USERAGENT, request->user_agent);
  SET(CURLOPT_CONNECTTIMEOUT, request->connect_timeout);
  SET(CURLOPT_LOW_SPEED_LIMIT, 100L);
  SET(CURLOPT_LOW_SPEED_TIME, request->stall_timeout);
  SET(CURLOPT_BUFFERSIZE, 256L * 1024);
  SET(CURLOPT_ERRORBUFFER, reason);
  SET(CURLOPT_NOPROGRESS, 0L);
  SET(CURLOPT_XFERINFOFUNCTION, on_progress);
  SET(CURLOPT_XFERINFODATA, (void *)request);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, (void *)request);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, (void *)request);
  SET(CURLOPT_HTTPHEADER, headers);
  if (request->offset > 0) {
    char range[32];
    snprintf(range, sizeof range, "%lld-", (long long)request->offset);
    SET(CURLOPT_RANGE, range);
  }
#undef SET
  return code;
}

void cf_get(const cf_request *request, cf_response *response) {
  memset(response, 0, sizeof *response);
  char reason[CURL_ERROR_SIZE] = "";
  CURL *handle = curl.easy_init();
  // The bytes are wanted as they lie on the server.
  struct curl_slist *headers = curl.slist_append(NULL, "Accept-Encoding: identity");
  if (request->offset > 0 && request->if_range) {
    char line[1024];
    snprintf(line, sizeof line, "If-Range: %s", request->if_range);
    struct curl_slist *longer = curl.slist_append(headers, line);
    if (longer) headers = longer;
  }
  CURLcode code = handle && headers ? prepare(handle, request, headers, reason) : CURLE_OUT_OF_MEMORY;
  if (code == CURLE_OK) {
    code = curl.easy_perform(handle);
    curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &response->status);
    char *redirect = NULL;
    curl.easy_getinfo(handle, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect) snprintf(response->redirect, sizeof response->redirect, "%s", redirect);
  }
  response->outcome = outcome(code);
  snprintf(response->reason, sizeof response->reason, "%s", reason[0] ? reason : curl.easy_strerror(code));
  curl.slist_free_all(headers);
  if (handle) curl.easy_cleanup(handle);
}
