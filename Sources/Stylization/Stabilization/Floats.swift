/// Vectors as the floats that they are made of.
func floats<Vector: SIMD>(_ vectors: UnsafePointer<Vector>) -> UnsafePointer<Float> where Vector.Scalar == Float {
  UnsafeRawPointer(vectors).assumingMemoryBound(to: Float.self)
}
func mutableFloats<Vector: SIMD>(_ vectors: UnsafeMutablePointer<Vector>) -> UnsafeMutablePointer<Float>
where Vector.Scalar == Float {
  UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Float.self)
}
