// SPDX-License-Identifier: MIT
/// @file
/// Writes what the peers and kindred are measured on, so that both have the same rows:
///
///     benchmark-peers-data split FILE random:F|last:F SEED OUT [user=NAME,item=NAME,...]
///     benchmark-peers-data given TRAIN TEST SEED OUT [user=NAME,item=NAME,...]
///     benchmark-peers-data ratings USERS ITEMS RATINGS OUT
///
/// `split` divides FILE as `kindred-workbench evaluate --feedback implicit --split ... --seed SEED` does, and `given` takes its --test; the
/// rows of training that the workbench validates on are a part of their own. OUT has a header line and the columns user, item, value, part:
/// user and item are numbers from 0, part is fit, validation or test. `ratings` writes user, item, value of the benchmarks' generated data.

#include "../support/synthetic.hpp"

#include <kindred/data/read_interactions.hpp>
#include <kindred/data/split.hpp>
#include <kindred/metric/choose_collaborative.hpp>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kindred::Index;

template <class Number>
Number number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument("expected a number, got '" + std::string(text) + "'");
  }
  return value;
}

kindred::InteractionFields fields(const std::string& text) {
  kindred::InteractionFields out;
  std::istringstream in(text);
  for (std::string entry; std::getline(in, entry, ',');) {
    const auto equals = entry.find('=');
    const std::string key = entry.substr(0, equals), name = equals == std::string::npos ? "" : entry.substr(equals + 1);
    (key == "user" ? out.user : key == "item" ? out.item : key == "value" ? out.value : out.time) = name;
  }
  return out;
}

void write(std::ostream& out, const kindred::Interactions& rows, const char* part) {
  for (Index k = 0; k < rows.size(); ++k) {
    out << rows.user(k).value() << '\t' << rows.item(k).value() << '\t' << rows.value(k);
    if (part != nullptr) out << '\t' << part;
    out << '\n';
  }
}

void write_parts(const std::string& path, const kindred::TrainTest& parts, std::uint64_t seed) {
  const auto inner = kindred::hold_out_validation(parts.train, kindred::Feedback::implicit, seed);
  std::ofstream out(path);
  out << "user\titem\tvalue\tpart\n";
  write(out, inner.train, "fit");
  write(out, inner.test, "validation");
  write(out, parts.test, "test");
  if (!out.flush()) throw std::runtime_error(path + ": must be writable");
}

kindred::TrainTest divide(const kindred::Interactions& rows, const std::string& split, std::uint64_t seed) {
  const auto colon = split.find(':');
  const auto fraction = number<double>(std::string_view(split).substr(colon + 1));
  if (split.starts_with("random:")) return kindred::split_random(rows, {.test_fraction = fraction, .seed = seed});
  if (split.starts_with("last:")) return kindred::split_last_fraction(rows, {.test_fraction = fraction});
  throw std::invalid_argument("the split must be random:F or last:F, got '" + split + "'");
}

int run(const std::vector<std::string>& args) {
  const std::string what = args.empty() ? "" : args[0];
  const kindred::InteractionFileOptions options{.columns = fields(args.size() == 6 ? args[5] : "")};
  if (what == "split" && (args.size() == 5 || args.size() == 6)) {
    const auto data = kindred::read_interactions(kindred::TextFile(args[1]), options);
    const auto seed = number<std::uint64_t>(args[3]);
    write_parts(args[4], divide(data.interactions, args[2], seed), seed);
  } else if (what == "given" && (args.size() == 5 || args.size() == 6)) {
    const auto data = kindred::read_train_test(kindred::TextFile(args[1]), kindred::TextFile(args[2]), options);
    write_parts(args[4], {data.train, data.test}, number<std::uint64_t>(args[3]));
  } else if (what == "ratings" && args.size() == 5) {
    std::ofstream out(args[4]);
    out << "user\titem\tvalue\n";
    write(out, benchmarks::synthetic_ratings({number<Index>(args[1]), number<Index>(args[2]), number<Index>(args[3])}),
          nullptr);
    if (!out.flush()) throw std::runtime_error(args[4] + ": must be writable");
  } else {
    std::cerr << "usage: benchmark-peers-data split FILE random:F|last:F SEED OUT [COLUMNS]\n"
                 "       benchmark-peers-data given TRAIN TEST SEED OUT [COLUMNS]\n"
                 "       benchmark-peers-data ratings USERS ITEMS RATINGS OUT\n";
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
