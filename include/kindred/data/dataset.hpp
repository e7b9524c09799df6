// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the readers return: the interactions, and the ids the file had for its users and items.

#include <kindred/data/id_map.hpp>
#include <kindred/data/interactions.hpp>

namespace kindred {

/// User u of `interactions` is the one that the file calls `users.text(u)`; likewise for items.
struct Dataset {
  Interactions interactions;
  IdMap users{}, items{};
};

}  // namespace kindred
