/// The trackers that still work. One that fails is told of once and left out.
struct TrackerDesk {
  private var trackers: [any Tracker] = []
  /// Those that failed and may have something going on elsewhere.
  private var leftOut: [any Tracker] = []
  private var hasWarnedOfImages = false
  private let warn: (String) -> Void

  init(warn: @escaping (String) -> Void) {
    self.warn = warn
  }

  mutating func open(_ name: String, _ open: TrackerQueue.Opener) {
    do {
      trackers.append(try open())
    } catch {
      warn("\(name) is left out: \(error.description)")
    }
  }

  mutating func forEach(_ body: (any Tracker) throws(TrackingError) -> Void) {
    trackers = trackers.filter { tracker in
      do throws(TrackingError) {
        try body(tracker)
        return true
      } catch {
        warn("\(tracker.name) is left out from here on: \(error.description)")
        leftOut.append(tracker)
        return false
      }
    }
  }

  mutating func flush() {
    forEach { tracker throws(TrackingError) in try tracker.flush() }
  }

  /// Lets the trackers look after what they have going on elsewhere.
  func tend() {
    for tracker in trackers + leftOut { tracker.tend() }
  }

  /// Waits for what trackers have going on elsewhere, until it is told that nobody waits.
  func settle(until isStopped: () -> Bool) {
    for tracker in trackers + leftOut { tracker.settle(until: isStopped) }
  }

  /// Encodes a row's pictures, counts its histograms, and hands it to all.
  mutating func write(_ row: TrackedRow) {
    guard trackers.contains(where: { row.isDue || $0.takesEveryRow }) else { return }
    var prepared = PreparedRow(
      step: row.step, time: row.time, runtime: row.runtime, scalars: row.scalars, images: [:],
      histograms: row.values.mapValues { Histogram($0) })
    for (key, images) in row.images where !images.isEmpty {
      do {
        var encoded: [EncodedImage] = []
        for image in images { encoded.append(try image.encoded(key: key)) }
        prepared.images[key] = encoded
      } catch {
        if !hasWarnedOfImages { warn(error.description) }
        hasWarnedOfImages = true
      }
    }
    let whole = prepared
    forEach { tracker throws(TrackingError) in
      if row.isDue || tracker.takesEveryRow { try tracker.write(whole) }
    }
  }
}
