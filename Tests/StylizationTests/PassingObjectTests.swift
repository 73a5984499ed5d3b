import Foundation
import Imaging
import StyleNetworks
import Testing

@testable import Stylization

/// The stabiliser where something passes in front of a resting camera.
@Suite(.serialized) struct PassingObjectTests {
  private typealias Scenes = StabilizerTests

  /// A dark rim of six pixels around the white square, over what is behind, as networks paint it beside edges.
  private static func rimmed(_ picture: ImageBuffer, left: Int) -> ImageBuffer {
    var result = picture
    result.withUnsafeMutableBytes { bytes in
      for y in 24..<72 {
        for x in 0..<picture.width where left - 6..<left + 42 ~= x && !(30..<66 ~= y && left..<left + 36 ~= x) {
          for channel in 0..<3 { bytes[(y * picture.width + x) * 3 + channel] /= 3 }
        }
      }
    }
    return result
  }

  @Test func `a rim that was painted beside what passes does not stay behind it`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let background = Scenes.scene(width: 192, height: 96)
    var last = background
    for frame in 0..<72 {
      // Gone after 58 frames.
      let left = min(frame * 4 - 36, background.width)
      let picture = Scenes.square(left: left, over: background)
      last = try stabilizer.next(Self.rimmed(picture, left: left), motion: estimator.next(picture))
    }
    let trail = Scenes.difference(last, Scenes.kept(background))
    #expect(trail < 1.5, "\(trail)")
  }

  /// A road that is all but even, with a few posts, and noise of a camera.
  private static func road(width: Int, height: Int, frame: Int) -> ImageBuffer {
    let noise = SeededValues.signed(count: width * height, seed: UInt64(1000 + frame))
    return ImageBuffer(width: width, height: height) { bytes in
      for y in 0..<height {
        for x in 0..<width {
          let post = x % 48 < 8 && y > height / 2
          for channel in 0..<3 {
            let level = (post ? 200 : 90 + y / 6 + x / 16) + Int((2.5 * noise[y * width + x]).rounded())
            bytes[(y * width + x) * 3 + channel] = UInt8(level)
          }
        }
      }
    }
  }

  /// A lorry with stripes, its lower edge at three quarters of the height, so far from the left.
  private static func lorry(left: Int, over road: ImageBuffer) -> ImageBuffer {
    var result = road
    result.withUnsafeMutableBytes { bytes in
      for y in 0..<road.height * 3 / 4 {
        for x in 0..<road.width where left..<left + 160 ~= x {
          for channel in 0..<3 { bytes[(y * road.width + x) * 3 + channel] = ((x - left) / 20 + y / 20) % 2 == 0 ? 60 : 150 }
        }
      }
    }
    return result
  }

  @Test func `what is behind something large that passes stays as it is`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let (width, height) = (256, 160)
    var (was, now) = (0.0, 0.0)
    var before: (painting: ImageBuffer, shown: ImageBuffer)?
    for frame in 0..<40 {
      let left = frame < 12 ? -200 : -160 + (frame - 12) * 6
      let picture = Self.lorry(left: left, over: Self.road(width: width, height: height, frame: frame))
      let painting = Scenes.painted(picture, frame: frame)
      let shown = try stabilizer.next(painting, motion: estimator.next(picture))
      if let before, 24..<36 ~= frame {
        // Right of the lorry and below it.
        let (first, last) = (left + 160 + 24, width)
        for y in height * 3 / 4 + 16..<height {
          for x in first..<last {
            let at = (y * width + x) * 3
            was += abs(Double(painting.bytes[at]) - Double(before.painting.bytes[at]))
            now += abs(Double(shown.bytes[at]) - Double(before.shown.bytes[at]))
          }
        }
      }
      before = (painting, shown)
    }
    #expect(now < 0.1 * was, "\(now) of \(was)")
  }

  /// The mean of a picture's samples in these columns and rows without that of another's.
  private static func surplus(
    _ picture: ImageBuffer, over other: ImageBuffer, _ columns: Range<Int>, _ rows: Range<Int>
  ) -> Double {
    var sum = 0
    for y in rows {
      for at in (y * picture.width + columns.lowerBound) * 3..<(y * picture.width + columns.upperBound) * 3 {
        sum += Int(picture.bytes[at]) - Int(other.bytes[at])
      }
    }
    return Double(sum) / Double(columns.count * rows.count * 3)
  }

  /// A painter who has darkened everything by forty levels from a frame on.
  private static func darkened(_ picture: ImageBuffer, by levels: UInt8) -> ImageBuffer {
    var result = picture
    result.withUnsafeMutableBytes { bytes in for at in bytes.indices { bytes[at] -= min(bytes[at], levels) } }
    return result
  }

  @Test func `what something has left has the colours of what is held around it`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let (width, height) = (256, 160)
    // The camera has rested for a while when the square comes.
    for frame in 0...42 {
      let left = -40 + max(0, frame - 20) * 8
      let picture = Scenes.square(left: left, over: Self.road(width: width, height: height, frame: frame))
      let painting = Self.darkened(picture, by: frame < 37 ? 0 : 40)
      let shown = try stabilizer.next(painting, motion: estimator.next(picture))
      guard frame >= 39 else { continue }
      // Behind the square, where all is still new, and far ahead of it.
      let path = Self.surplus(shown, over: picture, left - 36..<left - 8, 34..<62)
      let ahead = Self.surplus(shown, over: picture, 212..<248, 34..<62)
      #expect(ahead > -16, "\(ahead) in frame \(frame)")
      #expect(abs(path - ahead) < 12, "\(path) for \(ahead) in frame \(frame)")
    }
  }

  @Test func `what comes to rest keeps the colours that it is painted in`() throws {
    let estimator = try MotionEstimator(flow: true)
    let stabilizer = Stabilizer()
    let (width, height) = (256, 160)
    for frame in 0..<60 {
      let left = min(-40 + max(0, frame - 20) * 8, 120)
      let picture = Scenes.square(left: left, over: Self.road(width: width, height: height, frame: frame))
      let painting = Self.darkened(picture, by: frame < 37 ? 0 : 40)
      let shown = try stabilizer.next(painting, motion: estimator.next(picture))
      guard frame >= 42 else { continue }
      let own = Self.surplus(shown, over: painting, left + 6..<left + 30, 36..<60)
      #expect(abs(own) < 10, "\(own) in frame \(frame)")
    }
  }
}
