// SPDX-License-Identifier: MIT
#include "data.hpp"

#include <kindred/data/read_features.hpp>
#include <kindred/data/read_interactions.hpp>
#include <kindred/data/split.hpp>

#include <charconv>
#include <sstream>

namespace workbench {

namespace {

using kindred::Index;
using kindred::Interactions;

kindred::InteractionFields parse_columns(const std::string& text) {
  kindred::InteractionFields fields;
  std::istringstream in(text);
  for (std::string entry; std::getline(in, entry, ',');) {
    const auto equals = entry.find('=');
    const std::string key = entry.substr(0, equals), name = equals == std::string::npos ? "" : entry.substr(equals + 1);
    std::string* field = key == "user"    ? &fields.user
                         : key == "item"  ? &fields.item
                         : key == "value" ? &fields.value
                         : key == "time"  ? &fields.time
                                          : nullptr;
    kindred::detail::require(field != nullptr && !name.empty() && field->empty(),
                             "--columns: must be user=NAME,item=NAME[,value=NAME][,time=NAME], each once, got '", entry, "'");
    *field = name;
  }
  return fields;
}

template <class Keep>
Interactions select_rows(const Interactions& data, const Keep& keep) {
  std::vector<Index> rows;
  for (Index k = 0; k < data.size(); ++k) {
    if (keep(k)) rows.push_back(k);
  }
  return data.select(rows);
}

Interactions at_least(const Interactions& data, const std::optional<double>& min_value) {
  if (!min_value) return data;
  return select_rows(data, [&](Index k) { return double{data.value(k)} >= *min_value; });
}

/// Of n entities round(fraction n) at random, the same for a seed.
std::vector<bool> pick(Index n, double fraction, kindred::Random random) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  for (Index k = 0; k < n; ++k) order[static_cast<std::size_t>(k)] = k;
  random.shuffle(std::span<Index>(order));
  std::vector<bool> picked(order.size());
  const auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(n)));
  for (std::size_t k = 0; k < count; ++k) picked[static_cast<std::size_t>(order[k])] = true;
  return picked;
}

/// 20 % of users and of items are kept out wholly, and 20 % of the remaining rows are the warm test (for ladder:0.2).
Part ladder(const Interactions& data, double fraction, std::uint64_t seed) {
  using kindred::Random;
  using kindred::Stream;
  const auto new_user = pick(data.users(), fraction, Random(seed, Stream::user, 1));
  const auto new_item = pick(data.items(), fraction, Random(seed, Stream::user, 2));
  const auto is_new_user = [&](Index k) { return new_user[static_cast<std::size_t>(data.user(k).index())]; };
  const auto is_new_item = [&](Index k) { return new_item[static_cast<std::size_t>(data.item(k).index())]; };
  std::vector<Index> warm;
  for (Index k = 0; k < data.size(); ++k) {
    if (!is_new_user(k) && !is_new_item(k)) warm.push_back(k);
  }
  const auto tested = pick(static_cast<Index>(warm.size()), fraction, Random(seed, Stream::user, 3));
  std::vector<bool> in_train(static_cast<std::size_t>(data.size()));
  for (std::size_t k = 0; k < warm.size(); ++k) in_train[static_cast<std::size_t>(warm[k])] = !tested[k];
  const auto trained = [&](Index k) { return in_train[static_cast<std::size_t>(k)]; };
  const auto cell = [&](bool user, bool item) {
    return select_rows(data, [&](Index k) { return !trained(k) && is_new_user(k) == user && is_new_item(k) == item; });
  };
  return {select_rows(data, trained),
          select_rows(data, [&](Index k) { return !trained(k); }),
          {{"warm", cell(false, false)},
           {"new_item", cell(false, true)},
           {"new_user", cell(true, false)},
           {"new_both", cell(true, true)}}};
}

Part part_of(kindred::TrainTest split) { return {std::move(split.train), std::move(split.test)}; }

