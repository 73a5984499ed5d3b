/// Makes times go on where a clip's clock jumps, as in MPEG-TS files that were put together or recorded over a break. Streams keep their offset
/// to each other. All times are in microseconds.
struct ContinuousClock {
  /// What is added to times since a jump; packets of other streams may still come from before it.
  private struct Era {
    var number = 0
    var shift: Int64 = 0
  }

  private struct Place {
    var era: Era
    /// When the stream's last packet was decoded. Times rise, while durations may be guesses.
    var last: Int64
    /// When the stream's next packet is expected.
    var end: Int64
  }

  private var latest = Era()
  private var places: [Int32: Place] = [:]

  /// Streams are not interleaved to the packet; what lies this far back is another clock.
  private static let tolerance: Int64 = 500_000
  /// A pause may be long; one that no stream fills for longer than this is another clock.
  private static let longestPause: Int64 = 30_000_000

  /// What to add to the times of a stream's packet, which is decoded at `time` and lasts for `duration`.
  mutating func shift(stream: Int32, time: Int64, duration: Int64) -> Int64 {
    var place = places[stream] ?? Place(era: latest, last: time + latest.shift, end: time + latest.shift)
    if place.era.number < latest.number, error(time, latest, place) < error(time, place.era, place) { place.era = latest }
    if !isPlausible(time, in: place.era, place) {
      if !isPlausible(time, in: latest, place) {
        latest = Era(number: latest.number + 1, shift: reached(or: place.end) - time)
      }
      place.era = latest
    }
    place.last = time + place.era.shift
    place.end = place.last + duration
    places[stream] = place
    return place.era.shift
  }

  /// What to add to the times of a stream that has long pauses of its own, such as subtitles.
  var shift: Int64 { latest.shift }

  private func error(_ time: Int64, _ era: Era, _ place: Place) -> Int64 { abs(time + era.shift - place.end) }

  private func isPlausible(_ time: Int64, in era: Era, _ place: Place) -> Bool {
    let shifted = time + era.shift
    return shifted >= place.last - Self.tolerance && shifted <= reached(or: place.end) + Self.longestPause
  }

  private func reached(or end: Int64) -> Int64 { places.values.reduce(end) { max($0, $1.end) } }
}
