// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A progress line on a terminal: epoch, loss, validation figure, rows a second, time left.

#include <kindred/train/trainer.hpp>

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace workbench {

using Curve = std::vector<kindred::EpochReport>;

/// A callback for `fit` that keeps the epochs of a training in `curve`, and rewrites one line of standard error after each, unless quiet or
/// standard error is no terminal.
inline std::function<bool(const kindred::EpochReport&)> progress(bool quiet, int epochs, kindred::Index rows,
                                                                 const std::shared_ptr<Curve>& curve) {
  const bool silent = quiet || isatty(STDERR_FILENO) == 0;
  return [=, seconds = 0.0](const kindred::EpochReport& epoch) mutable {
    if (epoch.epoch == 1) curve->clear();
    curve->push_back(epoch);
    if (silent) return true;
    seconds += epoch.seconds;
    const double mean = seconds / epoch.epoch;
    std::string line = "epoch " + std::to_string(epoch.epoch) + "/" + std::to_string(epochs);
    char text[128];
    std::snprintf(text, sizeof text, "  loss %.4f", epoch.loss);
    line += text;
    if (epoch.validation) {
      std::snprintf(text, sizeof text, "  validation %.4f", *epoch.validation);
      line += text;
    }
    std::snprintf(text, sizeof text, "  %.2f M rows/s  %.0f s left", static_cast<double>(rows) / epoch.seconds * 1e-6,
                  mean * (epochs - epoch.epoch));
    line += text;
    std::fprintf(stderr, "\r\033[K%s%s", line.c_str(), epoch.epoch == epochs ? "\n" : "");
    return true;
  };
}

/// One line of news on a terminal.
inline void say(bool quiet, const std::string& text) {
  if (!quiet && isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace workbench
