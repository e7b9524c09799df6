// SPDX-License-Identifier: MIT
#include <kindred/core/types.hpp>
#include <kindred/version.hpp>

#include <iostream>

int main() { std::cout << "kindred " KINDRED_VERSION ", user " << kindred::UserId(7).index() << '\n'; }
