// SPDX-License-Identifier: MIT
// A negative id that the compiler can see.
// expect: constant expression
#include <kindred/core/types.hpp>

#ifdef MISUSE
constexpr kindred::UserId user(-1);
#else
constexpr kindred::UserId user(1);
#endif

int main() { return static_cast<int>(user.index()) - 1; }
