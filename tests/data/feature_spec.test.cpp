// SPDX-License-Identifier: MIT
#include <kindred/data/feature_spec.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

using namespace kindred;

namespace {

std::string refusal(std::string_view text) {
  return message_of([&] { parse_feature_spec(text); });
}

const std::string form =
    "FeatureSpec: must be id=NAME and NAME=category, NAME=set(SEPARATOR), NAME=number or NAME=text, separated by commas, got ";
const std::string set_form = "FeatureSpec: a set must have its separator in parentheses, as in genres=set(|), got ";

}  // namespace

TEST_CASE("a specification names the column of ids and each column of features with its kind", "[data]") {
  const FeatureSpec spec = parse_feature_spec("id=product,country=category,genres=set(|),price=number,the title=text");
  CHECK(spec == FeatureSpec{.id = "product",
                            .columns = {{"country", FeatureKind::category, ""},
                                        {"genres", FeatureKind::set, "|"},
                                        {"price", FeatureKind::number, ""},
                                        {"the title", FeatureKind::text, ""}}});
  CHECK(parse_feature_spec("year=number,year=category,id=1").id == "1");
  CHECK(parse_feature_spec("3=text,id=category").columns[0].name == "3");
  CHECK(parse_feature_spec("id=set(|),set(|)=text").id == "set(|)");
}

TEST_CASE("a separator may be what else ends an entry", "[data]") {
  const auto separator = [](std::string_view text) {
    const FeatureSpec spec = parse_feature_spec("id=a,b=" + std::string(text) + ",c=text");
    CHECK(spec.columns.size() == 2);
    CHECK(spec.columns.back().name == "c");
    return spec.columns[0].separator;
  };
  CHECK(separator("set(|)") == "|");
  CHECK(separator("set(,)") == ",");
  CHECK(separator("set(, )") == ", ");
  CHECK(separator("set())") == ")");
  CHECK(separator("set(()") == "(");
  CHECK(separator("set(=)") == "=");
  CHECK(separator("set(::)") == "::");
  CHECK(separator("set( )") == " ");
  CHECK(parse_feature_spec("b=set(,),c=set()),id=x").columns[1].separator == ")");
  CHECK(parse_feature_spec("id=x,b=set(,)").columns[0].separator == ",");
}

TEST_CASE("what is no specification is refused with the entry that is wrong", "[data]") {
  CHECK(refusal("") == form + "''");
  CHECK(refusal("id=a,") == form + "''");
  CHECK(refusal("id=a,b=text,") == form + "''");
  CHECK(refusal("id=a,b") == form + "'b'");
  CHECK(refusal("id=a,b,c=text") == form + "'b'");
  CHECK(refusal("id=,b=text") == form + "'id='");
  CHECK(refusal("id=a,=text") == form + "'=text'");
  CHECK(refusal("id=a,b=texts") == form + "'b=texts'");
  CHECK(refusal("id=a,b=number(2)") == form + "'b=number(2)'");
  CHECK(refusal("id=a,b=") == form + "'b='");
  CHECK(refusal("b=text") == "FeatureSpec: must name the column of ids, as in id=product, got none");
  CHECK(refusal("id=a") == "FeatureSpec: must name a column of features, got only that of ids");
  CHECK(refusal("id=a,id=b,c=text") == "FeatureSpec: must name one column of ids, got 'a' and 'b'");
  CHECK(refusal("id=a,b=text,b=text") == "FeatureSpec: must have a column once for each kind, got 'b' twice as text");
  CHECK(message_of([] { parse_feature_spec("x", "--item-columns"); }).starts_with("--item-columns: must be id=NAME"));
  CHECK_THROWS_AS(parse_feature_spec("x"), std::invalid_argument);
}

TEST_CASE("a set without its separator is refused, not read on into the next entry", "[data]") {
  CHECK(refusal("id=a,b=set") == set_form + "'b=set'");
  CHECK(refusal("id=a,b=set,c=text") == set_form + "'b=set'");
  CHECK(refusal("id=a,b=set()") == set_form + "'b=set()'");
  CHECK(refusal("id=a,b=set(|") == set_form + "'b=set(|'");
  CHECK(refusal("id=a,b=set(),c=set(|)") == set_form + "'b=set()'");
  CHECK(refusal("id=a,b=set(|,c=set(,)") == set_form + "'b=set(|'");
  CHECK(refusal("id=a,b=sets(|)") == set_form + "'b=sets(|)'");
  CHECK(refusal("id=a,b=set(|)x") == set_form + "'b=set(|)x'");
}

TEST_CASE("every kind has its name", "[data]") {
  for (const auto& [name, kind] : feature_kinds) CHECK(name_of(kind) == name);
}
