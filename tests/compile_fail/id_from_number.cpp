// SPDX-License-Identifier: MIT
// A bare number is not an id: the conversion has to be written.
// expect: could not convert|no matching function|no viable conversion
#include <kindred/core/types.hpp>

void remember(kindred::UserId) {}

int main() {
#ifdef MISUSE
  remember(3);
#else
  remember(kindred::UserId(3));
#endif
}
