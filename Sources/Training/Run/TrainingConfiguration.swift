internal import Foundation
internal import Media

/// In which arithmetic a style is learnt.
public enum TrainingPrecision: String, Sendable, Hashable, Codable, CaseIterable {
  /// bf16 where the processor computes with it, else f32.
  case auto
  /// f32 throughout.
  case f32
  /// Convolutions in bf16, parameters and optimiser in f32.
  case bf16
}

/// Where a style is learnt.
public enum TrainingDevice: String, Sendable, Hashable, Codable, CaseIterable {
  /// CUDA, or Apple's GPU, or the processor.
  case auto
  /// The processor.
  case cpu
  /// The first NVIDIA GPU.
  case cuda
  /// Apple's GPU.
  case mps
}

/// A rectangle of the painting, in its own pixels.
public struct StyleCrop: Sendable, Hashable, Codable {
  /// The left column.
  public var x: Int
  /// The top row.
  public var y: Int
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// A rectangle.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}

/// What to learn, from what, and where to put it.
public struct TrainingConfiguration: Sendable {
  /// How.
  public var recipe: Recipe
  /// The painting's file.
  public var painting: String
  /// The part of the painting that counts; nil for all.
  public var crop: StyleCrop?
  /// The size of the strokes: 2 doubles them. 0.1…10.
  public var strokeSize = 1.0
  /// The folder of photographs.
  public var photographs: String
  /// The style file to write.
  public var output: String
  /// The run's folder: configuration, `tracking.jsonl`, previews, checkpoint.
  public var runFolder: String
  /// Continues the run in `runFolder`.
  public var resume = false
  /// Replaces an output that exists, and a run that is not resumed.
  public var replace = false
  /// A style to start from; its architecture counts, not the recipe's.
  public var initialStyle: String?
  /// Seconds that the whole may take; nil for the recipe's number of steps.
  public var timeBudget: Double?
  /// Decides initial weights, order and crops of photographs, and noise.
  public var seed: UInt64 = 0
  /// Arithmetic.
  public var precision = TrainingPrecision.auto
  /// Device.
  public var device = TrainingDevice.auto
  /// Threads that one operation may use; nil for LibTorch's choice.
  public var threads: Int?
  /// Where shrunk photographs are kept; nil keeps none.
  public var cache: String?
  /// Steps between checkpoints, 1 or more.
  public var checkpointInterval = 100
  /// Steps between previews; 0 for none.
  public var previewInterval = 100
  /// What is written down for W&B, TensorBoard and others.
  public var tracking = TrackingSettings()
  /// Folders of loss networks' weights.
  public var weightFolders = WeightFiles.folders
  /// The painting's title.
  public var title: String?
  /// The painter.
  public var artist: String?
  /// When it was painted.
  public var year: String?
  /// The terms of the resulting weights.
  public var license: String?
  /// The photographs' terms.
  public var photographsLicense: String?
  /// Where the painting came from.
  public var source: String?

  /// A configuration with everything else at its default; the run's folder is the output's name with `.run` in place of its extension.
  public init(recipe: Recipe, painting: String, photographs: String, output: String) {
    self.recipe = recipe
    self.painting = painting
    self.photographs = photographs
    self.output = output
    let ending = ".safetensors"
    runFolder = (output.hasSuffix(ending) ? String(output.dropLast(ending.count)) : output) + ".run"
  }
}

extension TrainingConfiguration {
  /// Whether the run in `runFolder` began without a style, as its config.json says; false where there is none that can be read.
  public var runBeganFromNothing: Bool {
    guard let json = try? readFile(runFolder + "/config.json"),
      let identity = try? JSONDecoder().decode(RunIdentity.self, from: Data(json))
    else { return false }
    return identity.initialStyle == nil
  }
}

/// What a run must share with its checkpoint to go on with it, and what config.json holds.
struct RunIdentity: Codable, Equatable, Sendable {
  var recipe: Recipe
  var painting: String
  var crop: StyleCrop?
  var strokeSize: Double
  var photographs: Int
  var initialStyle: String?
  var seed: UInt64
  var precision: String
  var device: String

  /// The settings that differ; the number of steps may, and what helps a run that diverged: the learning rate and the gradient's limit.
  func differences(from other: RunIdentity) -> [String] {
    var one = recipe
    let two = other.recipe
    (one.iterations, one.learningRate, one.clip) = (two.iterations, two.learningRate, two.clip)
    var names: [String] = []
    if one != two { names.append("the recipe") }
    if painting != other.painting || crop != other.crop || strokeSize != other.strokeSize { names.append("the painting") }
    if photographs != other.photographs { names.append("the photographs") }
    if initialStyle != other.initialStyle { names.append("the style to start from") }
    if seed != other.seed { names.append("the seed") }
    if precision != other.precision || device != other.device { names.append("precision or device") }
    return names
  }
}
