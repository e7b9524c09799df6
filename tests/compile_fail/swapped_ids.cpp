// SPDX-License-Identifier: MIT
// A user where an item is asked for.
// expect: could not convert|no matching function
#include <kindred/core/types.hpp>

void score(kindred::UserId, kindred::ItemId) {}

int main() {
  const kindred::UserId user(1);
  const kindred::ItemId item(2);
#ifdef MISUSE
  score(item, user);
#else
  score(user, item);
#endif
}
