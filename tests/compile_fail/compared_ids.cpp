// SPDX-License-Identifier: MIT
// A user is never equal to an item, nor before or after one.
// expect: no match for|invalid operands
#include <kindred/core/types.hpp>

int main() {
  const kindred::UserId user(1);
#ifdef MISUSE
  const kindred::ItemId other(1);
#else
  const kindred::UserId other(1);
#endif
  return user == other ? 0 : 1;
}
