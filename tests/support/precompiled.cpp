// SPDX-License-Identifier: MIT
// Of no use but to have the precompiled headers of the tests made, once for all of them.
int main() {}
