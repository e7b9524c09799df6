// SPDX-License-Identifier: MIT
#include "recommend.hpp"

#include "models.hpp"
#include "output.hpp"
#include "served.hpp"

#include <kindred/data/read_interactions.hpp>
#include <kindred/data/text.hpp>
#include <kindred/data/value_moments.hpp>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace workbench {

namespace {

using Json = nlohmann::ordered_json;
using kindred::Index;
using kindred::ItemId;
using kindred::UserId;

Json json_of(const kindred::FoldInOptions& fold) {
  const kindred::AlsOptions& als = fold.least_squares;
  return {{"implicit", als.feedback == kindred::Feedback::implicit},
          {"lambda", als.lambda},
          {"frequency_power", als.frequency_power},
          {"unobserved", als.unobserved},
          {"biases", als.biases},
          {"user_damping", fold.user_damping},
          {"history_power", fold.history.power},
          {"history_decay", fold.history.decay}};
}

/// A history given as a list has no times, so that what it holds is all of one age, and no values: to a model of ratings it is what the
/// user rated `liked`.
kindred::FoldInOptions fold_in_of(const Json& json) {
  kindred::FoldInOptions fold;
  fold.least_squares = {
      .feedback = json.at("implicit").get<bool>() ? kindred::Feedback::implicit : kindred::Feedback::explicit_ratings,
      .lambda = json.at("lambda").get<double>(),
      .frequency_power = json.at("frequency_power").get<double>(),
      .unobserved = json.at("unobserved").get<double>(),
      .biases = json.at("biases").get<double>()};
  fold.user_damping = json.at("user_damping").get<double>();
  fold.history.power = json.at("history_power").get<double>();
  return fold;
}

/// A saved model with the texts of its ids and its notes.
struct Loaded {
  explicit Loaded(const std::string& path) : Loaded(path, kindred::ModelFile::map(path)) {}

  Index user(const std::string& text, const char* where) const { return known(users, text, where, "a user"); }
  Index item(const std::string& text, const char* where) const { return known(items, text, where, "an item"); }

  kindred::IdMap users, items;
  std::map<std::string, std::string> notes;
  std::unique_ptr<Served> model;
  kindred::FoldInOptions fold_in;
  std::vector<std::string> parts;
  float liked = 1;

 private:
  Loaded(const std::string& path, const kindred::ModelFile& file)
      : users(file.users()), items(file.items()), notes(file.notes()), model(open(file, path)) {
    try {
      fold_in = fold_in_of(Json::parse(notes.at("fold_in")));
      parts = Json::parse(notes.at("parts")).get<std::vector<std::string>>();
      liked = Json::parse(notes.at("liked")).get<float>();
    } catch (const std::exception&) {
      throw kindred::ParseError(path + ": must have the notes of kindred-workbench, got others");
    }
    kindred::detail::require(items.size() == model->items(), path, ": must have a text for each of the ", model->items(),
                             " items, got ", items.size());
  }

  static Index known(const kindred::IdMap& ids, const std::string& text, const char* where, const char* what) {
    const auto found = ids.find(text);
    kindred::detail::require(found.has_value(), where, ": must be ", what, " of the model, got '", text, "'");
    return *found;
  }
};

/// The mean of the ratings and a standard deviation more.
double liked_rating(const kindred::Interactions& train) {
  const auto moments = kindred::value_moments(train);
  return moments.mean + moments.deviation;
}

/// The ids in a file, one a line; empty lines are none.
std::vector<Index> ids_in(const std::string& path, const kindred::IdMap& ids, const char* what) {
  const kindred::TextFile file(path);
  kindred::LineReader lines(file);
  std::vector<Index> found;
  for (std::string_view text; lines.next(text);) {
    if (text.empty()) continue;
    const auto id = ids.find(text);
    if (!id) file.fail(lines.line(), "must be ", what, " of the model, got ", kindred::detail::shown(text));
    found.push_back(*id);
  }
  return found;
}

/// The items of each user in the file, in the model's numbers. What the model does not have it cannot recommend, so that is left out.
std::vector<std::vector<ItemId>> seen_in(const Options& options, const Loaded& loaded) {
  std::vector<std::vector<ItemId>> seen(static_cast<std::size_t>(loaded.users.size()));
  if (options.exclude_seen.empty()) return seen;
  const kindred::TextFile file(options.exclude_seen);
  const kindred::Dataset read = kindred::read_interactions(file, file_options(options), kindred::Threads(options.threads));
  for (Index k = 0; k < read.interactions.size(); ++k) {
    const auto user = loaded.users.find(read.users.text(read.interactions.user(k).index()));
    const auto item = loaded.items.find(read.items.text(read.interactions.item(k).index()));
    if (user && item) seen[static_cast<std::size_t>(*user)].push_back(ItemId(*item));
  }
  return seen;
}

class Recommending {
 public:
  explicit Recommending(const Options& options) : options_(options), loaded_(options.load), seen_(seen_in(options, loaded_)) {
    const auto items = [&](const std::string& path) {
      std::vector<ItemId> out;
      for (const Index item : ids_in(path, loaded_.items, "an item")) out.emplace_back(item);
      return out;
    };
    if (!options.allow.empty()) allow_ = items(options.allow);
    if (!options.deny.empty()) deny_ = items(options.deny);
    kindred::detail::require(!options.explain || !loaded_.parts.empty(), "--explain: needs a hybrid, got '",
                             loaded_.notes["model"], "'");
  }

