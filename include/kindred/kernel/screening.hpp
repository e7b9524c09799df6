// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The choice whether items are compared in few bits before they are scored.

namespace kindred {

/// Whether items are screened, in few bits, before they are scored. The lists are the same to the bit.
enum class Screening {
  automatic,  ///< where the machine is fast at it and the catalogue is large enough for it to pay
  never,
  always
};

}  // namespace kindred