std::vector<Part> split(const Interactions& data, const Options& options) {
  const auto colon = options.split.find(':');
  const std::string name = options.split.substr(0, colon),
                    text = colon == std::string::npos ? "" : options.split.substr(colon + 1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  kindred::detail::require(error == std::errc{} && end == text.data() + text.size() && number > 0,
                           "--split: must be a name, a colon and a positive number, such as random:0.2, got '", options.split,
                           "'");
  const bool whole = number == std::floor(number) && number < 1e9;
  if (name == "last" && whole) return {part_of(split_last(data, static_cast<Index>(number)))};
  if (name == "folds") {
    kindred::detail::require(whole, "--split: the number of folds must be whole, got ", text);
    std::vector<Part> parts;
    for (auto& fold : kindred::k_folds(data, {.folds = static_cast<Index>(number), .seed = options.seed})) {
      parts.push_back(part_of(std::move(fold)));
    }
    return parts;
  }
  kindred::detail::require(number < 1, "--split: the fraction of '", name, "' must be below 1, got ", text);
  if (name == "random") return {part_of(split_random(data, {.test_fraction = number, .seed = options.seed}))};
  if (name == "last") return {part_of(split_last_fraction(data, {.test_fraction = number}))};
  if (name == "time") return {part_of(split_time(data, {.train_fraction = number}))};
  if (name == "cold-items") return {part_of(split_cold_items(data, {.test_fraction = number, .seed = options.seed}))};
  if (name == "cold-users") return {part_of(split_cold_users(data, {.test_fraction = number, .seed = options.seed}))};
  if (name == "ladder") return {ladder(data, number, options.seed)};
  throw std::invalid_argument("--split: must be random, last, time, folds, cold-items, cold-users or ladder, got '" + name +
                              "'");
}

/// The records of a file of items (or of users), in the order of the ids.
kindred::FeatureRecords read_records(const std::string& path, const std::string& columns, bool of_users, kindred::IdMap& ids,
                                     const kindred::FeatureFileOptions& options) {
  const kindred::TextFile file(path);
  if (!columns.empty()) {
    return read_features(file, kindred::parse_feature_spec(columns, of_users ? "--user-columns" : "--item-columns"), ids,
                         options);
  }
  const kindred::FeatureFormat format = kindred::detect_feature_format(file);
  if (of_users ? has_items(format) : has_users(format)) {
    file.fail(1, "expected a file of ", of_users ? "users" : "items", ", got ", name_of(format));
  }
  return read_features(file, ids, options);
}

/// Learns the features of the training entities, and makes those of all.
void describe(const std::string& path, const kindred::FeatureRecords& records, const std::vector<bool>& training,
              std::shared_ptr<const kindred::Features>& features, std::shared_ptr<const kindred::FeatureSpace>& space) {
  space = std::make_shared<kindred::FeatureSpace>(records, training);
  kindred::detail::require(space->size() > 0, path, ": must tell something of what is trained on, got no feature of it");
  features = std::make_shared<kindred::Features>(space->transform(records));
}

/// The same rows among so many users and items.
Interactions among(const Interactions& data, Index users, Index items) {
  kindred::InteractionColumns columns;
  for (Index k = 0; k < data.size(); ++k) {
    columns.users.push_back(data.user(k).value());
    columns.items.push_back(data.item(k).value());
    columns.values.push_back(data.value(k));
    if (data.has_weights()) columns.weights.push_back(data.weight(k));
    if (data.has_times()) columns.times.push_back(data.time(k));
  }
  return Interactions(std::move(columns), {.users = users, .items = items});
}

void add_features(const Options& options, kindred::IdMap& user_ids, kindred::IdMap& item_ids, Data& data) {
  // To measure, ids that no interaction has are of no use; to recommend, new items are.
  const bool training = options.command == Command::train;
  const kindred::FeatureFileOptions reading{.unknown = training ? kindred::UnknownIds::add : kindred::UnknownIds::skip};
  std::optional<kindred::FeatureRecords> items, users;
  if (!options.item_features.empty()) {
    items = read_records(options.item_features, options.item_columns, false, item_ids, reading);
  }
  if (!options.user_features.empty()) {
    users = read_records(options.user_features, options.user_columns, true, user_ids, reading);
  }
  for (Part& part : data.parts) {
    if (training) part.train = among(part.train, user_ids.size(), item_ids.size());
    if (items) describe(options.item_features, *items, items_with_rows(part.train), part.item_features, part.item_space);
    if (users) describe(options.user_features, *users, users_with_rows(part.train), part.user_features, part.user_space);
  }
}

}  // namespace

kindred::InteractionFileOptions file_options(const Options& options) {
  kindred::InteractionFileOptions file;
  for (const auto& [name, format] : kindred::interaction_formats) {
    if (name == options.format) file.format = format;
  }
  file.columns = parse_columns(options.columns);
  file.duplicates = options.duplicates == "sum"         ? kindred::Duplicates::sum
                    : options.duplicates == "keep-last" ? kindred::Duplicates::keep_last
                                                        : kindred::Duplicates::error;
  return file;
}

Data load(const Options& options, const kindred::Threads& threads) {
  const kindred::TextFile file(options.interactions);
  kindred::InteractionFileOptions reading = file_options(options);
  if (!reading.format) reading.format = kindred::detect_format(file);
  Data data;
  kindred::IdMap users, items;
  data.format = std::string(kindred::name_of(*reading.format));
  const bool training = options.command == Command::train;
  if (options.test.empty()) {
    kindred::Dataset read = kindred::read_interactions(file, reading, threads);
    users = std::move(read.users);
    items = std::move(read.items);
    Interactions rows = at_least(read.interactions, options.min_value);
    if (training) {
      data.parts = {Part{rows, rows.select({})}};
    } else {
      data.parts = split(rows, options);
    }
  } else {
    kindred::TrainTestDataset read = kindred::read_train_test(file, kindred::TextFile(options.test), reading, threads);
    users = std::move(read.users);
    items = std::move(read.items);
    data.parts = {{at_least(read.train, options.min_value), at_least(read.test, options.min_value)}};
  }
  for (const Part& part : data.parts) {
    kindred::detail::require(part.train.size() > 0 && (training || part.test.size() > 0), options.interactions,
                             ": there must be rows to train on and rows to test with, got ", part.train.size(), " and ",
                             part.test.size());
  }
  add_features(options, users, items, data);
  data.users = std::make_shared<const kindred::IdMap>(std::move(users));
  data.items = std::make_shared<const kindred::IdMap>(std::move(items));
  for (Part& part : data.parts) {
    part.users = data.users;
    part.items = data.items;
  }
  return data;
}

}  // namespace workbench
