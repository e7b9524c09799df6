// SPDX-License-Identifier: MIT
// One of two translation units that include everything: a function in a header that is not inline fails to link.
#include <kindred/kindred.hpp>

int one() { return static_cast<int>(kindred::UserId(1).index()); }
