// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One page, without anything from outside, that shows a run to a person.

#include "models.hpp"

#include <string>

namespace workbench {

/// Figures, learning curve, a picture of the items and sample recommendations as one HTML page. `json` is what --json writes.
std::string html_report(const nlohmann::ordered_json& json, const Data& data, const Outcome& outcome);

}  // namespace workbench
