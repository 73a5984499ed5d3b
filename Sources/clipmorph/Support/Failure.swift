import Engine
import Evaluation
import Fetching
import Media
import OpticalFlow
import RunReports
import StyleNetworks
import Stylization
import Training

/// An error as the command reports it: a sentence and an exit status of `sysexits.h`.
struct Failure {
  /// One sentence.
  var message: String
  /// The exit status.
  var status: Int32

  static let someInputs: Int32 = 1
  static let usage: Int32 = 64
  static let data: Int32 = 65
  static let noInput: Int32 = 66
  static let unavailable: Int32 = 69
  static let software: Int32 = 70
  static let cannotCreate: Int32 = 73
  static let inputOutput: Int32 = 74
  static let style: Int32 = 78

  init(message: String, status: Int32) {
    self.message = message
    self.status = status
  }

  /// A known error's sentence and status; nil for those of the argument parser.
  init?(_ error: any Error) {
    switch error {
    case let error as MediaError: self.init(message: error.description, status: Failure.status(of: error))
    case let error as StyleNetworkError: self.init(message: error.description, status: Failure.style)
    case let error as StyleLibrary.Problem: self.init(message: error.description, status: Failure.style)
    case let error as EngineError: self.init(message: error.description, status: Failure.unavailable)
    case let error as InputList.Problem: self.init(message: error.description, status: error.status)
    case let error as StylizationError: self.init(message: error.description, status: Failure.data)
    case let error as TrainingError: self.init(message: error.description, status: Failure.status(of: error))
    case let error as EvaluationError: self.init(message: error.description, status: Failure.data)
    case let error as RunReportError: self.init(message: error.description, status: Failure.status(of: error))
    case let error as FlowError: self.init(message: error.description, status: Failure.status(of: error))
    case let error as FetchError: self.init(message: error.description, status: Failure.status(of: error))
    case let error as CommandProblem: self.init(message: error.message, status: error.status)
    default: return nil
    }
  }

  private static func status(of error: TrainingError) -> Int32 {
    switch error {
    case .invalidRecipe: style
    case .missingWeights, .unusableWeights, .torch, .outOfMemory: unavailable
    case .noPhotographs, .unusablePainting: data
    case .runFolder: cannotCreate
    case .diverged: software
    case .noTime: usage
    case .file: inputOutput
    }
  }

  private static func status(of error: RunReportError) -> Int32 {
    switch error {
    case .missing, .noRun, .noRuns, .unreadable: noInput
    case .unknownMetric: data
    }
  }

  private static func status(of error: FlowError) -> Int32 {
    switch error {
    case .unavailable: unavailable
    case .invalidSize, .differentSizes: data
    case .failed: software
    }
  }

  private static func status(of error: FetchError) -> Int32 {
    switch error {
    case .invalidAddress: usage
    case .missingLibrary, .redirect, .refused, .untrusted, .broken, .transfer: unavailable
    case .wrongSize, .wrongChecksum, .archive: data
    case .exists, .locked: cannotCreate
    case .noRoom, .diskFull, .file: inputOutput
    }
  }

  private static func status(of error: MediaError) -> Int32 {
    switch error {
    case .missing, .unreadable: noInput
    case .empty, .notUsable, .noVideo, .noFrames, .beyondEnd, .tooLarge: data
    case .unsupportedOutput, .notWritable, .exists, .sameFile: cannotCreate
    case .diskFull, .inputOutput, .failed: inputOutput
    }
  }
}
