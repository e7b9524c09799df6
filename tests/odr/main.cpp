// SPDX-License-Identifier: MIT
// The other of two translation units that include everything.
#include <kindred/kindred.hpp>

int one();

int main() { return one() == static_cast<int>(kindred::ItemId(1).index()) ? 0 : 1; }
