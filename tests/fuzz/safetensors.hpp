// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files of tensors. An input that begins as JSON is a header and the numbers behind it: the length is put before it, and
/// the right checksum where a checksum stands, so that changes come through to what is behind those two checks.

#include "fuzz/fuzz.hpp"

#include <kindred/serialize/safetensors.hpp>

#include <string>
#include <string_view>

/// The length of the JSON object that begins the text; all of the text if it does not end.
inline std::size_t fuzz_object_length(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (quoted && text[k] == '\\') {
      ++k;
    } else if (text[k] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[k] == '{') {
      ++depth;
    } else if (!quoted && text[k] == '}' && --depth == 0) {
      return k + 1;
    }
  }
  return text.size();
}

/// The file that an input means.
inline std::string fuzz_tensor_file(std::string_view input) {
  if (!input.starts_with('{') || (input.size() > 1 && input[1] == '\0')) return std::string(input);
  const std::uint64_t length = fuzz_object_length(input);
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  file += input;
  const std::string_view key = "\"kindred.checksum\":\"";
  const std::size_t place = file.find(key), digits = kindred::detail::Checksum::digits;
  if (place != std::string::npos && file.size() - place >= key.size() + digits) {
    file.replace(place + key.size(), digits, digits, '0');
    kindred::detail::Checksum sum;
    sum.add(std::as_bytes(std::span(file)));
    file.replace(place + key.size(), digits, sum.text());
  }
  return file;
}

inline bool fuzz_safetensors(std::string_view input) {
  const std::string bytes = fuzz_tensor_file(input);
  return fuzz_reads([&] {
    const auto file = kindred::SafetensorsFile::parse(std::as_bytes(std::span(bytes)), "f");
    std::size_t all = 0;
    unsigned sum = 0;
    for (const std::string& name : file.names()) {
      const kindred::Tensor& tensor = file.at(name);
      std::int64_t count = 1;
      for (const std::int64_t dim : tensor.shape) count *= dim;
      fuzz_require(count == tensor.count(), "the shape has as many numbers as the tensor");
      for (const std::byte byte : tensor.bytes) sum += static_cast<unsigned>(byte);
      all += tensor.bytes.size();
    }
    fuzz_require(all < bytes.size() && sum <= 255 * all, "the tensors are inside the file");
  });
}
