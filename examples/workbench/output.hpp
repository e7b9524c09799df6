// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Writing what was found to a file.

#include <kindred/serialize/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace workbench {

/// Replaces the file as a whole, so that a failure leaves no half a file.
inline void write_text(const std::string& path, const std::string& text) { kindred::write_atomically(path, text); }

inline void write(const std::string& path, const nlohmann::ordered_json& json) {
  write_text(path, json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
}

}  // namespace workbench
