// SPDX-License-Identifier: MIT
// A program of libFuzzer for the header and the function that the build names.
#include KINDRED_FUZZ_HEADER

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  KINDRED_FUZZ_FUNCTION({reinterpret_cast<const char*>(data), size});
  return 0;
}
