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
}
