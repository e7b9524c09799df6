// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace workbench {

namespace {

using Json = nlohmann::ordered_json;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// From numbers to places on a drawing.
struct Axis {
  double low, high, from, to;

  template <class Numbers>
  static Axis over(const Numbers& numbers, double from, double to) {
    const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
    return *low == *high ? Axis{*low - 1, *high + 1, from, to} : Axis{*low, *high, from, to};
  }
  double operator()(double x) const { return from + (x - low) / (high - low) * (to - from); }
};

void line(std::ostringstream& out, const std::vector<double>& xs, const std::vector<double>& ys, const char* colour) {
  constexpr double width = 640, height = 240, left = 70, bottom = 30;
  const Axis x = Axis::over(xs, left, width - 10), y = Axis::over(ys, height - bottom, 10);
  out << "<svg viewBox=\"0 0 " << width << ' ' << height << "\" role=\"img\">";
  for (const double mark : {y.low, (y.low + y.high) / 2, y.high}) {
    out << "<line class=\"grid\" x1=\"" << left << "\" x2=\"" << width - 10 << "\" y1=\"" << y(mark) << "\" y2=\"" << y(mark)
        << "\"/><text x=\"" << left - 6 << "\" y=\"" << y(mark) + 4 << "\" text-anchor=\"end\">" << mark << "</text>";
  }
  out << "<text x=\"" << left << "\" y=\"" << height - 8 << "\">epoch " << xs.front() << "</text><text x=\"" << width - 10
      << "\" y=\"" << height - 8 << "\" text-anchor=\"end\">" << xs.back() << "</text><polyline fill=\"none\" stroke=\""
      << colour << "\" stroke-width=\"2\" points=\"";
  for (std::size_t k = 0; k < xs.size(); ++k) out << x(xs[k]) << ',' << y(ys[k]) << ' ';
  out << "\"/></svg>\n";
}

void curves(std::ostringstream& out, const std::vector<kindred::EpochReport>& epochs) {
  std::vector<double> number, loss, validated, validation;
  for (const auto& epoch : epochs) {
    number.push_back(epoch.epoch);
    loss.push_back(epoch.loss);
    if (!epoch.validation) continue;
    validated.push_back(epoch.epoch);
    validation.push_back(*epoch.validation);
  }
  if (number.empty()) return;
  out << "<h2>Learning curve</h2>\n<h3>Loss on the training rows</h3>\n";
  line(out, number, loss, "#1f6fb2");
  if (validated.empty()) return;
  out << "<h3>Figure on the validation rows</h3>\n";
  line(out, validated, validation, "#b2451f");
}

void figures(std::ostringstream& out, const Json& json) {
  const bool folds = json.contains("folds");
  const Json columns = folds ? json["folds"] : json.value("cells", Json::object());
  out << "<h2>Figures</h2>\n<table><tr><th>metric</th><th>" << (folds ? "mean" : "value") << "</th>";
  for (const auto& [name, values] : columns.items()) {
    out << "<th>" << (folds ? "fold " + std::to_string(std::stoi(name) + 1) : escaped(name)) << "</th>";
  }
  out << "</tr>\n";
  for (const auto& [metric, value] : json["metrics"].items()) {
    out << "<tr><td>" << escaped(metric) << "</td><td>" << value << "</td>";
    for (const auto& values : columns) out << "<td>" << values.value(metric, Json()) << "</td>";
    out << "</tr>\n";
  }
  out << "</table>\n";
}

void table_of(std::ostringstream& out, const char* title, const Json& object) {
  out << "<h2>" << title << "</h2>\n<table>";
  for (const auto& [name, value] : object.items()) {
    out << "<tr><td>" << escaped(name) << "</td><td>"
        << escaped(value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace))
        << "</td></tr>\n";
  }
  out << "</table>\n";
}

void map_of_items(std::ostringstream& out, const Data& data, const Picture& picture) {
  if (picture.points.size() < 2) return;
  constexpr double side = 640;
  std::vector<double> xs, ys;
  for (const Point& point : picture.points) {
    xs.push_back(point.x);
    ys.push_back(point.y);
  }
  const Axis x = Axis::over(xs, 12, side - 12), y = Axis::over(ys, side - 12, 12);
  const double most = std::log1p(static_cast<double>(picture.points.front().rows));
  out << "<h2>The items</h2>\n<p>The " << picture.points.size()
      << " items with the most rows, on the plane of the two directions in which their embeddings differ most (it shows "
      << std::round(1000 * picture.share) / 10
      << " % of the variance). Darker and larger: more rows. Point at an item for its name.</p>\n<svg viewBox=\"0 0 " << side
      << ' ' << side << "\" role=\"img\">";
  for (auto point = picture.points.rbegin(); point != picture.points.rend(); ++point) {
    const double popular = most > 0 ? std::log1p(static_cast<double>(point->rows)) / most : 0;
    out << "<circle cx=\"" << x(point->x) << "\" cy=\"" << y(point->y) << "\" r=\"" << 2 + 4 * popular
        << "\" fill-opacity=\".75\" fill=\"hsl(205,70%," << std::lround(80 - 55 * popular) << "%)\"><title>"
        << escaped(data.items->text(point->item)) << ", " << point->rows << " rows</title></circle>";
  }
  out << "</svg>\n";
}

void samples(std::ostringstream& out, const Data& data, const kindred::Interactions& train, const Picture& picture) {
  if (picture.samples.empty()) return;
  out << "<h2>Sample recommendations</h2>\n<p>From the user with the most training rows to the one with the "
         "fewest.</p>\n<table>"
         "<tr><th>user</th><th>rows</th><th>recommended, best first (score)</th></tr>\n";
  for (const Sample& sample : picture.samples) {
    out << "<tr><td>" << escaped(data.users->text(sample.user.index())) << "</td><td>" << train.items_of(sample.user).size()
        << "</td><td>";
    for (std::size_t k = 0; k < sample.items.size(); ++k) {
      out << (k > 0 ? ", " : "") << escaped(data.items->text(sample.items[k].first)) << " ("
          << std::round(sample.items[k].second * 1000) / 1000 << ')';
    }
    out << "</td></tr>\n";
  }
  out << "</table>\n";
}

}  // namespace

std::string html_report(const Json& json, const Data& data, const Outcome& outcome) {
  std::ostringstream out;
  const std::string model = escaped(json["model"].get<std::string>());
  out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>kindred: " << model
      << "</title>\n<style>body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}"
         "table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid "
         "#ddd;text-align:left;vertical-align:top}"
         "svg{width:100%;background:#fafafa;border:1px solid #ddd}svg "
         "text{font-size:12px;fill:#555}.grid{stroke:#ddd}</style></head>"
         "<body>\n<h1>"
      << model << "</h1>\n";
  table_of(out, "Data", json["data"]);
  figures(out, json);
  curves(out, *outcome.curve);
  map_of_items(out, data, outcome.picture);
  samples(out, data, data.parts.front().train, outcome.picture);
  table_of(out, "Options in force", json["options"]);
  table_of(out, "Seconds", json["seconds"]);
  out << "<p>kindred " << escaped(json["kindred"].get<std::string>()) << "</p>\n</body></html>\n";
  return out.str();
}

}  // namespace workbench
