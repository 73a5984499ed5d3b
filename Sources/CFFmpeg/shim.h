// FFmpeg for Swift: the headers, and functions for the macros that Swift cannot import.
#ifndef CFFMPEG_SHIM_H
#define CFFMPEG_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/md5.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/sha.h>
#include <libswscale/swscale.h>

#if LIBAVCODEC_VERSION_MAJOR < 59
#error "ClipMorph needs FFmpeg 5.1 or later"
#endif

static inline int64_t cff_no_pts(void) { return AV_NOPTS_VALUE; }
static inline int cff_error_eof(void) { return AVERROR_EOF; }
static inline int cff_error_again(void) { return AVERROR(EAGAIN); }
static inline int cff_error_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int cff_error_exit(void) { return AVERROR_EXIT; }
static inline int cff_errno(int error) { return AVUNERROR(error); }
static inline AVRational cff_time_base_q(void) { return (AVRational){1, AV_TIME_BASE}; }
static inline int64_t cff_time_base(void) { return AV_TIME_BASE; }

// The duration of a frame in its stream's time base; 0 where unknown.
static inline int64_t cff_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_MAJOR >= 58
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}
static inline void cff_set_frame_duration(AVFrame *frame, int64_t duration) {
#if LIBAVUTIL_VERSION_MAJOR >= 58
  frame->duration = duration;
#else
  frame->pkt_duration = duration;
#endif
}

// A stream's display matrix (nine 32-bit numbers), or null.
static inline const int32_t *cff_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData *data = av_packet_side_data_get(stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
                                                         AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= 36 ? (const int32_t *)data->data : NULL;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 36 ? (const int32_t *)data : NULL;
#endif
}

// Where in the file the last of the packets that a stream's index knows ends; 0 where there is no index.
static inline int64_t cff_index_end(AVStream *stream) {
  int64_t end = 0;
  for (int i = 0; i < avformat_index_get_entries_count(stream); i++) {
    const AVIndexEntry *entry = avformat_index_get_entry(stream, i);
    if (entry && entry->pos + entry->size > end) end = entry->pos + entry->size;
  }
  return end;
}

static inline int cff_frame_is_interlaced(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame->interlaced_frame;
#endif
}

#endif
