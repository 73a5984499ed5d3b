// NVRTC and the driver, opened through LibTorch's own library for that: the program is linked with neither.
#include "launch.hpp"

#ifdef CLIPMORPH_CUDA

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda.h>
#include <dlfcn.h>
#include <nvrtc.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_kernels.hpp"

namespace runtime {
namespace {

struct Driver {
  decltype(&nvrtcCreateProgram) create_program;
  decltype(&nvrtcCompileProgram) compile_program;
  decltype(&nvrtcGetProgramLogSize) log_size;
  decltype(&nvrtcGetProgramLog) log;
  decltype(&nvrtcGetCUBINSize) binary_size;
  decltype(&nvrtcGetCUBIN) binary;
  decltype(&nvrtcDestroyProgram) destroy_program;
  decltype(&cuModuleLoadData) load_module;
  decltype(&cuModuleGetFunction) function;
  decltype(&cuLaunchKernel) launch;

  Driver() {
    void *library = dlopen("libcaffe2_nvrtc.so", RTLD_NOW | RTLD_LOCAL);
    const char *reason = library ? "" : dlerror();
    TORCH_CHECK(library, "NVRTC cannot be opened: ", reason);
    find(library, "nvrtcCreateProgram", create_program);
    find(library, "nvrtcCompileProgram", compile_program);
    find(library, "nvrtcGetProgramLogSize", log_size);
    find(library, "nvrtcGetProgramLog", log);
    find(library, "nvrtcGetCUBINSize", binary_size);
    find(library, "nvrtcGetCUBIN", binary);
    find(library, "nvrtcDestroyProgram", destroy_program);
    find(library, "cuModuleLoadData", load_module);
    find(library, "cuModuleGetFunction", function);
    find(library, "cuLaunchKernel", launch);
  }

  template <typename Function>
  static void find(void *library, const char *name, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    TORCH_CHECK(function, "NVRTC has no ", name);
  }
};

const Driver &driver() {
  static const Driver driver;
  return driver;
}

CUmodule compiled() {
  const auto *properties = at::cuda::getCurrentDeviceProperties();
  const std::string architecture =
      "--gpu-architecture=sm_" + std::to_string(properties->major) + std::to_string(properties->minor);
  const char *options[] = {architecture.c_str(), "--std=c++17"};
  nvrtcProgram program;
  const auto source = cuda_kernels();
  TORCH_CHECK(driver().create_program(&program, source.c_str(), "clipmorph.cu", 0, nullptr, nullptr) == NVRTC_SUCCESS,
              "NVRTC makes no program");
  if (driver().compile_program(program, 2, options) != NVRTC_SUCCESS) {
    size_t size = 0;
    driver().log_size(program, &size);
    std::string log(size, ' ');
    driver().log(program, log.data());
    TORCH_CHECK(false, "the kernels do not compile for ", architecture, ": ", log);
  }
  size_t size = 0;
  TORCH_CHECK(driver().binary_size(program, &size) == NVRTC_SUCCESS && size > 0, "NVRTC gives no binary for ", architecture);
  std::vector<char> binary(size);
  driver().binary(program, binary.data());
  driver().destroy_program(&program);
  CUmodule module;
  TORCH_CHECK(driver().load_module(&module, binary.data()) == CUDA_SUCCESS, "the kernels cannot be loaded");
  return module;
}

CUfunction function(const char *kernel) {
  static std::mutex mutex;
  static std::map<int, CUmodule> modules;
  static std::map<std::pair<int, std::string>, CUfunction> functions;
  const std::lock_guard<std::mutex> lock(mutex);
  const int device = at::cuda::current_device();
  auto known = functions.find({device, kernel});
  if (known != functions.end()) return known->second;
  if (!modules.count(device)) modules[device] = compiled();
  CUfunction found;
  TORCH_CHECK(driver().function(&found, modules[device], kernel) == CUDA_SUCCESS, "there is no kernel ", kernel);
  functions[{device, kernel}] = found;
  return found;
}

}  // namespace

bool can_launch(at::Device device) {
  if (!device.is_cuda()) return false;
  // Without NVRTC layers compute what kernels would.
  static const bool opens = [] {
    try {
      driver();
      return true;
    } catch (const std::exception &) {
      return false;
    }
  }();
  return opens;
}

void launch(const char *kernel, uint32_t blocks, uint32_t pictures, void **arguments) {
  const auto result = driver().launch(function(kernel), blocks, pictures, 1, 256, 1, 1, 0, at::cuda::getCurrentCUDAStream().stream(),
                                      arguments, nullptr);
  TORCH_CHECK(result == CUDA_SUCCESS, kernel, " could not be launched: CUDA error ", static_cast<int>(result));
}

}  // namespace runtime

#else

namespace runtime {

bool can_launch(at::Device) { return false; }
void launch(const char *kernel, uint32_t, uint32_t, void **) {
  TORCH_CHECK(false, kernel, ": this build has no CUDA");
}

}  // namespace runtime

#endif
