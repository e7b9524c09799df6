// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The version of kindred. This is the one place where it is written; CMake reads it from here.

#define KINDRED_VERSION_MAJOR 0
#define KINDRED_VERSION_MINOR 1
#define KINDRED_VERSION_PATCH 0
#define KINDRED_VERSION "0.1.0"
