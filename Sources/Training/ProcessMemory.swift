internal import Torch

/// How the program's memory allocator behaves.
public enum ProcessMemory {
  /// Makes the allocator keep what is freed instead of giving it back to the system: a training step frees and takes gigabytes, and fresh pages
  /// cost a third of its time. For programs that train, to be called before threads are started; does nothing without glibc.
  public static func keepFreed() { Runtime.keepFreedMemory() }
}
