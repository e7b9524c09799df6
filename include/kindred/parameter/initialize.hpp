// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// First values of parameters, from counter-based random numbers: row r is a function of (seed, salt, r) alone, so a table that
/// grows keeps its rows, and the values do not depend on threads.

#include <kindred/core/random.hpp>
#include <kindred/parameter/parameter.hpp>

namespace kindred {

/// Independent normal numbers with mean 0. `salt` tells apart the parameters of one model.
template <class P>
void fill_normal(P& parameter, double deviation, std::uint64_t seed, std::uint32_t salt, Index first_row = 0) {
  for (Index r = first_row; r < parameter.rows(); ++r) {
    Random random(seed ^ (std::uint64_t{salt} << 32), Stream::initialize, static_cast<std::uint32_t>(r),
                  static_cast<std::uint32_t>(static_cast<std::uint64_t>(r) >> 32));
    for (auto& weight : parameter.stored_row(r).head(parameter.cols())) {
      weight = static_cast<typename P::Stored>(static_cast<typename P::Scalar>(deviation * random.normal()));
    }
  }
}

/// Independent uniform numbers in [-limit, limit).
template <class P>
void fill_uniform(P& parameter, double limit, std::uint64_t seed, std::uint32_t salt, Index first_row = 0) {
  for (Index r = first_row; r < parameter.rows(); ++r) {
    Random random(seed ^ (std::uint64_t{salt} << 32), Stream::initialize, static_cast<std::uint32_t>(r),
                  static_cast<std::uint32_t>(static_cast<std::uint64_t>(r) >> 32));
    for (auto& weight : parameter.stored_row(r).head(parameter.cols())) {
      weight = static_cast<typename P::Stored>(static_cast<typename P::Scalar>(limit * (2 * random.uniform() - 1)));
    }
  }
}

}  // namespace kindred