  Json run() const {
    Json json = {{"kindred", KINDRED_VERSION}, {"model", loaded_.notes.at("model")}};
    if (!options_.history.empty()) {
      json["history"] = options_.history;
      json["items"] = to_history();
    } else if (!options_.user.empty()) {
      json["user"] = options_.user;
      json["items"] = to_user(loaded_.user(options_.user, "--user"));
    } else {
      for (const Index user : ids_in(options_.users_from, loaded_.users, "a user")) {
        json["users"].push_back({{"user", loaded_.users.text(user)}, {"items", to_user(user)}});
      }
    }
    return json;
  }

  const std::vector<std::string>& parts() const { return loaded_.parts; }

 private:
  kindred::RecommendOptions filters(std::span<const ItemId> exclude) const {
    kindred::RecommendOptions filters{.count = options_.count, .exclude = exclude};
    if (!options_.allow.empty()) filters.allow = std::span<const ItemId>(allow_);
    filters.deny = deny_;
    return filters;
  }

  Json to_user(Index user) const {
    Json list = Json::array();
    for (const auto& [item, score] : loaded_.model->recommend(UserId(user), filters(seen_[static_cast<std::size_t>(user)]))) {
      Json one = {{"item", loaded_.items.text(item)}, {"score", score}};
      if (options_.explain) {
        const auto shares = loaded_.model->shares(UserId(user), ItemId(item));
        for (std::size_t k = 0; k < std::min(shares.size(), loaded_.parts.size()); ++k) {
          one["shares"][loaded_.parts[k]] = {{"score", shares[k].score}, {"known", shares[k].known}};
        }
      }
      list.push_back(std::move(one));
    }
    return list;
  }

  /// What someone has is not recommended to him.
  Json to_history() const {
    std::vector<ItemId> history;
    for (const std::string& text : options_.history) history.emplace_back(loaded_.item(text, "--history"));
    const std::vector<float> values(history.size(), loaded_.liked);
    Json list = Json::array();
    for (const auto& [item, score] :
         loaded_.model->recommend({.items = history, .values = values}, loaded_.fold_in, filters(history))) {
      list.push_back({{"item", loaded_.items.text(item)}, {"score", score}});
    }
    return list;
  }

  const Options& options_;
  Loaded loaded_;
  std::vector<std::vector<ItemId>> seen_;
  std::vector<ItemId> allow_, deny_;
};

void print_list(const Json& items, const std::string& user, const std::vector<std::string>& parts) {
  for (const Json& item : items) {
    if (!user.empty()) std::printf("%-24s ", user.c_str());
    std::printf("%-24s %10.4f", item["item"].get<std::string>().c_str(), item["score"].get<double>());
    for (const std::string& part : parts) {
      const Json& share = item["shares"][part];
      std::printf(" %20s", share["known"].get<bool>() ? std::to_string(share["score"].get<double>()).c_str() : "unknown");
    }
    std::printf("\n");
  }
}

}  // namespace

std::map<std::string, std::string> notes_of(const Part& part, const Options& options, const Outcome& outcome) {
  return {{"model", options.model},
          {"feedback", options.feedback},
          {"options", outcome.options.dump()},
          {"parts", Json(outcome.parts).dump()},
          {"fold_in", json_of(outcome.fold_in).dump()},
          {"liked", Json(options.implicit() ? 1.0 : liked_rating(part.train)).dump()}};
}

void recommend(const Options& options) {
  const Recommending recommending(options);
  const Json json = recommending.run();
  if (!options.json.empty()) write(options.json, json);
  if (options.quiet) return;
  const std::vector<std::string> parts = options.explain ? recommending.parts() : std::vector<std::string>();
  if (json.contains("users")) std::printf("%-24s ", "user");
  std::printf("%-24s %10s", "item", "score");
  for (const std::string& part : parts) std::printf(" %20s", part.c_str());
  std::printf("\n");
  if (json.contains("items")) print_list(json["items"], "", parts);
  for (const Json& one : json.value("users", Json::array())) {
    print_list(one["items"], one["user"].get<std::string>(), parts);
  }
}

void similar(const Options& options) {
  const Loaded loaded(options.load);
  const bool of_items = !options.item.empty();
  const auto found = of_items ? loaded.model->similar_items(ItemId(loaded.item(options.item, "--item")), options.count)
                              : loaded.model->similar_users(UserId(loaded.user(options.user, "--user")), options.count);
  kindred::detail::require(found.has_value(), of_items ? "--item" : "--user", ": needs a model that places ",
                           of_items ? "items" : "users", " in a space, got '", loaded.notes.at("model"), "'");
  const char* what = of_items ? "item" : "user";
  Json json = {
      {"kindred", KINDRED_VERSION}, {"model", loaded.notes.at("model")}, {what, of_items ? options.item : options.user}};
  json["similar"] = Json::array();
  for (const auto& [id, score] : *found) {
    json["similar"].push_back({{what, (of_items ? loaded.items : loaded.users).text(id)}, {"score", score}});
  }
  if (!options.json.empty()) write(options.json, json);
  if (options.quiet) return;
  std::printf("%-24s %10s\n", what, "score");
  for (const Json& one : json["similar"]) {
    std::printf("%-24s %10.4f\n", one[what].get<std::string>().c_str(), one["score"].get<double>());
  }
}

}  // namespace workbench
