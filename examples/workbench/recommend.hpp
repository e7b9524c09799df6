// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is done with a saved model: recommending, and finding what is alike. And the notes in its file that this needs.

#include "options.hpp"

namespace workbench {

/// Prints, and writes as JSON if that was asked for, what is recommended to each user. Throws: kindred::ParseError and std::invalid_argument
/// for what is wrong with a file or an id.
void recommend(const Options& options);
void similar(const Options& options);

}  // namespace workbench
