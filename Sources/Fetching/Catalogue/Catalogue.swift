/// All that can be fetched by name.
extension Resource {
  /// Everything, in the order of the help.
  public static let all: [Resource] = [vgg19, slim, normalised, visualGenome, coco]

  /// What has this name.
  public static func named(_ name: String) -> Resource? {
    all.first { $0.name == name }
  }

  /// torchvision's VGG-19. PyTorch publishes the beginning of its SHA-256, in its name.
  static let vgg19 = Resource(
    name: "vgg19", kind: .weights,
    summary: "torchvision's VGG-19",
    credit: "Simonyan and Zisserman 2014, trained by torchvision; BSD-3-Clause",
    files: [
      RemoteFile(
        name: "vgg19-dcbb9e9d.pth", address: "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        approximateSize: 575_000_000, checksum: Checksum("dcbb9e9d"))
    ])

  static let slim = Resource(
    name: "vgg19-slim", kind: .weights,
    summary: "VGG-19 distilled to a sixteenth of its arithmetic",
    credit: "Wang et al. 2020, Collaborative Distillation; MIT, (c) 2020 Huan Wang",
    files: [
      RemoteFile(
        name: "vgg19-slim.pth",
        address: "https://raw.githubusercontent.com/MingSun-Tse/Collaborative-Distillation/"
          + "4a269dc90020721ef9b279b2926c62f5bcd6d209/trained_models/wct_se_16x_new/20191109-211322_E20.pth",
        size: 3_862_288, approximateSize: 3_862_288,
        checksum: Checksum("9417c34d0d8d621bc6af78be745f1b8d30f5f210efa01e50655c60eb3770816b"))
    ])

  static let normalised = Resource(
    name: "vgg19-normalised", kind: .weights,
    summary: "VGG-19 up to relu3_1, every filter's mean activation scaled to 1",
    credit: "Gatys et al. 2015, from pietrocarbo/deep-transfer (Apache-2.0); VGG's weights CC BY 4.0, VGG, Oxford",
    files: [
      RemoteFile(
        name: "vgg19-normalised-conv3_1.pth",
        address: "https://raw.githubusercontent.com/pietrocarbo/deep-transfer/"
          + "e87e72f9f8612062431a82289b758ef570da52c3/models/autoencoder_vgg19/vgg19_3/vgg_normalised_conv3_1.pth",
        size: 2_223_308, approximateSize: 2_223_308,
        checksum: Checksum("ff8506173d3a17e7b0fbfbff242c00b6827cfbcd7c21852b46806ae6a3fd7b09"))
    ])

  static let visualGenome = Resource(
    name: "visual-genome", kind: .photographs,
    summary: "108,000 photographs in two parts",
    credit: "Krishna et al. 2016, Visual Genome; CC BY 4.0, the photographs from YFCC100M and COCO under their own terms",
    files: [
      RemoteFile(
        name: "images.zip", address: "https://cs.stanford.edu/people/rak248/VG_100K_2/images.zip",
        approximateSize: 9_700_000_000),
      RemoteFile(
        name: "images2.zip", address: "https://cs.stanford.edu/people/rak248/VG_100K_2/images2.zip",
        approximateSize: 5_500_000_000),
    ])

  static let coco = Resource(
    name: "coco", kind: .photographs,
    summary: "MS-COCO's train2017, 118,000 photographs",
    credit: "Lin et al. 2014, Microsoft COCO; photographs from Flickr under their own Creative Commons terms",
    files: [
      RemoteFile(
        name: "train2017.zip", address: "http://images.cocodataset.org/zips/train2017.zip", approximateSize: 19_300_000_000)
    ])
}
