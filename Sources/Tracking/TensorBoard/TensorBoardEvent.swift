internal import BinaryFormats

/// Events and their framing, with the field numbers of `event.proto`, `summary.proto` and the hparams plugin's `plugin_data.proto`.
enum TensorBoardEvent {
  /// A record of an event file (TFRecord): length, masked CRC-32C of it, data, masked CRC-32C of them.
  static func framed(_ data: [UInt8]) -> [UInt8] {
    var framed: [UInt8] = []
    framed.reserveCapacity(data.count + 16)
    withUnsafeBytes(of: UInt64(data.count).littleEndian) { framed += $0 }
    append(masked(CRC32.castagnoli.checksum(framed[...])), to: &framed)
    framed += data
    append(masked(CRC32.castagnoli.checksum(data[...])), to: &framed)
    return framed
  }

  /// Rotated and shifted, so that checksums of data that holds checksums stay good ones.
  static func masked(_ checksum: UInt32) -> UInt32 {
    (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  static func fileVersion(time: Double) -> [UInt8] {
    event(time: time, step: 0) { $0.string(3, "brain.Event:2") }
  }

  /// Tells the reader that the run goes on at a step: what earlier files hold from there on counts no more.
  static func restart(time: Double, step: Int) -> [UInt8] {
    event(time: time, step: step) { event in event.message(7) { $0.integer(1, 1) } }
  }

  static func summary(time: Double, step: Int, _ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
    event(time: time, step: step) { $0.message(5, body) }
  }

  private static func event(time: Double, step: Int, _ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var event = ProtobufWriter()
    event.double(1, time)
    event.integer(2, step)
    body(&event)
    return event.bytes
  }

  static func scalar(_ tag: String, _ value: Double, to summary: inout ProtobufWriter) {
    summary.message(1) { entry in
      entry.string(1, tag)
      entry.float(2, Float(value))
    }
  }

  /// Without its caption: TensorBoard's readers complain of a description that belongs to no plugin, and with one they no longer see the picture.
  static func image(_ tag: String, _ image: EncodedImage, to summary: inout ProtobufWriter) {
    summary.message(1) { entry in
      entry.string(1, tag)
      entry.message(4) { picture in
        picture.integer(1, image.height)
        picture.integer(2, image.width)
        picture.integer(3, 3)
        picture.data(4, image.png)
      }
    }
  }

  static func histogram(_ tag: String, _ histogram: Histogram, to summary: inout ProtobufWriter) {
    summary.message(1) { entry in
      entry.string(1, tag)
      entry.message(5) { bins in
        bins.double(1, histogram.minimum)
        bins.double(2, histogram.maximum)
        bins.double(3, Double(histogram.count))
        bins.double(4, histogram.sum)
        bins.double(5, histogram.sumOfSquares)
        bins.doubles(6, Array(histogram.edges.dropFirst()))
        bins.doubles(7, histogram.counts.map(Double.init))
      }
    }
  }

  /// The settings, for TensorBoard's table of runs.
  static func hyperparameters(_ values: [String: JSONValue], began: Double, to summary: inout ProtobufWriter) {
    plugin("_hparams_/session_start_info", to: &summary) { data in
      data.message(3) { start in
        for (key, value) in flattened(values).sorted(by: { $0.key < $1.key }) {
          start.message(1) { entry in
            entry.string(1, key)
            entry.message(2) { field in
              switch value {
              case .bool(let value): field.integer(4, value ? 1 : 0)
              case .integer(let value): field.double(2, Double(value))
              case .number(let value): field.double(2, value)
              case .string(let value): field.string(3, value)
              default: field.string(3, value.text)
              }
            }
          }
        }
        start.double(5, began)
      }
    }
  }

  static func end(isSuccess: Bool, time: Double, to summary: inout ProtobufWriter) {
    plugin("_hparams_/session_end_info", to: &summary) { data in
      data.message(4) { end in
        end.integer(1, isSuccess ? 1 : 2)
        end.double(2, time)
      }
    }
  }

  private static func plugin(_ tag: String, to summary: inout ProtobufWriter, _ body: (inout ProtobufWriter) -> Void) {
    summary.message(1) { entry in
      entry.string(1, tag)
      // An empty tensor of floats: all is in the metadata.
      entry.message(8) { tensor in
        tensor.integer(1, 1)
        tensor.message(2) { shape in shape.message(2) { _ in } }
      }
      entry.message(9) { metadata in
        metadata.message(1) { data in
          data.string(1, "hparams")
          data.message(2, body)
        }
      }
    }
  }

  /// Nested settings under names joined with dots.
  private static func flattened(_ values: [String: JSONValue], prefix: String = "") -> [String: JSONValue] {
    var flat: [String: JSONValue] = [:]
    for (key, value) in values {
      if case .object(let inner) = value {
        flat.merge(flattened(inner, prefix: prefix + key + ".")) { first, _ in first }
      } else {
        flat[prefix + key] = value
      }
    }
    return flat
  }
}
